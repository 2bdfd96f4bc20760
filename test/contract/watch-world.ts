import type { TestContext } from 'node:test'
import { join } from '../../lib/core/path.ts'
import type { DirectoryKey, OpenWatcher, WatchEvent, Watcher } from '../../lib/ports/watcher.ts'
import type { WatchDisk } from './watch-disk.ts'
import { waitUntil, WatchObserver } from './watch-observer.ts'

/** An implementation to test, on a disk of its own. */
export interface WatcherMaker {
  readonly name: string
  make(): WatcherWorld
  /** Why it cannot run here. */
  readonly skip?: string
  /** It does not see that only a mode changed. */
  readonly blindToModes?: boolean
}

export interface WatcherWorld {
  readonly disk: WatchDisk
  readonly open: OpenWatcher
  /** Lets time pass where time is turned by hand. */
  readonly passTime?: () => void
}

/** What a test of a watched disk has in its hands. */
export interface Observed {
  readonly observer: WatchObserver
  readonly disk: WatchDisk
  readonly watcher: Watcher
  /** The absolute path of one in the root. */
  readonly absolute: (path: string) => string
}

/** A disk that is watched as a replica does it, until the test ends. */
export async function observed(
  t: TestContext,
  maker: WatcherMaker,
  prepare: (disk: WatchDisk) => void = () => {},
): Promise<Observed> {
  const { disk, open, passTime } = maker.make()
  t.after(() => disk.close())
  prepare(disk)
  const observer = new WatchObserver(disk, open, passTime)
  const { watcher } = observer
  t.after(() => watcher.close())
  await observer.started()
  return { observer, disk, watcher, absolute: path => observer.absolute(path) }
}

/** A watcher that nobody uses but the test. */
export function bare(t: TestContext, maker: WatcherMaker, ...directories: readonly string[]) {
  const world = maker.make()
  const { disk } = world
  t.after(() => disk.close())
  for (const directory of directories) disk.mkdir(directory)
  const events: WatchEvent[] = []
  const watcher = world.open(batch => events.push(...batch))
  t.after(() => watcher.close())
  /** Acts again and again until it is told of: watches may begin after they were placed. */
  const toldOf = async (key: DirectoryKey, name: string, act: (text: string) => void) => {
    let round = 0
    const told = () => events.some(event => 'name' in event && event.directory === key && event.name === name)
    await waitUntil(`an event for ${name} in ${key}`, () => (act(String(round++)), told()), {
      everyMs: 50,
      passTime: world.passTime,
    })
  }
  return { disk, watcher, toldOf }
}

/** No directory has gone deaf. */
export async function stillHears(observer: WatchObserver): Promise<void> {
  const { disk } = observer
  for (const directory of [...observer.keys.keys()]) {
    const mark = observer.events.length
    const path = join(directory, 'still there?')
    disk.write(path, 'yes')
    await observer.told(path, mark)
    disk.mkdir(join(directory, 'new'))
    disk.write(join(directory, 'new/f'), 'x')
  }
  await observer.converged()
}
