import type { Clock } from '../ports/clock.ts'
import { heartbeatMs, silenceMs } from './bounds.ts'

export interface Heartbeat {
  /** The other end said something whole. */
  heard(): void
  stop(): void
}

/**
 * Keeps a quiet link alive and notices a dead one: `beat` is called every five seconds, `lost` once, when nothing was
 * heard for fifteen. Both ends do this, and neither can move the other's deadline.
 */
export function startHeartbeat(clock: Clock, beat: () => void, lost: () => void): Heartbeat {
  let heardAt = clock.monotonic()
  const beatAgain = (): void => {
    beat()
    cancelBeat = clock.after(heartbeatMs, beatAgain)
  }
  const listen = (): void => {
    const left = heardAt + silenceMs - clock.monotonic()
    if (left > 0) cancelDeadline = clock.after(left, listen)
    else lost()
  }
  let cancelBeat = clock.after(heartbeatMs, beatAgain)
  let cancelDeadline = clock.after(silenceMs, listen)
  return {
    heard: () => {
      heardAt = clock.monotonic()
    },
    stop: () => {
      cancelBeat()
      cancelDeadline()
    },
  }
}
