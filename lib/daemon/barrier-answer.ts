import { SyncError } from '../core/errors.ts'
import { rootBarrier } from '../sync/root-barrier.ts'
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
  const groups = Map.groupBy(selected, ({ session, path }) => JSON.stringify([session.handle.root, path]))
  const waiting = [...groups.values()].map(group => waitOnRoot(group, { timeoutMs, verify }, call.signal))
  const roots = await whileTelling(selected, call, Promise.all(waiting))
  return { roots: roots.flat() }
}

/** Waits on the sessions of one root, which share what this host has of it. */
async function waitOnRoot(
  group: readonly Selected[],
  { timeoutMs, verify }: { readonly timeoutMs: number; readonly verify: boolean },
  signal: AbortSignal,
): Promise<RootBarrier[]> {
  const path = group[0]?.path ?? ''
  const options = { timeoutMs, verify, ...(path === '' ? {} : { path }) }
  const handles = group.map(({ session }) => session.handle)
  const results = await rootBarrier(handles, { options, now: () => performance.now() }, signal)
  return handles.flatMap(({ root, host }, i) => {
    const result = results[i]
    return result === undefined ? [] : [{ root, host, ...result }]
  })
}

/** Waits on several sessions at once, telling meanwhile how much is under way. */
export function tellingProgress<T>(
  selected: readonly Selected[],
  call: Call,
  wait: (each: Selected) => Promise<T>,
): Promise<T[]> {
  return whileTelling(selected, call, Promise.all(selected.map(wait)))
}

async function whileTelling<T>(selected: readonly Selected[], call: Call, work: Promise<T>): Promise<T> {
  const timer = setInterval(() => call.emit(progressOf(selected)), progressMs)
  try {
    return await work
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
