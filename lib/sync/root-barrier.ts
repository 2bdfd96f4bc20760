import type { BarrierOptions, BarrierResult, SessionHandle } from './session-handle.ts'

/** What a barrier over several hosts asks of each session. */
export type BarrierSession = Pick<SessionHandle, 'barrier'>

/**
 * The barrier of one root on any number of hosts: its sessions share the replica of this host. What another host changed
 * has reached this one when its session's barrier is over, and the others with a second one, raised after that. A host
 * that is away keeps nobody waiting a second time, nor the others.
 * @param now monotonic (ms)
 * @returns what each session's barrier came to, in the order given
 */
export async function rootBarrier(
  sessions: readonly BarrierSession[],
  { options, now }: { readonly options: BarrierOptions; readonly now: () => number },
  signal: AbortSignal,
): Promise<BarrierResult[]> {
  const until = now() + options.timeoutMs
  const first = await Promise.all(sessions.map(session => session.barrier(options, signal)))
  if (sessions.length === 1) return first
  return await Promise.all(
    sessions.map(async (session, i) => {
      const before = first[i]
      if (before !== undefined && !isHeard(before)) return before
      // A moment is left for what has arrived already.
      const timeoutMs = Math.max(until - now(), leastMs)
      return await session.barrier({ ...options, timeoutMs, verify: false }, signal)
    }),
  )
}

/** What the second round has at least (ms). */
const leastMs = 1000

/** The session heard both sides out: what it waits for now is known. */
function isHeard({ state }: BarrierResult): boolean {
  return state === 'synced' || state === 'conflicts' || state === 'problems' || state === 'held'
}
