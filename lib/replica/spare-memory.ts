import type { Clock } from '../ports/clock.ts'
import { loadKoffi } from './koffi.ts'

/** How often to look whether a burst of work is over (ms). */
const lookMs = 5000

/** A burst: more processor time than this since memory was last given back (ms). Quiet: less than this from look to look. */
const burstMs = 1000
const quietMs = 50

/** The memory of a process. */
export interface Memory {
  /** Processor time of the process so far (ms). */
  readonly busyMs: () => number
  /** Hands freed memory back to the system. */
  readonly trim: () => void
}

/**
 * Gives memory back after each burst of work. glibc keeps what was freed below something still in use: after a first
 * copy of 100,000 files that is a fifth to a quarter of what a process holds, given back within 10 ms.
 */
export function giveBackSpareMemory(clock: Clock, memory: Memory = ownMemory()): void {
  let given = memory.busyMs()
  let before = given
  const look = (): void => {
    const now = memory.busyMs()
    if (now - given > burstMs && now - before < quietMs) {
      memory.trim()
      given = now
    }
    before = now
    clock.after(lookMs, look)
  }
  clock.after(lookMs, look)
}

/** Of this process. */
export function ownMemory(): Memory {
  let trim: (() => void) | undefined
  return {
    busyMs: () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    },
    trim: () => (trim ??= mallocTrim())(),
  }
}

/** glibc's `malloc_trim`; with another C library nothing, which may give memory back by itself. */
function mallocTrim(): () => void {
  const koffi = process.platform === 'linux' ? loadKoffi() : undefined
  try {
    const call = koffi?.load(null).func('int malloc_trim(size_t)')
    return () => void call?.(0)
  } catch (error) {
    // koffi throws an Error without a code for a function that is not there.
    if (error instanceof TypeError) throw error
    return () => {}
  }
}
