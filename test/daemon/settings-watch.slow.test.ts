import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { SettingsWatch } from '../../lib/daemon/settings-watch.ts'
import { temporaryHome } from './temporary-home.ts'

/** A home whose settings are watched, and a wait for the next change that is told. */
function watched(t: TestContext, prepare: (here: ReturnType<typeof temporaryHome>) => void = () => {}) {
  const here = temporaryHome(t)
  prepare(here)
  const told = new EventEmitter()
  const watch = new SettingsWatch(here.home, () => told.emit('change'))
  here.atEnd(() => watch.close())
  const changed = async (change: () => void): Promise<true> => {
    const next = once(told, 'change', { signal: AbortSignal.timeout(20_000) })
    change()
    await next
    return true
  }
  return { ...here, changed }
}

describe('a watch of the settings', () => {
  it('tells of a file that is made, saved in place, replaced and removed', async t => {
    const { home, changed } = watched(t)
    assert.ok(await changed(() => writeFileSync(home.config, '{}')))
    assert.ok(await changed(() => writeFileSync(home.config, '{ }')))
    assert.ok(
      await changed(() => {
        writeFileSync(`${home.config}.new`, '{  }')
        renameSync(`${home.config}.new`, home.config)
      }),
    )
    assert.ok(await changed(() => rmSync(home.config)))
    assert.ok(await changed(() => writeFileSync(home.paths, '~/a\n')))
  })
  it('tells of a link whose target is saved', async t => {
    const { userHome, changed } = watched(t, here => {
      const target = join(here.directory('dotfiles'), 'dsync.json')
      writeFileSync(target, '{}')
      symlinkSync(target, here.home.config)
    })
    assert.ok(await changed(() => writeFileSync(join(userHome, 'dotfiles/dsync.json'), '{ }')))
  })
})
