import assert from 'node:assert/strict'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import type { Wish } from '../../lib/kit/footprint.ts'
import { planFootprint, reverseFootprint } from '../../lib/kit/footprint.ts'
import { lay, readManifest, sweep, writeManifest } from '../../lib/kit/lay.ts'
import { lookAt } from '../../lib/kit/look.ts'

/** A home of somebody who has made it theirs. */
function furnishedHome(t: TestContext): string {
  const top = mkdtempSync(join(tmpdir(), 'dsync-lay-'))
  t.after(() => rmSync(top, { recursive: true }))
  mkdirSync(join(top, 'dotfiles'))
  writeFileSync(join(top, 'dotfiles/bashrc'), 'mine', { mode: 0o640 })
  symlinkSync('dotfiles/bashrc', join(top, '.bashrc'))
  mkdirSync(join(top, '.ssh'), { mode: 0o700 })
  writeFileSync(join(top, '.ssh/config'), 'Host a\r\n', { mode: 0o600 })
  return top
}

function wishesIn(top: string): Wish[] {
  const block = { name: 'dsync', lines: ['line'] }
  return [
    { path: join(top, '.bashrc'), part: 'shell', kind: 'edit', edit: { kind: 'block', block }, mode: 0o644 },
    { path: join(top, '.ssh/config'), part: 'ssh', kind: 'edit', edit: { kind: 'first-line', line: 'I' }, mode: 0o600 },
    {
      path: join(top, '.config/fish/config.fish'),
      part: 'shell',
      kind: 'edit',
      edit: { kind: 'block', block },
      mode: 0o600,
    },
    { path: join(top, '.config/link'), part: 'shell', kind: 'link', target: 'fish' },
  ]
}

/** Everything below a directory with mode and content, a line each. */
function tree(top: string): string[] {
  return readdirSync(top, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map(name => {
      const stat = lstatSync(join(top, name))
      const says = stat.isSymbolicLink()
        ? readlinkSync(join(top, name))
        : stat.isFile()
          ? readFileSync(join(top, name), 'latin1')
          : ''
      return `${name} ${stat.mode.toString(8)} ${JSON.stringify(says)}`
    })
}

describe('a footprint on a disk', () => {
  it('is laid and taken back to the byte, interrupted anywhere', t => {
    const steps = planFootprint(wishesIn(furnishedHome(t)), lookAt).changes.length
    assert.equal(steps, 6)
    for (let until = 0; until <= steps; until += 1) {
      const top = furnishedHome(t)
      const before = tree(top)
      const manifest = join(top, 'installed.json')
      const run = (stopAt: number): void => {
        const plan = planFootprint(wishesIn(top), lookAt, readManifest(manifest))
        writeManifest(manifest, plan.traces)
        lay(plan.changes.slice(0, stopAt))
      }
      run(until)
      // A crash while the next one was being written.
      writeFileSync(join(top, '.ssh/config.dsync-part'), 'half')
      run(steps)
      assert.deepEqual(planFootprint(wishesIn(top), lookAt, readManifest(manifest)).changes, [])
      assert.equal(lstatSync(manifest).mode & 0o777, 0o600)
      const traces = readManifest(manifest)
      const back = reverseFootprint(traces, lookAt)
      assert.deepEqual(lay(back.changes), [])
      sweep(traces)
      writeManifest(manifest, back.traces)
      assert.deepEqual(tree(top), before)
    }
  })

  it('leaves alone what changed after it was planned, and a directory that holds something', t => {
    const top = furnishedHome(t)
    const plan = planFootprint(wishesIn(top), lookAt)
    writeFileSync(join(top, '.ssh/config'), 'theirs')
    assert.deepEqual(lay(plan.changes), [{ path: join(top, '.ssh/config'), why: 'it was changed this very moment' }])
    assert.equal(readFileSync(join(top, '.ssh/config'), 'utf8'), 'theirs')
    writeFileSync(join(top, '.config/theirs'), '')
    const left = lay(reverseFootprint(plan.traces, lookAt).changes)
    assert.deepEqual(left, [{ path: join(top, '.config'), why: 'other files are in it' }])
    assert.deepEqual(readdirSync(join(top, '.config')), ['theirs'])
  })

  it('names the path that the system refuses', { skip: process.getuid?.() === 0 && 'root may write everywhere' }, t => {
    const top = furnishedHome(t)
    const plan = planFootprint(wishesIn(top), lookAt)
    chmodSync(join(top, '.ssh'), 0o500)
    assert.throws(() => lay(plan.changes), { code: 'REFUSED', message: /^Cannot change .*\/\.ssh\/config: EACCES/ })
    chmodSync(join(top, '.ssh'), 0o700)
  })
})
