import { SyncError } from '../../core/errors.ts'
import type { DirectoryKey, OpenWatcher, WatchEvent, Watcher, WatcherTraits } from '../../ports/watcher.ts'
import type { StartWorker } from '../../ports/worker.ts'
import type { Koffi } from '../koffi.ts'
import type { InotifyCalls } from './inotify-calls.ts'
import { inotifyCalls } from './inotify-calls.ts'
import { parseInotifyEvents, watchMask } from './inotify-events.ts'
import { InotifyThread } from './inotify-thread.ts'
import { InotifyTranslation } from './inotify-translation.ts'
import { watchLimit } from './watch-limit.ts'
import { WatchTable } from './watch-table.ts'

export interface InotifyOptions {
  /** Absolute path of the root: the one directory with nobody above it to tell of its rename. */
  readonly root: string
  readonly koffi: Koffi
  readonly startWorker: StartWorker
}

type Listener = (events: readonly WatchEvent[]) => void

const traits: WatcherTraits = { name: 'inotify', closes: true, tellsLoss: true, followsMoves: true, ordered: true }

/** The second half of a rename follows within microseconds; a first half alone is believed after this (ms). */
const halfMs = 5

/** Errors of inotify_add_watch(2) that leave only polling: no watch left, or a path longer than a call takes. */
const cannotWatch = new Set(['ENOSPC', 'ENOMEM', 'ENAMETOOLONG'])

/**
 * Watches with inotify(7): watches are placed by system calls on the main thread (3 µs each), events come from a
 * thread of its own. Opening throws `EMFILE` when the user has no inotify instance left.
 */
export function openInotify(options: InotifyOptions): OpenWatcher {
  return listener => new InotifyWatcher(options, listener)
}

class InotifyWatcher implements Watcher {
  readonly traits = traits
  readonly #root: string
  readonly #listener: Listener
  readonly #calls: InotifyCalls
  readonly #descriptor: number
  readonly #table = new WatchTable()
  readonly #translation: InotifyTranslation
  readonly #thread: InotifyThread
  #rootKey: DirectoryKey | undefined
  #half: NodeJS.Timeout | undefined
  #closed: Promise<void> | undefined
  #open = true

  constructor({ root, koffi, startWorker }: InotifyOptions, listener: Listener) {
    this.#root = root
    this.#listener = listener
    this.#calls = inotifyCalls(koffi)
    this.#descriptor = this.#calls.init()
    this.#translation = new InotifyTranslation(this.#table, key => key === this.#rootKey)
    try {
      this.#thread = new InotifyThread(startWorker, this.#calls, this.#descriptor, {
        bytes: bytes => this.#receive(bytes),
        died: why =>
          this.#deliver([{ kind: 'lost', directory: undefined, below: true, why: `the inotify thread died: ${why}` }]),
      })
    } catch (error) {
      this.#calls.close(this.#descriptor)
      throw error
    }
  }

  watch(key: DirectoryKey, path: string): boolean {
    const watch = this.#calls.add(this.#descriptor, path, watchMask)
    if (typeof watch === 'string') {
      this.unwatch(key)
      if (cannotWatch.has(watch)) return false
      throw new SyncError(watch, `Cannot watch ${JSON.stringify(path)}`)
    }
    if (path === this.#root) this.#rootKey = key
    const unneeded = this.#table.place(key, watch)
    if (unneeded !== undefined) this.#calls.remove(this.#descriptor, unneeded)
    return true
  }

  unwatch(key: DirectoryKey): void {
    const unneeded = this.#table.remove(key)
    if (unneeded !== undefined) this.#calls.remove(this.#descriptor, unneeded)
  }

  usage(): { readonly watches: number; readonly limit: number | undefined } {
    return { watches: this.#table.size, limit: watchLimit() }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#open = false
    clearTimeout(this.#half)
    if (await this.#thread.stop()) this.#calls.close(this.#descriptor)
  }

  #receive(bytes: Uint8Array): void {
    clearTimeout(this.#half)
    this.#deliver(this.#translation.translate(parseInotifyEvents(bytes)))
    if (!this.#translation.holding) return
    this.#half = setTimeout(() => this.#deliver(this.#translation.flush()), halfMs)
    this.#half.unref()
  }

  #deliver(events: readonly WatchEvent[]): void {
    if (events.length > 0 && this.#open) this.#listener(events)
  }
}
