import type { WatchEvent } from '../../lib/ports/watcher.ts'
import type { SimProcess } from './process.ts'
import type { Random } from './random.ts'

export interface EventQueueOptions {
  readonly process: SimProcess
  readonly random: Random
  /** More events than this are dropped. */
  readonly queueLimit: number
  /** Events come up to this much later (ms). */
  readonly delayMs: number
}

/** Watch events on their way: in order, some time later, in batches that end anywhere; too many are dropped. */
export class EventQueue {
  readonly #options: EventQueueOptions
  readonly #listener: (events: readonly WatchEvent[]) => void
  readonly #overflowed: (queue: EventQueue) => void
  #events: WatchEvent[] = []
  #under = false
  #closed = false

  /** @param overflowed called for every event that finds the queue full */
  constructor(
    options: EventQueueOptions,
    listener: (events: readonly WatchEvent[]) => void,
    overflowed: (queue: EventQueue) => void,
  ) {
    this.#options = options
    this.#listener = listener
    this.#overflowed = overflowed
  }

  /** Adds an event, unless the one before it was the same. */
  push(event: WatchEvent): void {
    if (this.#closed || same(this.#events.at(-1), event)) return
    if (this.#events.length >= this.#options.queueLimit) return this.#overflowed(this)
    this.force(event)
  }

  /** Adds an event whatever the limit says. */
  force(event: WatchEvent): void {
    this.#events.push(event)
    this.#start()
  }

  get last(): WatchEvent | undefined {
    return this.#events.at(-1)
  }

  /** Drops what is under way. */
  drop(): void {
    this.#events = []
  }

  close(): void {
    this.#closed = true
    this.drop()
  }

  #start(): void {
    if (this.#under) return
    this.#under = true
    const { process, random, delayMs } = this.#options
    process.clock.after(random.fraction() * delayMs, () => this.#deliver())
  }

  #deliver(): void {
    this.#under = false
    if (this.#events.length === 0) return
    const { random } = this.#options
    const count = random.chance(0.7) ? this.#events.length : random.between(1, this.#events.length)
    const batch = this.#events.splice(0, count)
    if (this.#events.length > 0) this.#start()
    this.#listener(batch)
  }
}

function same(a: WatchEvent | undefined, b: WatchEvent): boolean {
  if (a === undefined || a.kind !== b.kind || a.directory !== b.directory) return false
  return 'name' in a && 'name' in b && a.name === b.name && a.kind !== 'moved'
}
