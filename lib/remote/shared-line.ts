import type { Clock } from '../ports/clock.ts'
import type { SilenceWatchOptions } from './silence-watch.ts'
import { SilenceWatch } from './silence-watch.ts'

/** After a connection was found to hang none is suspected for so long (ms): where that was wrong, it is wrong once. */
const trustMs = 10 * 60_000

/** A link of the line. */
export interface LineLink {
  /** The connection hangs: the link is over. */
  readonly hangs: (silentMs: number) => void
}

/** What is asked of the host when a connection is silent. */
export type LineQuestions = Pick<SilenceWatchOptions, 'afresh' | 'beside'>

/** All that goes to one host over one shared connection: whatever comes over any of its links shows that it is alive. */
export class SharedLine {
  readonly #clock: Clock
  readonly #links = new Set<LineLink>()
  #watch: SilenceWatch | undefined
  #trustedUntil = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @returns how it leaves again, which may be done twice */
  join(link: LineLink): () => void {
    this.#links.add(link)
    return () => {
      this.#links.delete(link)
      if (this.#links.size === 0) this.#rest()
    }
  }

  /** Something came over a link of the line, which tells how to ask should nothing more come. */
  heard(questions: LineQuestions): void {
    if (this.#watch !== undefined) return this.#watch.heard()
    if (this.#links.size === 0 || this.#clock.monotonic() < this.#trustedUntil) return
    this.#watch = new SilenceWatch({ ...questions, clock: this.#clock, hangs: silentMs => this.#hangs(silentMs) })
  }

  #hangs(silentMs: number): void {
    this.#trustedUntil = this.#clock.monotonic() + trustMs
    this.#rest()
    for (const link of [...this.#links]) link.hangs(silentMs)
  }

  #rest(): void {
    this.#watch?.end()
    this.#watch = undefined
  }
}
