import type { FSWatcher } from 'node:fs'
import { watch } from 'node:fs'
import { codeOf } from '../../core/errors.ts'
import { fromBytes, toBytes } from '../../core/path.ts'
import type { DirectoryKey, OpenWatcher, WatchEvent, Watcher, WatcherTraits } from '../../ports/watcher.ts'
import { checkDirectory, watchError } from './directory-check.ts'
import { EventBatch } from './event-batch.ts'
import { watchLimit } from './watch-limit.ts'

/** On Linux all watches of a process share one inotify descriptor, so their events come in order and by inode. */
const oneStream = process.platform === 'linux'

const traits: WatcherTraits = {
  name: 'fs-watch',
  closes: false,
  tellsLoss: false,
  followsMoves: oneStream,
  ordered: oneStream,
}

/** Errors that leave only polling: no watch left, or a path longer than a call takes. */
const cannotWatch = new Set(['ENOSPC', 'EMFILE', 'ENOMEM', 'ENAMETOOLONG'])

/** Watches with Node's `fs.watch`, once for each directory. */
export function openFsWatch(): OpenWatcher {
  return listener => new FsWatcher(listener)
}

class FsWatcher implements Watcher {
  readonly traits = traits
  readonly #batch: EventBatch
  readonly #watches = new Map<DirectoryKey, FSWatcher>()
  readonly #retired: FSWatcher[] = []

  constructor(listener: (events: readonly WatchEvent[]) => void) {
    this.#batch = new EventBatch(listener)
  }

  watch(key: DirectoryKey, path: string): boolean {
    this.unwatch(key)
    checkDirectory(path)
    try {
      this.#watches.set(key, this.#place(key, path))
      return true
    } catch (error) {
      if (cannotWatch.has(codeOf(error) ?? '')) return false
      throw watchError(error, path)
    }
  }

  /**
   * The watch is closed only when the events that were queued for it have come: libuv drops those of closed watches
   * unseen, and the batch could not tell any more how many there were.
   */
  unwatch(key: DirectoryKey): void {
    const watch = this.#watches.get(key)
    if (watch === undefined) return
    this.#watches.delete(key)
    if (this.#retired.push(watch) === 1) setImmediate(() => this.#closeRetired())
  }

  usage(): { readonly watches: number; readonly limit: number | undefined } {
    return { watches: this.#watches.size, limit: watchLimit() }
  }

  async close(): Promise<void> {
    this.#batch.close()
    for (const watch of this.#watches.values()) watch.close()
    this.#watches.clear()
    this.#closeRetired()
  }

  #closeRetired(): void {
    for (const watch of this.#retired.splice(0)) watch.close()
  }

  /** The path ends in '/.': thus libuv, which names the watched directory itself by its last component, says '.'. */
  #place(key: DirectoryKey, path: string): FSWatcher {
    const bytes = Buffer.from(toBytes(`${path}/.`))
    const placed = watch(bytes, { persistent: false, encoding: 'buffer' }, (type, name) => {
      this.#batch.push(this.#watches.get(key) === placed ? eventOf(key, type, name) : undefined)
    })
    placed.on('error', error => this.#failed(key, placed, error))
    return placed
  }

  #failed(key: DirectoryKey, failed: FSWatcher, error: Error): void {
    if (this.#watches.get(key) !== failed) return
    this.#watches.delete(key)
    failed.close()
    this.#batch.push({ kind: 'self', directory: key })
    this.#batch.push({ kind: 'lost', directory: undefined, below: true, why: `a watch failed: ${error.message}` })
  }
}

/** `self` also when only the directory's mode changed: libuv does not tell these apart. */
function eventOf(directory: DirectoryKey, type: 'rename' | 'change', bytes: Uint8Array | null): WatchEvent | undefined {
  if (bytes === null) return { kind: 'lost', directory, below: false, why: 'an event came without a name' }
  const name = fromBytes(bytes)
  if (name === '.') return type === 'rename' ? { kind: 'self', directory } : undefined
  return { kind: 'changed', directory, name, isDirectory: undefined }
}
