import type { SyncError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'

/** How long a store that failed is left alone (ms). */
const restMs = 5000

/** A store that failed is left alone for a while; nothing that was not written is built upon. */
export class StoreRest {
  readonly #clock: Clock
  readonly #again: () => void
  #error: SyncError | undefined
  #cancel = (): void => {}

  /** @param again the store may be read again */
  constructor(clock: Clock, again: () => void) {
    this.#clock = clock
    this.#again = again
  }

  /** Why it rests; undefined while it does not. */
  get error(): SyncError | undefined {
    return this.#error
  }

  begin(error: SyncError): void {
    this.#error = error
    this.#cancel()
    this.#cancel = this.#clock.after(restMs, () => this.end())
  }

  /** Somebody wants it now, or it has rested enough. */
  end(): void {
    if (this.#error === undefined) return
    this.#cancel()
    this.#error = undefined
    this.#again()
  }

  close(): void {
    this.#cancel()
  }
}
