import type { Clock } from '../ports/clock.ts'
import { detach } from '../ports/detached.ts'
import type { SessionStore } from '../ports/store.ts'

/** Hears of what a store could not write: waits for everything written so far, one wait at a time. */
export class StoreWatch {
  readonly #store: SessionStore
  readonly #clock: Clock
  readonly #failed: (error: unknown) => void
  #isWatching = false
  /** Something was written since the wait began. */
  #isUnwatched = false
  #closed = false

  constructor(store: SessionStore, clock: Clock, failed: (error: unknown) => void) {
    this.#store = store
    this.#clock = clock
    this.#failed = failed
  }

  /** Something was given to the store. */
  written(): void {
    this.#isUnwatched = true
    if (this.#isWatching) return
    this.#isWatching = true
    this.#isUnwatched = false
    const settled = (error?: unknown): void => {
      this.#isWatching = false
      if (this.#closed) return
      if (error !== undefined) this.#failed(error)
      else if (this.#isUnwatched) this.written()
    }
    detach(
      this.#store.settled().then(() => settled(), settled),
      this.#clock,
    )
  }

  close(): void {
    this.#closed = true
  }
}
