import type { Clock } from '../ports/clock.ts'

/** Round trips that the figure is made of. */
const kept = 5

/** How long the other end of a link takes to answer, as seen from here. Answers come in the order of the questions. */
export class RoundTrips {
  readonly #clock: Clock
  readonly #asked: number[] = []
  readonly #last: number[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Questions that were not answered yet. */
  get waiting(): number {
    return this.#asked.length
  }

  /** The median of the last few (ms); undefined until there is one. */
  get medianMs(): number | undefined {
    return this.#last.toSorted((a, b) => a - b)[this.#last.length >> 1]
  }

  asked(): void {
    this.#asked.push(this.#clock.monotonic())
  }

  /** An answer that nobody asked for says nothing. */
  answered(): void {
    const at = this.#asked.shift()
    if (at === undefined) return
    this.#last.push(this.#clock.monotonic() - at)
    if (this.#last.length > kept) this.#last.shift()
  }
}
