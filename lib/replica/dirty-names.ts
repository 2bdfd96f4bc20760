import type { Backoff, Pending } from '../core/readiness.ts'
import { backedOff, noted } from '../core/readiness.ts'
import { backoffLastMs } from '../core/limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { DirectoryNode } from './directory-nodes.ts'

/** One name that may have changed and waits for a look that is believed. */
export interface DirtyName {
  readonly node: DirectoryNode
  readonly name: string
  pending: Pending
  /** The place a rename event said it came from. */
  from: { readonly node: DirectoryNode; readonly name: string } | undefined
}

/** Looks that come due together: a timer a name would cost more than it saves. */
const timerGrainMs = 5

/** Names that may have changed, each with the moment of its next look. */
export class DirtyNames {
  readonly #clock: Clock
  readonly #wake: () => void
  /** Due now because of an event: somebody may be waiting to see it. */
  readonly #now = new Map<string, DirtyName>()
  /** Due now because of a listing: may be a hundred thousand, and gives way to events. */
  readonly #bulk = new Map<string, DirtyName>()
  readonly #later = new Map<string, DirtyName>()
  readonly #backoff = new Map<string, Backoff>()
  #timer: { readonly at: number; readonly cancel: () => void } | undefined

  /** @param wake is called when looks are due, from a timer; `note` leaves it to its caller. */
  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock
    this.#wake = wake
  }

  get size(): number {
    return this.#now.size + this.#bulk.size + this.#later.size
  }

  get hasDue(): boolean {
    return this.#now.size + this.#bulk.size > 0
  }

  /** An event said that the name may have changed. */
  note(node: DirectoryNode, name: string, signal: 'changed' | 'closed' | 'gone', from?: DirtyName['from']): void {
    const key = keyOf(node, name)
    const known = this.#find(key)
    const now = this.#clock.monotonic()
    const pending = noted(known?.pending, signal, now, this.#backoff.get(key))
    const dirty: DirtyName = { node, name, pending, from: from ?? known?.from }
    this.#place(key, dirty, now)
  }

  /** A listing found the name different from what is known, or new. */
  noteListed(node: DirectoryNode, name: string): void {
    const key = keyOf(node, name)
    if (this.#find(key) !== undefined) return
    this.#bulk.set(key, { node, name, pending: noted(undefined, 'changed', this.#clock.monotonic()), from: undefined })
  }

  /** The next name that is due, out of the book until noted or put off again. Events come before listings. */
  takeDue(): DirtyName | undefined {
    for (const book of [this.#now, this.#bulk]) {
      for (const [key, dirty] of book) {
        book.delete(key)
        return dirty
      }
    }
    return undefined
  }

  /** The waiting name, out of the book, if it is in it. */
  take(node: DirectoryNode, name: string): DirtyName | undefined {
    const key = keyOf(node, name)
    const dirty = this.#find(key)
    this.#remove(key)
    return dirty
  }

  has(node: DirectoryNode, name: string): boolean {
    const key = keyOf(node, name)
    return this.#find(key) !== undefined
  }

  /** Not believed yet: look again at `againAt`, unless an event came first. */
  putOff(dirty: DirtyName, againAt: number): void {
    const key = keyOf(dirty.node, dirty.name)
    if (this.#find(key) !== undefined) return
    this.#place(key, { ...dirty, pending: { ...dirty.pending, dueAt: againAt } }, this.#clock.monotonic())
  }

  /** The name was sent: should it change again soon, it waits a little longer each time. */
  sent(dirty: DirtyName): void {
    const key = keyOf(dirty.node, dirty.name)
    const now = this.#clock.monotonic()
    this.#backoff.set(key, backedOff(this.#backoff.get(key), now))
    if (this.#backoff.size > 4096) this.#forgetQuiet(now)
  }

  /** Makes every waiting name due, back-off or not; looks that are not believed put themselves off again. */
  hurry(): void {
    for (const [key, dirty] of this.#later) this.#now.set(key, dirty)
    this.#later.clear()
    this.#backoff.clear()
  }

  /** Everything that waits, due or not. */
  *all(): Generator<DirtyName, void, undefined> {
    yield* this.#now.values()
    yield* this.#bulk.values()
    yield* this.#later.values()
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    for (const book of [this.#now, this.#bulk, this.#later]) book.clear()
  }

  #place(key: string, dirty: DirtyName, now: number): void {
    this.#remove(key)
    if (dirty.pending.dueAt <= now) this.#now.set(key, dirty)
    else {
      this.#later.set(key, dirty)
      this.#arm(dirty.pending.dueAt, now)
    }
  }

  #find(key: string): DirtyName | undefined {
    return this.#now.get(key) ?? this.#bulk.get(key) ?? this.#later.get(key)
  }

  #remove(key: string): void {
    for (const book of [this.#now, this.#bulk, this.#later]) book.delete(key)
  }

  #arm(at: number, now: number): void {
    if (this.#timer !== undefined && this.#timer.at <= at) return
    this.#timer?.cancel()
    const when = Math.max(at, now + timerGrainMs)
    this.#timer = { at: when, cancel: this.#clock.after(when - now, () => this.#ripen()) }
  }

  #ripen(): void {
    this.#timer = undefined
    const now = this.#clock.monotonic()
    let next = Number.POSITIVE_INFINITY
    for (const [key, dirty] of this.#later) {
      if (dirty.pending.dueAt <= now) {
        this.#later.delete(key)
        this.#now.set(key, dirty)
      } else next = Math.min(next, dirty.pending.dueAt)
    }
    if (next !== Number.POSITIVE_INFINITY) this.#arm(next, now)
    if (this.#now.size > 0) this.#wake()
  }

  #forgetQuiet(now: number): void {
    for (const [key, backoff] of this.#backoff) if (now - backoff.sentAt > 4 * backoffLastMs) this.#backoff.delete(key)
  }
}

function keyOf(node: DirectoryNode, name: string): string {
  return `${node.key}/${name}`
}
