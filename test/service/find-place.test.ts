import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { findPlace } from '../../lib/service/find-place.ts'
import { programTrouble } from '../../lib/service/program-check.ts'

const launcher = fileURLToPath(new URL('../../bin/dsync', import.meta.url))

/** A kit with the real launcher and a program that does nothing, and a folder with a Node as a version manager has one. */
function kitOf(t: TestContext) {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-place-')))
  t.after(() => rmSync(base, { recursive: true, force: true }))
  const [kit, userHome, manager] = [join(base, 'kit'), join(base, 'home'), join(base, 'nvm/v24/bin')]
  for (const folder of [join(kit, 'bin'), join(kit, 'dist'), userHome, manager]) mkdirSync(folder, { recursive: true })
  copyFileSync(launcher, join(kit, 'bin/dsync'))
  writeFileSync(join(kit, 'dist/sync-manager.js'), '')
  symlinkSync(process.execPath, join(manager, 'node'))
  const home = join(userHome, '.dsync')
  return {
    base,
    kit,
    userHome,
    home,
    manager,
    installer: { kind: 'systemd', userHome, home, kit, runtime: join(manager, 'node') } as const,
  }
}

describe('where a service lies', () => {
  it('needs no Node on PATH where the kit brings its own', async t => {
    const { kit, installer } = kitOf(t)
    mkdirSync(join(kit, 'node_modules/.bin'), { recursive: true })
    symlinkSync(process.execPath, join(kit, 'node_modules/.bin/node'))
    assert.deepEqual(await findPlace(installer, undefined), { ...pickPlace(installer), kit, runtime: '' })
  })

  it('is the link to the installed release, which outlives an upgrade', async t => {
    const { kit, home, installer } = kitOf(t)
    mkdirSync(join(home, 'kit'), { recursive: true })
    symlinkSync(kit, join(home, 'kit/current'))
    assert.equal((await findPlace(installer, undefined)).kit, join(home, 'kit/current'))
  })

  it('names the Node of a version manager, notices that it is gone, and finds the next', async t => {
    const { base, manager, installer } = kitOf(t)
    const bare = await programTrouble({ ...pickPlace(installer), runtime: '' })
    if (bare === undefined) return t.skip('a Node 24.12 or later is installed here for everybody')
    const place = await findPlace(installer, undefined)
    assert.equal(place.runtime, manager)
    assert.equal(await programTrouble(place), undefined)
    rmSync(manager, { recursive: true })
    assert.match((await programTrouble(place)) ?? '', /^Cannot start: needs Node 24\.12 or later/)
    const next = join(base, 'nvm/v26/bin')
    mkdirSync(next, { recursive: true })
    symlinkSync(process.execPath, join(next, 'node'))
    assert.equal((await findPlace({ ...installer, runtime: join(next, 'node') }, place)).runtime, next)
    await assert.rejects(findPlace(installer, place), {
      code: 'REFUSED',
      message: /does not start: Cannot start: needs Node/,
    })
  })

  it('stays what it was while that works, whoever asks', async t => {
    const { base, installer } = kitOf(t)
    const before = await findPlace(installer, undefined)
    const other = join(base, 'other/node')
    assert.deepEqual(await findPlace({ ...installer, runtime: other }, before), before)
  })
})

function pickPlace({ kind, userHome, home, kit }: { kind: 'systemd'; userHome: string; home: string; kit: string }) {
  return { kind, userHome, home, kit }
}
