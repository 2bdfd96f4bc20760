import { SyncError } from '../core/errors.ts'
import { approveOf, pauseOf, selectionOf } from './parameters.ts'
import type { PauseRecord } from './pause-record.ts'
import { select } from './selection.ts'
import type { Preference } from '../sync/session-handle.ts'
import type { OpenedSession, SessionList } from './sessions.ts'
import type { RootHold, SessionName } from './verbs.ts'

/** Pauses or resumes the sessions meant, and remembers it over restarts. */
export function answerPause(
  sessions: SessionList,
  parameters: unknown,
  to: { readonly paused: boolean; readonly record: PauseRecord },
): { roots: readonly SessionName[] } {
  const { dryRun, ...selection } = pauseOf(parameters)
  const selected = select(sessions, selection).map(({ session }) => session)
  for (const { name, handle } of dryRun === true ? [] : selected) {
    to.record.set(name, to.paused)
    if (to.paused) handle.pause()
    else handle.resume()
  }
  return { roots: selected.map(({ handle: { root, host } }) => ({ root, host })) }
}

/** What guards hold in the sessions meant. */
export function answerHolds(sessions: SessionList, parameters: unknown): { holds: readonly RootHold[] } {
  return { holds: select(sessions, selectionOf(parameters)).flatMap(({ session }) => holdsOf(session)) }
}

/** Lifts the guards that hold, one kind or all, and says which they were. */
export async function answerApprove(
  sessions: SessionList,
  parameters: unknown,
): Promise<{ approved: readonly RootHold[] }> {
  const { guard, prefer, dryRun, ...selection } = approveOf(parameters)
  const approved: RootHold[] = []
  for (const { session } of select(sessions, selection)) {
    const holds = holdsOf(session).filter(hold => guard === undefined || hold.guard === guard)
    if (holds.length === 0) continue
    const preference = prefer === undefined ? undefined : preferenceOf(prefer, session)
    if (dryRun !== true) await session.handle.approve(guard, preference)
    approved.push(...holds)
  }
  return { approved }
}

function holdsOf({ handle, spec }: OpenedSession): RootHold[] {
  return handle
    .status()
    .holds.map(hold => ({ root: handle.root, host: handle.host, on: spec[hold.side].host, ...hold }))
}

function preferenceOf(word: string, { spec }: OpenedSession): Preference {
  if (word === 'newest' || word === 'ask') return word
  if (word === spec.alpha.host) return 'alpha'
  if (word === spec.beta.host) return 'beta'
  throw new SyncError(
    'USAGE',
    `Cannot prefer ${JSON.stringify(word)}: the hosts are ${spec.alpha.host} and ${spec.beta.host}`,
    {
      hint: `dsync approve --prefer ${spec.alpha.host}`,
    },
  )
}
