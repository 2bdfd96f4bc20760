import { SyncError } from '../core/errors.ts'
import type { ReplicaCommand, ReplicaEvent, ReplicaFacts } from '../core/messages.ts'
import type { Tree } from '../core/tree.ts'
import { emptyTree } from '../core/tree.ts'
import type { Clock } from '../ports/clock.ts'
import { detach } from '../ports/detached.ts'
import type { OpenReplica, Replica } from '../ports/replica.ts'

/** Waits between attempts to reach a lost side, first and last (ms). */
const retryFirstMs = 100
const retryLastMs = 30_000

interface ConnectionOptions {
  readonly open: OpenReplica
  readonly clock: Clock
  readonly baseline: () => Tree | undefined
  /** Every event of every replica opened in turn. */
  readonly heard: (event: ReplicaEvent) => void
}

/** One side of a session through lost links: opens its replica again, at once and then backing off. */
export class Connection {
  readonly #options: ConnectionOptions
  #replica: Replica | undefined
  #cancelRetry: () => void = () => {}
  #failures = 0
  #tree: Tree | undefined
  #state: 'connecting' | 'ready' | 'lost' | 'halted' | 'closed' = 'connecting'
  #isHalted = false
  facts: ReplicaFacts | undefined
  why: string | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** Also while it is tried again whether what halted it is over. */
  get isHalted(): boolean {
    return this.#isHalted
  }

  /** Lost, and not back at the first attempt. */
  get hasFailed(): boolean {
    return this.#failures > 1
  }

  /** As last heard of, also while it is lost. */
  get tree(): Tree | undefined {
    return this.#tree
  }

  connect(): void {
    if (this.#state === 'closed') return
    this.#cancelRetry()
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

  /** Somebody acted on what was wrong, or the network changed: try again now. */
  retry(): void {
    if (this.#state !== 'lost' && this.#state !== 'halted') return
    this.#failures = 0
    this.connect()
  }

  send(command: ReplicaCommand): void {
    if (this.#state === 'ready') this.#replica?.send(command)
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    this.#cancelRetry()
    await this.#replica?.close()
  }

  #take(event: ReplicaEvent): void {
    if (this.#state === 'closed') return
    if (event.type === 'ready') {
      this.#state = 'ready'
      this.#isHalted = false
      this.#failures = 0
      this.why = undefined
      this.facts = event.facts
    }
    if (event.type === 'ready' || event.type === 'changed' || event.type === 'outcomes') this.#tree = event.tree
    const isToldAlready =
      event.type === 'closed' && event.verdict === 'halt' && this.#isHalted && event.why === this.why
    if (event.type === 'closed') this.#lost(event)
    if (!isToldAlready) this.#options.heard(event)
  }

  #lost(event: ReplicaEvent & { type: 'closed' }): void {
    const replica = this.#replica
    this.#replica = undefined
    if (replica !== undefined) detach(replica.close(), this.#options.clock)
    this.why = event.why
    this.#isHalted = event.verdict === 'halt'
    this.#state = this.#isHalted ? 'halted' : 'lost'
    // A disk that was not mounted comes back without anybody telling; everything else that halts waits for a person.
    if (this.#isHalted && event.code !== 'ROOT_MISSING') return
    const waitMs = this.#failures === 0 ? 0 : Math.min(retryFirstMs * 2 ** (this.#failures - 1), retryLastMs)
    this.#failures++
    this.#cancelRetry = this.#options.clock.after(waitMs, () => this.connect())
  }
}
