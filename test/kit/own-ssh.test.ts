import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { planFootprint, reverseFootprint } from '../../lib/kit/footprint.ts'
import { lay, readManifest, writeManifest } from '../../lib/kit/lay.ts'
import type { KitLayout } from '../../lib/kit/layout.ts'
import { kitLayout } from '../../lib/kit/layout.ts'
import { lookAt } from '../../lib/kit/look.ts'
import { keepOwnSsh } from '../../lib/kit/own-ssh.ts'
import { sshWishes } from '../../lib/kit/ssh-config.ts'

/** A home of somebody whose ssh knows one host, and dsync's home in it. */
function person(t: TestContext): { readonly home: string; readonly layout: KitLayout } {
  const home = mkdtempSync(join(tmpdir(), 'dsync-ssh-'))
  t.after(() => rmSync(home, { recursive: true }))
  mkdirSync(join(home, '.ssh'), { mode: 0o700 })
  writeFileSync(join(home, '.ssh/config'), 'Host mine\n', { mode: 0o600 })
  mkdirSync(join(home, '.dsync/state'), { recursive: true, mode: 0o700 })
  return { home, layout: kitLayout(join(home, '.dsync')) }
}

function install(layout: KitLayout, home: string): void {
  const { changes, traces } = planFootprint(sshWishes(layout, home), lookAt)
  writeManifest(layout.manifest, traces)
  lay(changes)
}

describe('the hosts that the person’s own ssh knows', () => {
  it('are those of the settings where an installation put its line, which goes to the byte', async t => {
    const { home, layout } = person(t)
    install(layout, home)
    const manifest = readFileSync(layout.manifest, 'utf8')
    const keep = async (hosts: Readonly<Record<string, string>>): Promise<string[]> => {
      assert.deepEqual(await keepOwnSsh(layout, hosts, process.env), [])
      return [...readFileSync(layout.sshConfig, 'utf8').matchAll(/^Host (.*)$/gm)].map(([, name = '']) => name)
    }
    assert.deepEqual(await keep({ mac00: 'dev@10.0.0.5' }), ['mac00'])
    assert.match(
      readFileSync(layout.sshConfig, 'utf8'),
      /^ {2}HostName 10\.0\.0\.5\n {2}User dev\n {2}ControlMaster auto$/m,
    )
    assert.deepEqual(await keep({ mac00: 'dev@10.0.0.5', pi: 'pi' }), ['mac00', 'pi'])
    assert.deepEqual(await keep({}), [])
    assert.equal(readFileSync(layout.manifest, 'utf8'), manifest)
    lay(reverseFootprint(readManifest(layout.manifest), lookAt).changes)
    assert.equal(readFileSync(join(home, '.ssh/config'), 'utf8'), 'Host mine\n')
  })

  it('are nobody’s business without one', async t => {
    const { home, layout } = person(t)
    assert.deepEqual(await keepOwnSsh(layout, { mac00: 'mac00' }, process.env), [])
    assert.deepEqual([existsSync(layout.sshConfig), readdirSync(join(home, '.ssh'))], [false, ['config']])
  })

  it('are left as they are, and named, where the file is none', async t => {
    const { home, layout } = person(t)
    install(layout, home)
    mkdirSync(layout.sshConfig, { recursive: true })
    assert.deepEqual(await keepOwnSsh(layout, { mac00: 'mac00' }, process.env), [
      { path: layout.sshConfig, why: 'it is a directory' },
    ])
  })
})
