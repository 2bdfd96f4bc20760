import { SyncError } from '../core/errors.ts'
import type { Path } from '../core/path.ts'
import { isAtOrBelow } from './host-paths.ts'
import type { FailedSession, OpenedSession, SessionList } from './sessions.ts'
import type { SessionHandle } from '../sync/session-handle.ts'
import type { Selection } from './verbs.ts'

/** A session and the path in it that a person means; '' for the whole root. */
export interface Selected<S = OpenedSession> {
  readonly session: S
  readonly path: Path
}

type Selectable = Pick<OpenedSession, 'roots'> & { readonly handle: Pick<SessionHandle, 'host'> }

/**
 * The sessions that a person's words mean, and where in them.
 * Throws USAGE when the path lies in no root that is switched on, or no session goes to that host, and the reason why
 * the session that is meant could not be opened.
 */
export function select<S extends Selectable>(sessions: SessionList<S>, selection: Selection): Selected<S>[] {
  const { paths = [], host } = selection
  const isMeant = (other: string): boolean => host === undefined || other === host
  const opened = sessions.opened().filter(session => isMeant(session.handle.host))
  const failed = sessions.failed().filter(session => isMeant(session.spec.beta.host))
  if (host !== undefined && opened.length + failed.length === 0) {
    throw new SyncError('USAGE', `Cannot find a session with the host ${JSON.stringify(host)}`, {
      hint: 'dsync hosts list',
    })
  }
  if (paths.length === 0) return opened.map(session => ({ session, path: '' }))
  const found = opened.flatMap(session => {
    const path = pathIn(session.roots, paths)
    return path === undefined ? [] : [{ session, path }]
  })
  if (found.length > 0) return found
  const unopened = failed.find(({ roots }) => pathIn(roots, paths) !== undefined)
  if (unopened !== undefined) throw notOpen(unopened)
  throw new SyncError('USAGE', `Cannot find a root that holds ${paths[0]}`, { hint: 'dsync roots list' })
}

/** As `select`, for what must not pass over a session that could not be opened: throws why it could not. */
export function selectWhole(sessions: SessionList, selection: Selection): Selected[] {
  const selected = select(sessions, selection)
  const unopened = sessions.failed().find(({ spec, roots }) => {
    if (selection.host !== undefined && spec.beta.host !== selection.host) return false
    return selection.paths === undefined || pathIn(roots, selection.paths) !== undefined
  })
  if (unopened !== undefined) throw notOpen(unopened)
  return selected
}

function notOpen({ spec, error }: FailedSession): SyncError {
  const { root } = spec.alpha
  const hint = error.hint === undefined ? {} : { hint: error.hint }
  return new SyncError(error.code, `${root} with ${spec.beta.host} is not open: ${error.message}`, {
    ...hint,
    cause: error,
  })
}

/** Where in a root, by any of its spellings, a path lies that has several spellings too; undefined when it does not. */
export function pathIn(roots: readonly string[], paths: readonly string[]): Path | undefined {
  for (const root of roots) {
    for (const path of paths) if (isAtOrBelow(path, root)) return path.slice(root.length).replace(/^\/+/, '')
  }
  return undefined
}
