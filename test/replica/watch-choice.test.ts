import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { networkDisk } from '../../lib/replica/watch/network-disk.ts'
import type { WatcherFacts } from '../../lib/replica/watch/open-watcher.ts'
import { chooseWatcher, watchingFor } from '../../lib/replica/watch/open-watcher.ts'
import { startWorker } from '../worker.ts'

const linux: WatcherFacts = { wanted: 'auto', platform: 'linux', deno: false, koffi: true, network: undefined }

const rows: readonly (readonly [says: string, facts: Partial<WatcherFacts>, watching: string, remarks: boolean])[] = [
  ['inotify on Linux', {}, 'inotify', false],
  ['inotify under Deno', { deno: true }, 'inotify', false],
  ['fs.watch without koffi', { koffi: false }, 'fs-watch', true],
  ['polling under Deno without koffi', { koffi: false, deno: true }, 'polling', true],
  ['polling on a network disk', { network: 'NFS' }, 'polling', true],
  ['inotify on a network disk when asked for', { network: 'NFS', wanted: 'inotify' }, 'inotify', false],
  ['FSEvents on macOS', { platform: 'darwin' }, 'fsevents', false],
  ['FSEvents on macOS for inotify', { platform: 'darwin', wanted: 'inotify' }, 'fsevents', true],
  ['chokidar elsewhere', { platform: 'freebsd' }, 'chokidar', false],
  ['chokidar when asked for', { wanted: 'chokidar' }, 'chokidar', false],
  ['polling for chokidar under Deno', { wanted: 'chokidar', deno: true }, 'polling', true],
  ['fs.watch when asked for', { wanted: 'fs-watch' }, 'fs-watch', false],
  ['polling for fs.watch under Deno', { wanted: 'fs-watch', deno: true }, 'polling', true],
  ['polling when asked for', { wanted: 'polling', platform: 'darwin' }, 'polling', false],
  ['fs.watch for inotify without koffi', { wanted: 'inotify', koffi: false }, 'fs-watch', true],
]

for (const [says, facts, watching, remarks] of rows) {
  test(`chooses ${says}`, () => {
    const choice = watchingFor({ ...linux, ...facts })
    assert.equal(choice.watching, watching)
    assert.equal(choice.why !== undefined, remarks)
  })
}

test('opens what it chose', async () => {
  for (const wanted of ['auto', 'fs-watch', 'chokidar', 'polling'] as const) {
    const remarks: string[] = []
    const open = chooseWatcher({
      root: tmpdir(),
      wanted,
      startWorker,
      ignores: () => false,
      remark: why => remarks.push(why),
    })
    const watcher = open(() => {})
    if (wanted !== 'auto') assert.equal(watcher.traits.name, wanted)
    await watcher.close()
  }
})

test('knows no network disk where there is nothing', () => {
  assert.equal(networkDisk('/nowhere/at/all'), undefined)
})
