import { partBytes } from './bounds.ts'

/** What may go at once after a quiet while: a second's worth, so that an edit never waits for a limit that is not reached. */
const burstMs = 1000

/** Keeps what is sent within so many bytes a second, by a bucket that fills as time passes. */
export class Throttle {
  readonly #bytesPerMs: number
  readonly #most: number
  #left: number
  #at: number

  /** @param now monotonic ms */
  constructor(bytesPerSecond: number, now: number) {
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#most = Math.max(this.#bytesPerMs * burstMs, partBytes)
    this.#left = this.#most
    this.#at = now
  }

  /** What goes is never cut: the last of it may owe some. */
  spend(bytes: number): void {
    this.#left -= bytes
  }

  /** How long to wait until more may go (ms); 0: now. */
  waitMs(now: number): number {
    this.#left = Math.min(this.#left + (now - this.#at) * this.#bytesPerMs, this.#most)
    this.#at = now
    return this.#left > 0 ? 0 : Math.max(1, Math.ceil(-this.#left / this.#bytesPerMs))
  }
}
