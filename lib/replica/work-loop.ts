import { sliceMs } from '../core/limits.ts'
import type { Clock } from '../ports/clock.ts'

/** What a loop does. */
export interface WorkSteps {
  /** One piece of work; false when there is none that can be done now. */
  readonly step: () => boolean
  /** After each slice, whatever came of it. */
  readonly sliced: () => void
  /** There is nothing that can be done right now. */
  readonly idle: () => void
}

/** Works in slices, one at a time, and lets others have their turn in between. */
export class WorkLoop {
  readonly #clock: Clock
  readonly #steps: WorkSteps
  #isWorking = false
  #isAsked = false
  #closed = false

  constructor(clock: Clock, steps: WorkSteps) {
    this.#clock = clock
    this.#steps = steps
  }

  /** There may be something to do. Called from within a step, it is done in another slice. */
  wake(): void {
    if (this.#closed) return
    if (this.#isWorking) {
      this.#isAsked = true
      return
    }
    this.#isWorking = true
    this.#isAsked = false
    const until = this.#clock.monotonic() + sliceMs
    let more = true
    try {
      for (let steps = 1; more && (steps % stepsBetweenClocks !== 0 || this.#clock.monotonic() < until); steps++)
        more = this.#steps.step()
    } finally {
      this.#isWorking = false
    }
    this.#steps.sliced()
    if (more || this.#isAsked) this.#clock.soon(() => this.wake())
    else this.#steps.idle()
  }

  close(): void {
    this.#closed = true
  }
}

/** Steps between two looks at the clock: most take some tens of microseconds. */
const stepsBetweenClocks = 16
