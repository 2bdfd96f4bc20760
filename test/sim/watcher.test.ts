import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeOf } from '../../lib/core/errors.ts'
import type { OpenWatcher, WatchEvent, Watcher } from '../../lib/ports/watcher.ts'
import type { Look, WatchDisk } from '../contract/watch-disk.ts'
import { watcherSuite } from '../contract/watcher-suite.ts'
import { ManualClock } from './clock.ts'
import { openSimPolling } from './polling-watcher.ts'
import { SimProcess } from './process.ts'
import { Random } from './random.ts'
import { SimUser } from './user.ts'
import { SimVolume } from './volume.ts'
import type { SimWatcherOptions } from './watcher.ts'
import { SimWatcher, openSimFsWatch, openSimInotify } from './watcher.ts'

const root = '/home/dev/root'

/** A volume with a root on it, in a world of its own. */
function makeWorld(): { world: ManualClock; user: SimUser; options: SimWatcherOptions } {
  const world = new ManualClock()
  const volume = new SimVolume({ clock: world })
  const user = new SimUser(volume, root)
  user.mkdir('')
  return { world, user, options: { volume, root, process: new SimProcess(world), random: new Random(7) } }
}

function watchDisk(user: SimUser): WatchDisk {
  return {
    root,
    look: path => lookAt(user, path),
    mkdir: path => user.mkdir(path),
    write: (path, text) => user.write(path, text),
    append(path, text) {
      const writer = user.open(path, 'append')
      writer.write(new TextEncoder().encode(text))
      writer.close()
    },
    truncate(path) {
      const writer = user.open(path, 'keep')
      writer.truncate(0)
      writer.close()
    },
    copy: (from, to) => user.write(to, user.read(from) ?? ''),
    rename: (from, to) => user.mv(from, to),
    symlink: (path, target) => user.symlink(target, path),
    chmod: (path, mode) => user.chmod(path, mode),
    unlink: path => user.rm(path),
    removeAll: path => user.rm(path),
    close: () => {},
  }
}

function lookAt(user: SimUser, path: string): Look | undefined {
  const inode = user.find(path)
  if (inode === undefined) return undefined
  if (inode.isDirectory) return { kind: 'directory', names: user.list(path) }
  if (inode.kind === 'symlink') return { kind: 'symlink', target: inode.target }
  return { kind: 'file', text: Buffer.from(inode.data).toString('latin1'), mode: inode.mode }
}

const makers: Readonly<Record<string, (options: SimWatcherOptions) => OpenWatcher>> = {
  'like inotify': openSimInotify,
  'like fs.watch': openSimFsWatch,
  'like polling': options => openSimPolling({ ...options, pollMs: 20 }),
}

for (const [like, open] of Object.entries(makers)) {
  describe(like, () => {
    watcherSuite({
      name: 'simulated',
      make() {
        const { world, user, options } = makeWorld()
        return { disk: watchDisk(user), open: open(options), passTime: () => world.advance(60) }
      },
    })
  })
}

describe('what the simulated watchers do to those who trust them', () => {
  function opened(open: (options: SimWatcherOptions) => OpenWatcher, more: Partial<SimWatcherOptions> = {}) {
    const made = makeWorld()
    const events: WatchEvent[] = []
    const watcher: Watcher = open({ ...made.options, ...more })(batch => events.push(...batch))
    watcher.watch(1, root)
    const kinds = (): string[] =>
      events.splice(0).map(event => ('name' in event ? `${event.kind} ${event.name}` : event.kind))
    return { ...made, watcher, events, kinds }
  }

  it('inotify tells closes and both halves of a move', () => {
    const { world, user, watcher, kinds } = opened(openSimInotify)
    user.mkdir('d')
    watcher.watch(2, `${root}/d`)
    user.write('f', 'text')
    user.mv('f', 'd/g')
    world.advance(100)
    assert.deepEqual(kinds(), ['changed d', 'changed f', 'closed f', 'gone f', 'closed g', 'moved f'])
  })

  it('a watch stays with a moved directory; the root alone tells that it moved', () => {
    const { world, user, watcher, kinds } = opened(openSimInotify)
    user.mkdir('d')
    watcher.watch(2, `${root}/d`)
    user.mv('d', 'e')
    user.write('e/x', '')
    world.advance(100)
    assert.deepEqual(kinds(), ['changed d', 'gone d', 'changed e', 'moved d', 'changed x', 'closed x'])
    new SimUser(user.volume, '/home/dev').mv('root', 'elsewhere')
    world.advance(100)
    assert.deepEqual(kinds(), ['self'])
  })

  it('a removed directory takes its watch along, once nobody holds it', () => {
    const { world, user, watcher, kinds } = opened(openSimInotify)
    user.mkdir('d')
    watcher.watch(2, `${root}/d`)
    user.rm('d')
    user.mkdir('d')
    user.write('d/x', '')
    world.advance(100)
    assert.deepEqual(kinds().toSorted(), ['changed d', 'changed d', 'gone d', 'self'])
    assert.equal(watcher.usage().watches, 1)
  })

  it('too many events are told as lost, and the next ones come again', () => {
    for (const open of [openSimInotify, openSimFsWatch]) {
      const { world, user, kinds } = opened(open, { queueLimit: 10 })
      for (let i = 0; i < 50; i++) user.write(`f${i}`, '')
      world.advance(100)
      const told = kinds()
      assert.equal(told.at(-1), 'lost')
      assert.equal(told.length, 11)
      user.write('later', '')
      world.advance(100)
      assert.ok(kinds().includes('changed later'))
    }
  })

  it('overflow drops what is under way', () => {
    const made = makeWorld()
    const events: WatchEvent[] = []
    const watcher = openSimInotify(made.options)(batch => events.push(...batch))
    assert.ok(watcher instanceof SimWatcher)
    watcher.watch(1, root)
    made.user.write('f', '')
    watcher.overflow()
    made.world.advance(100)
    assert.deepEqual(
      events.map(event => event.kind),
      ['lost'],
    )
  })

  it('gives no more watches than there are', () => {
    const { user, watcher } = opened(openSimInotify, { watchLimit: 2 })
    for (const name of ['a', 'b']) user.mkdir(name)
    assert.equal(watcher.watch(2, `${root}/a`), true)
    assert.equal(watcher.watch(3, `${root}/b`), false)
    watcher.unwatch(2)
    assert.equal(watcher.watch(3, `${root}/b`), true)
  })

  it('tells the dead nothing', () => {
    const { world, user, options, events } = opened(openSimInotify)
    user.write('f', '')
    options.process.kill()
    user.write('g', '')
    world.advance(100)
    assert.deepEqual(events, [])
    assert.equal(user.volume.listeners.size, 0)
  })

  it('an unmounted directory is told of as such', () => {
    const { world, user, watcher, kinds } = opened(openSimInotify)
    user.mkdir('m')
    user.mount('m')
    user.mkdir('m/x')
    watcher.watch(2, `${root}/m`)
    watcher.watch(3, `${root}/m/x`)
    world.advance(100)
    kinds()
    user.unmount('m')
    world.advance(100)
    assert.deepEqual(kinds(), ['self', 'self'])
    assert.throws(
      () => watcher.watch(3, `${root}/m/x`),
      error => codeOf(error) === 'ENOENT',
    )
  })
})
