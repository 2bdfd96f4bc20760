import type { Clock } from '../ports/clock.ts'

/** The clock of this host. Its timers keep the process alive: whoever stops working cancels them. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  soon: run => {
    setImmediate(run)
  },
}
