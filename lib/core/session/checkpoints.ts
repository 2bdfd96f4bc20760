import { checkpointLatestMs, checkpointQuietMs } from '../limits.ts'
import type { Side } from '../operation.ts'

/** Decides when what was agreed is made durable on both sides, and notices when it is. */
export class Checkpoints {
  #firstAt: number | undefined
  #lastAt = 0
  #running: { readonly id: number; readonly waiting: Set<Side> } | undefined

  /** The ancestor advanced. */
  changed(now: number): void {
    this.#firstAt ??= now
    this.#lastAt = now
  }

  /**
   * The moment one is due, if anything waits for it and none is running: soon after the last change, but while more is
   * under way only at the latest.
   */
  nextAt(quiet: boolean): number | undefined {
    if (this.#firstAt === undefined || this.#running !== undefined) return undefined
    const latestAt = this.#firstAt + checkpointLatestMs
    return quiet ? Math.min(this.#lastAt + checkpointQuietMs, latestAt) : latestAt
  }

  isDue(now: number, quiet: boolean): boolean {
    const nextAt = this.nextAt(quiet)
    return nextAt !== undefined && now >= nextAt
  }

  begin(id: number): void {
    this.#running = { id, waiting: new Set<Side>(['alpha', 'beta']) }
    this.#firstAt = undefined
  }

  /** One side's part is durable; true when both are. */
  durable(id: number, side: Side): boolean {
    if (this.#running?.id !== id) return false
    this.#running.waiting.delete(side)
    if (this.#running.waiting.size > 0) return false
    this.#running = undefined
    return true
  }
}
