import type { ManualClock, Skew } from './clock.ts'
import { ClockView } from './clock.ts'
import { Crash, Faults } from './faults.ts'

/**
 * One process on a simulated host: its clock, and what befalls the calls it makes. Its death ends its timers and makes
 * every further call throw `Crash`; what else it held (descriptors, links, watches) goes by `onDeath`.
 */
export class SimProcess {
  readonly clock: ClockView
  readonly faults = new Faults()
  readonly #ends: (() => void)[] = []
  #ended = false

  constructor(world: ManualClock, skew?: Skew) {
    this.clock = new ClockView(world, skew, run => this.run(run))
  }

  get dead(): boolean {
    return this.faults.dead
  }

  /** Runs a piece of the process's work: a `Crash` in it kills the process and goes no further. */
  run(work: () => void): void {
    if (this.dead) return
    try {
      work()
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      this.kill()
    }
  }

  /** Called once, when the process dies; at once if it is dead. */
  onDeath(end: () => void): void {
    if (this.#ended) end()
    else this.#ends.push(end)
  }

  /** Ends the process: kill -9. May be called again. */
  kill(): void {
    this.faults.kill()
    if (this.#ended) return
    this.#ended = true
    this.clock.stop()
    for (const end of this.#ends.splice(0)) end()
  }
}
