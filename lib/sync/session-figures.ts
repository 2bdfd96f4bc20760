import type { Side } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { isWithin } from '../core/path.ts'
import type { Session } from '../core/session/session.ts'
import type { BarrierResult, SessionStatus } from './session-handle.ts'
import type { SyncMode } from './session-spec.ts'
import { listed } from './session-handle.ts'

/** The only side whose changes are taken; undefined: both. */
export function sourceOf(mode: SyncMode | undefined): Side | undefined {
  if (mode === undefined || mode === 'two-way') return undefined
  return mode === 'send' ? 'alpha' : 'beta'
}

/** The part of a status that a session tells; nothing has happened yet while there is none. */
export function sessionFigures(session: Session | undefined) {
  const figures = session?.status()
  return {
    ...(figures?.lastSyncAt !== undefined && { lastSyncAt: figures.lastSyncAt }),
    entries: figures?.entries ?? {},
    queued: figures?.queued ?? 0,
    inFlight: figures?.inFlight ?? 0,
    bytesQueued: figures?.bytesQueued ?? 0,
    conflicts: figures?.conflicts ?? 0,
    problems: listed(figures?.problems ?? []),
    holds: holdsOf(session),
    notices: listed(figures?.notices ?? []),
    untaken: listed(figures?.untaken ?? []),
  } satisfies Partial<SessionStatus>
}

/** What stands at and below a path and keeps both sides from agreeing. */
export function standingUnder(
  session: Session | undefined,
  path: Path,
): Pick<BarrierResult, 'conflicts' | 'problems' | 'holds' | 'untaken'> {
  const within = <T extends { readonly path: Path }>(items: readonly T[]): readonly T[] =>
    items.filter(item => isWithin(item.path, path))
  const conflicts = within(session?.conflicts() ?? []).map(({ path: at, kind }) => ({ path: at, kind }))
  return {
    conflicts: listed(conflicts),
    problems: listed(within(session?.status().problems ?? [])),
    untaken: listed(within(session?.status().untaken ?? [])),
    holds: holdsOf(session),
  }
}

function holdsOf(session: Session | undefined) {
  return (session?.status().holds ?? []).map(hold => ({ ...hold, paths: listed(hold.paths) }))
}
