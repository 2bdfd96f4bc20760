import type { DirectoryKey, WatchEvent } from '../../ports/watcher.ts'
import type { InotifyEvent } from './inotify-events.ts'
import { inotifyBits } from './inotify-events.ts'
import type { WatchTable } from './watch-table.ts'

interface Half {
  readonly directory: DirectoryKey
  readonly name: string
}

const aboutSelf = inotifyBits.removeSelf | inotifyBits.unmount | inotifyBits.ignored

/**
 * Turns what the kernel says into watch events, one read at a time and in order.
 *
 * A rename gives `gone`, then `closed` (a file) or `changed` (a directory), then `moved`. Its halves are adjacent or
 * nearly so, but a read may end between them: a first half at the very end is held back for the next read, or `flush`.
 */
export class InotifyTranslation {
  readonly #table: WatchTable
  readonly #isRoot: (key: DirectoryKey) => boolean
  #held: InotifyEvent | undefined
  /** First halves without a second one yet, of this read and the one before. */
  #halves = new Map<number, Half>()
  #olderHalves = new Map<number, Half>()

  constructor(table: WatchTable, isRoot: (key: DirectoryKey) => boolean) {
    this.#table = table
    this.#isRoot = isRoot
  }

  /** True when the first half of a rename waits for the second one: call `flush` unless more events come soon. */
  get holding(): boolean {
    return this.#held !== undefined
  }

  translate(events: readonly InotifyEvent[]): WatchEvent[] {
    const all = this.#held === undefined ? events : [this.#held, ...events]
    const last = events.at(-1)
    this.#held = last !== undefined && (last.mask & inotifyBits.movedFrom) !== 0 ? last : undefined
    this.#olderHalves = this.#halves
    this.#halves = new Map()
    const out: WatchEvent[] = []
    const lastKinds = new Map<string, WatchEvent['kind']>()
    for (const event of all) if (event !== this.#held) this.#one(event, out, lastKinds)
    return out
  }

  flush(): WatchEvent[] {
    return this.translate([])
  }

  #one(event: InotifyEvent, out: WatchEvent[], lastKinds: Map<string, WatchEvent['kind']>): void {
    if ((event.mask & inotifyBits.overflow) !== 0) {
      out.push({
        kind: 'lost',
        directory: undefined,
        below: true,
        why: 'the kernel had more events than its queue holds',
      })
      return
    }
    const [newest, ...older] = this.#table.keysOf(event.watch)
    if (newest === undefined) return
    for (const directory of [newest, ...older]) {
      if (event.name === '') this.#self(event, directory, out)
      else this.#child(event, directory, out, lastKinds)
    }
    if (event.cookie !== 0) this.#half(event, newest, out)
  }

  /** A rename keeps a watch and its parent tells of it; nobody watches above the root, so the root tells itself. */
  #self(event: InotifyEvent, directory: DirectoryKey, out: WatchEvent[]): void {
    if ((event.mask & aboutSelf) !== 0) {
      this.#table.remove(directory)
      out.push({ kind: 'self', directory })
    } else if ((event.mask & inotifyBits.moveSelf) !== 0 && this.#isRoot(directory)) {
      out.push({ kind: 'self', directory })
    }
  }

  #child(
    event: InotifyEvent,
    directory: DirectoryKey,
    out: WatchEvent[],
    lastKinds: Map<string, WatchEvent['kind']>,
  ): void {
    const { name } = event
    const isDirectory = (event.mask & inotifyBits.isDirectory) !== 0
    const kind = kindOf(event.mask, isDirectory)
    const id = `${directory}/${name}`
    if (kind === 'changed' && lastKinds.get(id) === kind) return
    lastKinds.set(id, kind)
    out.push({ kind, directory, name, isDirectory })
  }

  /** Between the newest keys of both directories only: an older one is about to be forgotten. */
  #half({ mask, cookie, name }: InotifyEvent, directory: DirectoryKey, out: WatchEvent[]): void {
    if ((mask & inotifyBits.movedFrom) !== 0) {
      this.#halves.set(cookie, { directory, name })
      return
    }
    const from = this.#halves.get(cookie) ?? this.#olderHalves.get(cookie)
    if (from === undefined) return
    this.#halves.delete(cookie)
    const isDirectory = (mask & inotifyBits.isDirectory) !== 0
    out.push({ kind: 'moved', directory: from.directory, name: from.name, to: directory, newName: name, isDirectory })
  }
}

function kindOf(mask: number, isDirectory: boolean): 'changed' | 'closed' | 'gone' {
  if ((mask & (inotifyBits.remove | inotifyBits.movedFrom)) !== 0) return 'gone'
  if ((mask & (inotifyBits.closeWrite | inotifyBits.movedTo)) !== 0 && !isDirectory) return 'closed'
  return 'changed'
}
