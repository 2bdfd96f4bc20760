import type { WatchEvent } from '../../ports/watcher.ts'

/**
 * libuv drops the kernel's overflow flag (its queue holds 16,384 events). A turn that brings more than this may have
 * had an overflow; with less none was possible.
 */
const turnLimit = 1000

/**
 * Gathers the events of one turn of the event loop and hands them over at its end. A turn with too many keeps the
 * first ones and adds that the rest was lost.
 */
export class EventBatch {
  readonly #listener: (events: readonly WatchEvent[]) => void
  #events: WatchEvent[] = []
  #count = 0
  #closed = false

  constructor(listener: (events: readonly WatchEvent[]) => void) {
    this.#listener = listener
  }

  /** Adds an event, unless it only repeats the one before. Undefined counts as one that concerns nobody. */
  push(event: WatchEvent | undefined): void {
    if (this.#closed) return
    if (this.#count === 0) setImmediate(() => this.#deliver())
    this.#count += 1
    if (event === undefined || this.#count > turnLimit) return
    const last = this.#events.at(-1)
    if (last === undefined || !repeats(event, last)) this.#events.push(event)
  }

  /** Nothing is handed over afterwards. */
  close(): void {
    this.#closed = true
  }

  #deliver(): void {
    const events = this.#events
    const why = `${this.#count} events came at once: some may have been dropped`
    if (this.#count > turnLimit) events.push({ kind: 'lost', directory: undefined, below: true, why })
    this.#events = []
    this.#count = 0
    if (events.length > 0 && !this.#closed) this.#listener(events)
  }
}

function repeats(event: WatchEvent, last: WatchEvent): boolean {
  if (event.kind !== last.kind || event.directory !== last.directory) return false
  return !('name' in event) || !('name' in last) || (event.name === last.name && event.isDirectory === last.isDirectory)
}
