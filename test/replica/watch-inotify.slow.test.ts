import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { WatchEvent, Watcher } from '../../lib/ports/watcher.ts'
import type { StartWorker } from '../../lib/ports/worker.ts'
import { loadKoffi } from '../../lib/replica/koffi.ts'
import { openInotify } from '../../lib/replica/watch/inotify.ts'
import { realDisk } from '../contract/watch-disk.ts'
import { waitUntil } from '../contract/watch-observer.ts'
import { startWorker } from '../worker.ts'

const koffi = process.platform === 'linux' ? loadKoffi() : undefined

/** More events than this many cannot be provoked in reasonable time. */
const queueLimit = 65_536

interface Opened {
  readonly root: string
  readonly watcher: Watcher
  readonly events: WatchEvent[]
  until(what: string, condition: () => boolean): Promise<void>
}

function open(t: TestContext, start: StartWorker = startWorker): Opened {
  assert.ok(koffi !== undefined)
  const disk = realDisk()
  const events: WatchEvent[] = []
  const watcher = openInotify({ root: disk.root, koffi, startWorker: start })(batch => events.push(...batch))
  t.after(async () => {
    await watcher.close()
    disk.close()
  })
  watcher.watch(1, disk.root)
  return {
    root: disk.root,
    watcher,
    events,
    until: (what, condition) => waitUntil(what, condition, { everyMs: 5, passTime: undefined }),
  }
}

function queuedEventsLimit(): number {
  return Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'latin1'))
}

describe('inotify', { skip: koffi === undefined ? 'needs Linux and koffi: npm ci' : false }, () => {
  it('tells of an overflow, and goes on', async t => {
    if (queuedEventsLimit() > queueLimit) return t.skip('the kernel queues too many events here')
    const { root, events, until } = open(t)
    const names = ['a', 'b'].map(letter => letter.repeat(250))
    for (const name of names) writeFileSync(`${root}/${name}`, '')
    await until('the first events', () => events.length > 0)
    // The thread reads on for some time although nobody takes the events; two names, or the kernel would merge them.
    for (let i = 0; i < queuedEventsLimit() + 24_000; i++) utimesSync(`${root}/${names[i % 2] ?? ''}`, i, i)
    await until('the overflow', () =>
      events.some(event => event.kind === 'lost' && event.directory === undefined && event.below),
    )
    writeFileSync(`${root}/after`, '')
    await until('the file after it', () => events.some(event => event.kind === 'closed' && event.name === 'after'))
  })

  it('tells a move between two directories as one', async t => {
    const { root, watcher, events, until } = open(t)
    for (const [key, name] of [
      [2, 'from'],
      [3, 'to'],
    ] as const) {
      mkdirSync(`${root}/${name}`)
      watcher.watch(key, `${root}/${name}`)
    }
    writeFileSync(`${root}/from/f`, 'x')
    mkdirSync(`${root}/from/d`)
    for (let round = 0; round < 200; round++) {
      renameSync(`${root}/from/f`, `${root}/to/f${round}`)
      renameSync(`${root}/to/f${round}`, `${root}/from/f`)
    }
    renameSync(`${root}/from/d`, `${root}/to/e`)
    const moves = () => events.filter(event => event.kind === 'moved')
    await until('all moves', () => moves().length === 401)
    assert.deepEqual(moves().at(-1), { kind: 'moved', directory: 2, name: 'd', to: 3, newName: 'e', isDirectory: true })
    assert.deepEqual(moves().at(-3), {
      kind: 'moved',
      directory: 2,
      name: 'f',
      to: 3,
      newName: 'f199',
      isDirectory: false,
    })
  })

  it('tells what happened in a directory that is reached by two keys, for both', async t => {
    const { root, watcher, events, until } = open(t)
    mkdirSync(`${root}/d`)
    watcher.watch(2, `${root}/d`)
    watcher.watch(3, `${root}/./d`)
    writeFileSync(`${root}/d/f`, '')
    const told = (key: number) => events.some(event => event.kind === 'closed' && event.directory === key)
    await until('both', () => told(2) && told(3))
    watcher.unwatch(3)
    assert.equal(watcher.usage().watches, 2)
  })

  it('tells when the root was moved away', async t => {
    const { root, events, until } = open(t)
    renameSync(root, `${root}-moved`)
    await until('self', () => events.some(event => event.kind === 'self' && event.directory === 1))
  })

  it('has the caller poll a path that is too long for a call', t => {
    const { watcher, root } = open(t)
    assert.equal(watcher.watch(2, `${root}${'/directory'.repeat(500)}`), false)
    assert.equal(watcher.usage().watches, 1)
  })

  it('says that everything is lost when its thread dies, and starts another', async t => {
    let starts = 0
    const { root, events, until } = open(t, (role, data) => {
      starts += 1
      return starts === 1 ? new Worker('throw new Error("planted")', { eval: true }) : startWorker(role, data)
    })
    await until('the loss', () => events.some(event => event.kind === 'lost' && event.why.endsWith('planted')))
    writeFileSync(`${root}/f`, '')
    await until('the file', () => events.some(event => event.kind === 'closed' && event.name === 'f'))
    assert.equal(starts, 2)
  })

  it('leaves neither descriptors nor threads behind', async () => {
    const before = held()
    for (let round = 0; round < 5; round++) {
      assert.ok(koffi !== undefined)
      const disk = realDisk()
      const watcher = openInotify({ root: disk.root, koffi, startWorker })(() => {})
      watcher.watch(1, disk.root)
      assert.ok(held().inotify > before.inotify)
      await watcher.close()
      await watcher.close()
      disk.close()
    }
    assert.equal(held().inotify, before.inotify)
    await waitUntil('threads to end', () => held().threads <= before.threads + 1, { everyMs: 20, passTime: undefined })
  })

  for (const how of ['at its end', 'by process.exit', 'by an exception', 'by a signal']) {
    it(`does not hold up a process that ends ${how}, which leaves no directory of these tests behind`, async t => {
      const parent = mkdtempSync(join(tmpdir(), 'dsync-exit-'))
      t.after(() => rmSync(parent, { recursive: true }))
      const child = spawn(process.execPath, [fileURLToPath(new URL('watch-exit.ts', import.meta.url)), how], {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, TMPDIR: parent },
        timeout: 15_000,
      })
      let said = ''
      child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
      const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
      assert.deepEqual({ said, code, signal }, { said: 'told\n', code: how === 'at its end' ? 0 : 1, signal: null })
      assert.deepEqual(readdirSync(parent), [])
    })
  }
})

/** What this process holds: inotify descriptors, and threads. */
function held(): { readonly inotify: number; readonly threads: number } {
  const links = readdirSync('/proc/self/fd').map(descriptor => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`)
    } catch {
      return 'the descriptor of this listing'
    }
  })
  return {
    inotify: links.filter(link => link.includes('inotify')).length,
    threads: readdirSync('/proc/self/task').length,
  }
}
