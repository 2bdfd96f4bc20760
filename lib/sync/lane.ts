import type { Digest } from '../core/entry.ts'
import type { ReplicaCommand, ReplicaEvent } from '../core/messages.ts'
import type { Side } from '../core/operation.ts'
import type { Effect, LogLine, SessionEvent } from '../core/session/messages.ts'
import type { Carriage, CarriageEnd, Carrier, Obstacle } from '../ports/carrier.ts'
import type { Clock } from '../ports/clock.ts'
import { detach } from '../ports/detached.ts'

export interface LaneOptions {
  readonly carrier: Carrier
  readonly clock: Clock
  readonly send: (side: Side, command: ReplicaCommand) => void
  readonly step: (event: SessionEvent) => void
  readonly log: (line: LogLine) => void
  readonly nextId: () => number
}

/** A connection that breaks is made again so often for one file, after this and then twice as long (ms). */
const attemptsLimit = 3
const againMs = 1000

/** What could not be reached is left alone for this long (ms), and files go in pieces meanwhile. */
const restMs = 10 * 60_000

/** What a replica may take to make a slot or to hash it (ms), and what it does at least in that time (bytes a ms). */
const answerMs = 60_000
const answerBytes = 20_000

interface Job {
  readonly order: Effect & { readonly type: 'carry' }
  attempts: number
  /** Of the question for a slot that was asked last. */
  id: number | undefined
  carriage: Carriage | undefined
  cancel: () => void
}

/**
 * Carries out a session's orders to bring large files by a connection of their own: asks the receiver for a slot, has
 * it written, and lets the receiver look at it. Whatever goes wrong ends in `not-carried`, and none waits without end.
 */
export class Lane {
  readonly #options: LaneOptions
  readonly #jobs = new Map<string, Job>()
  readonly #running = new Set<Promise<void>>()
  #restsUntil = 0

  constructor(options: LaneOptions) {
    this.#options = options
  }

  carry(order: Effect & { readonly type: 'carry' }): void {
    this.drop(order.side, order.digest)
    const job: Job = { order, attempts: 0, id: undefined, carriage: undefined, cancel: () => {} }
    this.#jobs.set(keyOf(order.side, order.digest), job)
    detach(this.#begin(job), this.#options.clock)
  }

  /** Nobody wants it any more, or it is over. */
  drop(side: Side, digest: Digest): void {
    const job = this.#jobs.get(keyOf(side, digest))
    if (job === undefined) return
    this.#jobs.delete(keyOf(side, digest))
    job.cancel()
    job.carriage?.stop()
  }

  /** What a replica says of slots. */
  heard(side: Side, event: ReplicaEvent): void {
    if (event.type === 'staged' && event.state !== 'more') this.drop(side, event.digest)
    if (event.type !== 'reserved') return
    for (const job of this.#jobs.values()) {
      if (job.order.side !== side || job.id !== event.id) continue
      job.id = undefined
      job.cancel()
      if (event.slot === undefined) this.#fail(job, 'no slot could be made for it')
      else this.#run(job, event.slot, event.held > 0)
    }
  }

  /** The session is over: what it ordered is stopped, and its successor asks anew what can be done. */
  stop(): void {
    for (const { order } of [...this.#jobs.values()]) this.drop(order.side, order.digest)
    this.#restsUntil = 0
    this.#options.carrier.forget()
  }

  /** Settles when nothing runs any more. */
  async close(): Promise<void> {
    this.stop()
    await Promise.all(this.#running)
  }

  async #begin(job: Job): Promise<void> {
    const { carrier, clock } = this.#options
    const isResting = (): boolean => clock.monotonic() < this.#restsUntil
    const obstacle = isResting() ? undefined : await carrier.check()
    // An order is answered after the step that gave it, never in it.
    await Promise.resolve()
    if (!this.#isOn(job)) return
    if (isResting()) this.#refuse(job)
    else if (obstacle === undefined) this.#reserve(job)
    else this.#rest(job, obstacle)
  }

  #reserve(job: Job): void {
    const { side, digest, size, path } = job.order
    job.id = this.#options.nextId()
    this.#options.send(side, { type: 'reserve', id: job.id, digest, size, path })
    this.#await(job, 'no slot was made for it in time')
  }

  #run(job: Job, slot: string, hasBasis: boolean): void {
    const { carrier, clock, step } = this.#options
    const { side, digest, path, size } = job.order
    const carriage = carrier.carry({
      ...{ to: side, path, slot, size, hasBasis },
      progress: bytes => {
        if (this.#isOn(job)) step({ type: 'carrying', side, digest, bytes })
      },
    })
    job.carriage = carriage
    const running = carriage.ended.then(end => {
      this.#running.delete(running)
      job.carriage = undefined
      if (this.#isOn(job)) this.#ended(job, slot, end)
    })
    this.#running.add(running)
    detach(running, clock)
  }

  #ended(job: Job, slot: string, end: CarriageEnd): void {
    const { clock, log, send } = this.#options
    const { side, path, digest, size } = job.order
    switch (end.is) {
      case 'done':
        log({ level: 'info', event: 'carried', side, path, size, ...(end.sent !== undefined && { sent: end.sent }) })
        send(side, { type: 'received', digest, size, slot })
        return this.#await(job, 'what came was not looked at in time')
      case 'failed':
        return this.#fail(job, end.why)
      case 'unusable':
        return this.#rest(job, end)
      case 'lost':
        if (++job.attempts === attemptsLimit) return this.#rest(job, end)
        job.cancel = clock.after(againMs * 2 ** (job.attempts - 1), () => this.#reserve(job))
    }
  }

  #await(job: Job, otherwise: string): void {
    const ms = answerMs + job.order.size / answerBytes
    job.cancel = this.#options.clock.after(ms, () => this.#fail(job, otherwise))
  }

  /** What no connection brings is tried again later; what no program can do, in the next session. */
  #rest(job: Job, { is, why }: Obstacle): void {
    const { carrier, clock } = this.#options
    this.#restsUntil = is === 'lost' ? clock.monotonic() + restMs : Number.POSITIVE_INFINITY
    carrier.forget()
    this.#fail(job, why)
  }

  #fail(job: Job, why: string): void {
    const { side, path } = job.order
    this.#options.log({
      level: 'notice',
      event: 'fallback',
      side,
      path,
      why: `It goes in pieces, not by rsync: ${why}`,
    })
    this.#refuse(job)
  }

  #refuse({ order: { side, digest } }: Job): void {
    this.drop(side, digest)
    this.#options.step({ type: 'not-carried', side, digest })
  }

  #isOn(job: Job): boolean {
    return this.#jobs.get(keyOf(job.order.side, job.order.digest)) === job
  }
}

function keyOf(side: Side, digest: Digest): string {
  return `${side} ${digest}`
}
