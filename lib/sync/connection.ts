import { SyncError } from '../core/errors.ts'
import type { ReplicaCommand, ReplicaEvent, ReplicaFacts, Tracked } from '../core/messages.ts'
import { noneTracked } from '../core/messages.ts'
import type { Path } from '../core/path.ts'
import type { Tree } from '../core/tree.ts'
import { emptyTree } from '../core/tree.ts'
import type { Clock } from '../ports/clock.ts'
import { detach } from '../ports/detached.ts'
import type { OpenReplica, Replica } from '../ports/replica.ts'
import type { Signs } from '../ports/signs.ts'

/** Waits between attempts to reach a lost side, first and last (ms). */
const retryFirstMs = 100
const retryLastMs = 30_000

/** A wait is up to this part of it shorter, so that all who lost one host do not come back to it at once. */
const retrySpread = 0.25

/** A side that was there for less than this before it was lost again (ms) is not tried at once, but soon. */
const steadyMs = 10_000

/** The most losses that count against a side that is there. */
const lossesKept = 4

interface ConnectionOptions {
  readonly open: OpenReplica
  readonly clock: Clock
  readonly baseline: () => Tree | undefined
  /** Every event of every replica opened in turn. `again`: what halts it is what has halted it before. */
  readonly heard: (event: ReplicaEvent, again: boolean) => void
  readonly signs: Signs
  /** A number from 0 up to 1; default 0, for those who are alone. */
  readonly random?: () => number
}

/**
 * One side of a session through lost links: opens its replica again, at once and then backing off, and at once again
 * when this machine wakes up or its network changes.
 */
export class Connection {
  readonly #options: ConnectionOptions
  #replica: Replica | undefined
  #cancelRetry: () => void = () => {}
  /** Attempts that failed since it was there or somebody asked for it. */
  #failures = 0
  /** How often it was lost since it was there for a while: decides how long to wait. */
  #losses = 0
  #readyAt = 0
  readonly #stopSigns: readonly (() => void)[]
  #retryAt: number | undefined
  #tree: Tree | undefined
  #state: 'connecting' | 'ready' | 'lost' | 'halted' | 'closed' = 'connecting'
  #isHalted = false
  facts: ReplicaFacts | undefined
  /** As last heard of, or said to it. */
  tracked: Tracked = noneTracked
  /** What is wrong, as a code and in words, until it is there again. */
  code: string | undefined
  why: string | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    const { signs } = options
    this.#stopSigns = [signs.onWake(() => this.#lookNow()), signs.onNetwork(() => this.#lookNow())]
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** Also while it is tried again whether what halted it is over. */
  get isHalted(): boolean {
    return this.#isHalted && !this.#isUnreachable
  }

  /** Lost, and not back at the first attempt, or not to be had before a person has done something about it. */
  get hasFailed(): boolean {
    return this.#failures > 1 || (this.#isHalted && this.#isUnreachable)
  }

  /** What halted it is the way to the other host, not what is there. */
  get #isUnreachable(): boolean {
    return this.code === 'TRANSPORT_LOST' || this.code === 'AGENT_FAILED'
  }

  /** When it is tried again (ms since 1970), while it is waited for. */
  get retryAt(): number | undefined {
    return this.#state === 'lost' || this.#state === 'halted' ? this.#retryAt : undefined
  }

  /** As last heard of, also while it is lost. */
  get tree(): Tree | undefined {
    return this.#tree
  }

  /** How long a message and its answer take of late (ms); undefined where there is no wire, or nothing was measured. */
  get roundTripMs(): number | undefined {
    return this.#replica?.roundTripMs
  }

  connect(): void {
    if (this.#state === 'closed') return
    this.#cancelRetry()
    this.#retryAt = undefined
    this.#state = 'connecting'
    const baseline = (): Tree => this.#options.baseline() ?? this.#tree ?? emptyTree
    try {
      const replica = this.#options.open(baseline, event => {
        if (replica === this.#replica) this.#take(event)
      })
      this.#replica = replica
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      const { code, message, hint } = error
      const why = hint === undefined ? message : `${message} (${hint})`
      const verdict = error.verdict === 'halt' || error.verdict === 'bug' ? error.verdict : 'retry'
      this.#options.clock.soon(() => this.#take({ type: 'closed', code, why, verdict }))
    }
  }

  /** Somebody acted on what was wrong or wants it now: try again. */
  retry(): void {
    if (this.#state !== 'lost' && this.#state !== 'halted') return
    // The next failure is the answer to whoever waits.
    this.#failures = 1
    this.#losses = 1
    this.connect()
  }

  /** What is lost may be there again, and what looks alive or on its way may be dead. */
  #lookNow(): void {
    if (this.#state === 'ready' || this.#state === 'connecting') return this.#replica?.probe?.()
    if (this.#state !== 'lost') return
    this.#losses = 1
    this.connect()
  }

  send(command: ReplicaCommand): void {
    if (this.#state !== 'ready') return
    // A replica that stays while the other one is lost goes by this when the next session begins.
    if (command.type === 'exempt') this.tracked = heldAfter(this.tracked, command.paths)
    this.#replica?.send(command)
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    this.#cancelRetry()
    for (const stop of this.#stopSigns) stop()
    await this.#replica?.close()
  }

  #take(event: ReplicaEvent): void {
    if (this.#state === 'closed') return
    if (event.type === 'ready') {
      this.#state = 'ready'
      this.#isHalted = false
      this.#failures = 0
      this.#readyAt = this.#options.clock.monotonic()
      this.code = undefined
      this.why = undefined
      this.facts = event.facts
    }
    if (event.type === 'ready' || event.type === 'tracked') this.tracked = event.tracked
    if (event.type === 'ready' || event.type === 'changed' || event.type === 'outcomes') this.#tree = event.tree
    const isToldAlready =
      event.type === 'closed' && event.verdict === 'halt' && this.#isHalted && event.why === this.why
    if (event.type === 'closed') this.#lost(event)
    this.#options.heard(event, isToldAlready)
  }

  #lost(event: ReplicaEvent & { type: 'closed' }): void {
    const replica = this.#replica
    this.#replica = undefined
    if (replica !== undefined) detach(replica.close(), this.#options.clock)
    this.code = event.code
    this.why = event.why
    const { clock, random = () => 0 } = this.#options
    if (this.#state === 'ready')
      this.#losses = clock.monotonic() - this.#readyAt < steadyMs ? Math.min(this.#losses, lossesKept) : 0
    this.#isHalted = event.verdict === 'halt'
    this.#state = this.#isHalted ? 'halted' : 'lost'
    // A disk that was not mounted comes back without anybody telling; everything else that halts waits for a person.
    if (this.#isHalted && event.code !== 'ROOT_MISSING') return
    const longestMs = this.#losses === 0 ? 0 : Math.min(retryFirstMs * 2 ** (this.#losses - 1), retryLastMs)
    const waitMs = longestMs * (1 - retrySpread * random())
    this.#failures++
    this.#losses++
    this.#retryAt = clock.now() + waitMs
    this.#cancelRetry = clock.after(waitMs, () => this.connect())
  }
}

/** What a side goes by once it was told what is exempt. */
function heldAfter({ named }: Tracked, paths: readonly Path[]): Tracked {
  const own = new Set(named)
  return { named, others: paths.filter(path => !own.has(path)) }
}
