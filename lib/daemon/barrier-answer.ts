import { SyncError } from '../core/errors.ts'
import type { Call } from './control-server.ts'
import { barrierOf } from './parameters.ts'
import type { Selected } from './selection.ts'
import { selectWhole } from './selection.ts'
import type { SessionList } from './sessions.ts'
import type { BarrierProgress, RootBarrier } from './verbs.ts'

/** How often progress is told (ms): often enough to look alive. */
const progressMs = 200

/** Waits on every session meant until all its changes have arrived, telling meanwhile how much is under way. */
export async function answerBarrier(
  sessions: SessionList,
  parameters: unknown,
  call: Call,
): Promise<{ roots: readonly RootBarrier[] }> {
  const { timeoutMs, verify, ...selection } = barrierOf(parameters)
  const selected = selectWhole(sessions, selection)
  if (selected.length === 0) {
    throw new SyncError('NOT_FOUND', 'Cannot sync: no root is set up', { hint: 'dsync roots add DIR' })
  }
  const roots = await tellingProgress(selected, call, async ({ session: { handle }, path }): Promise<RootBarrier> => {
    const options = { timeoutMs, verify, ...(path === '' ? {} : { path }) }
    return { root: handle.root, host: handle.host, ...(await handle.barrier(options, call.signal)) }
  })
  return { roots }
}

/** Waits on several sessions at once, telling meanwhile how much is under way. */
export async function tellingProgress<T>(
  selected: readonly Selected[],
  call: Call,
  wait: (each: Selected) => Promise<T>,
): Promise<T[]> {
  const timer = setInterval(() => call.emit(progressOf(selected)), progressMs)
  try {
    return await Promise.all(selected.map(wait))
  } finally {
    clearInterval(timer)
  }
}

function progressOf(selected: readonly Selected[]): BarrierProgress {
  let [queued, inFlight, bytesQueued] = [0, 0, 0]
  for (const { session } of selected) {
    const status = session.handle.status()
    queued += status.queued
    inFlight += status.inFlight
    bytesQueued += status.bytesQueued
  }
  return { queued, inFlight, bytesQueued }
}
