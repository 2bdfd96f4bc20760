import type { Worker } from 'node:worker_threads'
import { isWithin } from '../../core/path.ts'
import type { DirectoryKey, OpenWatcher, WatchEvent, Watcher, WatcherTraits } from '../../ports/watcher.ts'
import type { StartWorker } from '../../ports/worker.ts'
import { checkDirectory } from './directory-check.ts'
import { FseventsBursts } from './fsevents-bursts.ts'
import type { FseventsMessage, FseventsWorkerData } from './fsevents-worker.ts'
import { carriesPath, PathKeys } from './path-keys.ts'

export interface FseventsOptions {
  /** Absolute path of the root, no link in it. */
  readonly root: string
  readonly startWorker: StartWorker
}

const traits: WatcherTraits = { name: 'fsevents', closes: false, tellsLoss: false, followsMoves: false, ordered: false }

/** A burst is over after this much quiet, or at the latest after `endlessMs` (ms). */
const quietMs = 250
const endlessMs = 2000

/**
 * Watches with the root's recursive stream (macOS FSEvents), in a thread of its own; `watch` only says which
 * directories are of interest. libuv hides dropped events, so what a burst touched is lost once more when it is over,
 * and everything is lost until the stream runs. A directory outside the root is left to the caller's polling.
 */
export function openFsevents(options: FseventsOptions): OpenWatcher {
  return listener => new FseventsWatcher(options, listener)
}

class FseventsWatcher implements Watcher {
  readonly traits = traits
  readonly #root: string
  readonly #listener: (events: readonly WatchEvent[]) => void
  readonly #keys = new PathKeys()
  readonly #bursts: FseventsBursts
  readonly #worker: Worker
  #quiet: NodeJS.Timeout | undefined
  /** When the burst under way began, by performance.now(). */
  #since: number | undefined
  #failed = false
  #open = true

  constructor({ root, startWorker }: FseventsOptions, listener: (events: readonly WatchEvent[]) => void) {
    this.#root = root
    this.#listener = listener
    this.#bursts = new FseventsBursts(root, this.#keys)
    const data: FseventsWorkerData = { root }
    this.#worker = startWorker('fsevents', data)
    this.#worker.on('message', (message: FseventsMessage) => this.#hear(message))
    this.#worker.on('error', error => this.#fail(String(error)))
    this.#worker.on('exit', () => this.#fail('its thread ended'))
    // After the listeners, which would take it back.
    this.#worker.unref()
  }

  watch(key: DirectoryKey, path: string): boolean {
    this.unwatch(key)
    checkDirectory(path)
    if (this.#failed || !carriesPath(path) || !isWithin(path, this.#root)) return false
    this.#keys.place(key, path)
    return true
  }

  unwatch(key: DirectoryKey): void {
    this.#keys.remove(key)
  }

  usage(): { readonly watches: number; readonly limit: undefined } {
    return { watches: this.#keys.size, limit: undefined }
  }

  async close(): Promise<void> {
    this.#open = false
    clearTimeout(this.#quiet)
    await this.#worker.terminate()
  }

  #hear(message: FseventsMessage): void {
    if (message.type === 'ready') this.#deliver([lostAll('the stream has only now begun')])
    else if (message.type === 'failed') this.#fail(message.why)
    else {
      this.#deliver(this.#bursts.take(message.paths))
      this.#later()
    }
  }

  #later(): void {
    const now = performance.now()
    this.#since ??= now
    clearTimeout(this.#quiet)
    this.#quiet = setTimeout(
      () => {
        this.#since = undefined
        this.#deliver(this.#bursts.settle())
      },
      Math.min(quietMs, Math.max(0, this.#since + endlessMs - now)),
    ).unref()
  }

  /** Every directory is told that its watch is void, and polled by the caller from now on. */
  #fail(why: string): void {
    if (this.#failed) return
    this.#failed = true
    const all = [...this.#keys.all()].map((directory): WatchEvent => ({ kind: 'self', directory }))
    this.#deliver([lostAll(`the stream failed: ${why}`), ...all])
  }

  #deliver(events: readonly WatchEvent[]): void {
    if (events.length > 0 && this.#open) this.#listener(events)
  }
}

function lostAll(why: string): WatchEvent {
  return { kind: 'lost', directory: undefined, below: true, why }
}
