import { SyncError } from '../core/errors.ts'
import { join } from '../core/path.ts'
import { selectionOf } from './parameters.ts'
import { pathIn, select } from './selection.ts'
import type { OpenedSession, SessionList } from './sessions.ts'
import type { PlaceThere, Verbs } from './verbs.ts'

/** Roots that an error names at most. */
const namedRoots = 10

/**
 * Where a directory of this host lies on each host that has it; where every root lies when none is named. Throws USAGE
 * with the roots there are when it lies in none of them, and why when its session is not open.
 */
export function answerWhere(sessions: SessionList, parameters: unknown): Verbs['where']['result'] {
  const { paths = [], host } = selectionOf(parameters)
  const on = host === undefined ? {} : { host }
  const all = [...select(sessions, on).map(({ session }) => session), ...sessions.failed()]
  const known = all.filter(({ spec }) => host === undefined || spec.beta.host === host)
  if (paths.length === 0) return { places: select(sessions, on).map(({ session }) => placeOf(session, '')) }
  if (known.some(({ roots }) => pathIn(roots, paths) !== undefined)) {
    return { places: select(sessions, { paths, ...on }).map(({ session, path }) => placeOf(session, path)) }
  }
  const roots = [...new Set(known.map(({ spec }) => spec.alpha.root))]
  if (roots.length === 0) throw new SyncError('NOT_FOUND', 'No root is set up', { hint: 'dsync roots add DIR' })
  const named = roots.slice(0, namedRoots).join(', ') + (roots.length > namedRoots ? ', …' : '')
  const where = host === undefined ? '' : ` that is on ${host}`
  throw new SyncError('USAGE', `${paths[0]} lies in no root${where}; there is ${named}`, { hint: `cd ${roots[0]}` })
}

function placeOf({ spec, handle }: OpenedSession, path: string): PlaceThere {
  const { root, host } = handle
  const { beta, way } = spec
  return { root, host, directory: path === '' ? beta.root : join(beta.root, path), userHome: beta.userHome, way }
}
