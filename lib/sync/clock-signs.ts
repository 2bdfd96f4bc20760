import type { Clock } from '../ports/clock.ts'
import type { Signs } from '../ports/signs.ts'

/** How often the clocks and, while somebody waits for that, the addresses are looked at (ms). */
const lookMs = 5_000

/** A machine that stood still for less than this has lost no connection (ms): a busy one is late too. */
const stoodStillMs = 5_000

export interface ClockSignsOptions {
  readonly clock: Clock
  /** The addresses of this machine, in any form that changes with them. */
  readonly addresses: () => string
}

/**
 * Tells of sleep by the clocks: a look comes much too late, or the time of day went further than the time that was
 * counted, which stands still in sleep on some systems. A time of day that is set counts as sleep, at the price of one
 * probe. Looks only while somebody listens.
 */
export function clockSigns({ clock, addresses }: ClockSignsOptions): Signs {
  const waking = new Set<() => void>()
  const changing = new Set<() => void>()
  let cancelLook: (() => void) | undefined
  let seen = ''

  const lookLater = (): void => {
    const [monotonic, now] = [clock.monotonic(), clock.now()]
    cancelLook = clock.after(lookMs, () => {
      const counted = clock.monotonic() - monotonic
      const slept = counted > lookMs + stoodStillMs || clock.now() - now - counted > stoodStillMs
      const before = seen
      if (changing.size > 0) seen = addresses()
      const changed = changing.size > 0 && seen !== before
      lookLater()
      if (slept) tell(waking)
      if (changed) tell(changing)
    })
  }

  const listenIn = (listeners: Set<() => void>, listen: () => void): (() => void) => {
    const own = (): void => listen()
    listeners.add(own)
    if (cancelLook === undefined) lookLater()
    return () => {
      listeners.delete(own)
      if (waking.size + changing.size > 0) return
      cancelLook?.()
      cancelLook = undefined
    }
  }

  return {
    onWake: listen => listenIn(waking, listen),
    onNetwork: listen => {
      if (changing.size === 0) seen = addresses()
      return listenIn(changing, listen)
    },
  }
}

/** Signs that never come, where nothing sleeps. */
export const noSigns: Signs = { onWake: () => () => {}, onNetwork: () => () => {} }

function tell(listeners: ReadonlySet<() => void>): void {
  for (const listen of [...listeners]) listen()
}
