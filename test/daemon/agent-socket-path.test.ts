import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { agentSocketPath } from '../../lib/daemon/agent-socket-path.ts'
import { socketBytesLimit } from '../../lib/daemon/control-socket-path.ts'
import { kitHome } from '../../lib/daemon/kit-home.ts'

function place(t: TestContext): string {
  const made = realpathSync(mkdtempSync(join(tmpdir(), 'd-')))
  t.after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

describe('where an agent listens', () => {
  it('is a directory of its own user alone, in its home', t => {
    const base = place(t)
    const home = kitHome(join(base, 'home'))
    const path = agentSocketPath(home, 'some root', base) ?? ''
    assert.equal(dirname(path), home.run)
    assert.equal(statSync(home.run).mode & 0o777, 0o700)
    assert.notEqual(agentSocketPath(home, 'another root', base), path)
    assert.equal(agentSocketPath(home, 'some root', base), path)
  })

  it('is short enough whatever the home and the root are called', t => {
    const base = place(t)
    const home = kitHome(join(base, 'long'.repeat(30)))
    const path = agentSocketPath(home, '../../etc/passwd'.repeat(20), base) ?? ''
    assert.ok(path !== '' && Buffer.byteLength(path) <= socketBytesLimit)
    assert.equal(dirname(dirname(path)), base)
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700)
  })

  it('is nowhere when that is not ours to use', t => {
    const base = place(t)
    writeFileSync(join(base, 'file'), '')
    mkdirSync(join(base, 'home'))
    symlinkSync(join(base, 'file'), join(base, 'home', 'run'))
    assert.equal(agentSocketPath(kitHome(join(base, 'home')), 'r', base), undefined)
    assert.equal(agentSocketPath(kitHome(join(base, 'x'.repeat(200))), 'r', join(base, 'y'.repeat(200))), undefined)
  })
})
