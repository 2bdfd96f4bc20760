import { sliceMs } from '../core/limits.ts'
import type { ReplicaEvent } from '../core/messages.ts'
import type { Clock } from '../ports/clock.ts'
import type { ReplicaListener } from '../ports/replica.ts'

/** Events kept until somebody listens. */
const unheardEvents = 200

/** One session's end of a replica that several may share. */
export interface Attachment {
  readonly listener: ReplicaListener
  isReady: boolean
  isOpen: boolean
}

/** The sessions that listen to one replica. Events are handed over in order, each in a turn of its own caller. */
export class Attachments {
  readonly #all = new Set<Attachment>()
  readonly #queue: (() => void)[] = []
  readonly #clock: Clock
  readonly #unheard: ReplicaEvent[] = []
  #delivering = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#all.size
  }

  add(listener: ReplicaListener): Attachment {
    const attachment: Attachment = { listener, isReady: false, isOpen: true }
    this.#all.add(attachment)
    return attachment
  }

  remove(attachment: Attachment): void {
    attachment.isOpen = false
    this.#all.delete(attachment)
  }

  *ready(): Generator<Attachment, void, undefined> {
    for (const attachment of this.#all) if (attachment.isReady) yield attachment
  }

  *waiting(): Generator<Attachment, void, undefined> {
    for (const attachment of this.#all) if (!attachment.isReady) yield attachment
  }

  /** Sends to one session; what it does in answer never runs inside the sender. */
  tell(attachment: Attachment, event: ReplicaEvent): void {
    this.#queue.push(() => {
      if (attachment.isOpen) attachment.listener(event)
    })
    if (!this.#delivering) this.#deliver()
  }

  /** Sends to every session that is ready, but for one. */
  tellOthers(except: Attachment | undefined, event: ReplicaEvent): void {
    for (const attachment of this.ready()) if (attachment !== except) this.tell(attachment, event)
  }

  /** Sends to every session that is ready; while there is none, to those that are the first to be. */
  tellOnce(event: ReplicaEvent): void {
    if (this.#unheard.length < unheardEvents) this.#unheard.push(event)
    this.tellUnheard()
  }

  /** To be called when sessions became ready. */
  tellUnheard(): void {
    if (this.ready().next().done === true) return
    for (const event of this.#unheard.splice(0)) this.tellOthers(undefined, event)
  }

  #deliver(): void {
    this.#delivering = true
    this.#clock.soon(() => {
      const until = this.#clock.monotonic() + sliceMs
      // Whatever a listener sends meanwhile is delivered in the same turn, within its slice: a hop costs latency.
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        next()
        if (this.#queue.length > 0 && this.#clock.monotonic() >= until) return this.#deliver()
      }
      this.#delivering = false
    })
  }
}
