import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { it } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { WatchEvent } from '../../lib/ports/watcher.ts'
import { openFsevents } from '../../lib/replica/watch/fsevents.ts'
import { realDisk } from '../contract/watch-disk.ts'
import { waitUntil } from '../contract/watch-observer.ts'
import { startWorker } from '../worker.ts'

/** On Linux the same thread runs on Node's imitation of a recursive stream: enough to see the parts work together. */
it('tells what a recursive stream in a thread says, and has what it touched listed again', async t => {
  const disk = realDisk()
  mkdirSync(`${disk.root}/d`)
  const events: WatchEvent[] = []
  const watcher = openFsevents({ root: disk.root, startWorker })(batch => events.push(...batch))
  t.after(async () => {
    await watcher.close()
    disk.close()
  })
  const until = (what: string, condition: () => boolean) =>
    waitUntil(what, condition, { everyMs: 10, passTime: undefined })
  assert.equal(watcher.watch(1, disk.root), true)
  assert.equal(watcher.watch(2, `${disk.root}/d`), true)
  assert.equal(watcher.watch(3, '/'), false)
  assert.equal(watcher.usage().watches, 2)
  await until('the stream to begin', () => events.some(event => event.kind === 'lost' && event.directory === undefined))
  writeFileSync(`${disk.root}/d/f`, 'x')
  await until('the file', () =>
    events.some(event => event.kind === 'changed' && event.directory === 2 && event.name === 'f'),
  )
  await until('its directory', () =>
    events.some(event => event.kind === 'lost' && event.directory === 2 && event.below),
  )
})

it('says that every watch is void when its thread dies', async t => {
  const disk = realDisk()
  t.after(() => disk.close())
  const events: WatchEvent[] = []
  const startBroken = () => new Worker('throw new Error("planted")', { eval: true })
  const watcher = openFsevents({ root: disk.root, startWorker: startBroken })(batch => events.push(...batch))
  watcher.watch(1, disk.root)
  await waitUntil('the loss', () => events.length > 0, { everyMs: 10, passTime: undefined })
  assert.deepEqual(events, [
    { kind: 'lost', directory: undefined, below: true, why: 'the stream failed: Error: planted' },
    { kind: 'self', directory: 1 },
  ])
  assert.equal(watcher.watch(1, disk.root), false)
  await watcher.close()
})
