import type { Path } from '../core/path.ts'
import { isWithin } from '../core/path.ts'
import type { Session } from '../core/session/session.ts'
import type { BarrierResult, Trouble } from './session-handle.ts'
import { listed } from './session-handle.ts'

interface Ended {
  readonly state: BarrierResult['state']
  readonly path: Path
  /** What did not arrive in time. */
  readonly waiting: readonly Path[]
}

/** What whoever waited at a path is told. @param trouble what keeps the session from running, when none does */
export function barrierResult(ended: Ended, session: Session | undefined, trouble: Trouble): BarrierResult {
  const figures = session?.status()
  const within = <T extends { readonly path: Path }>(items: readonly T[]): readonly T[] =>
    items.filter(item => isWithin(item.path, ended.path))
  return {
    state: ended.state,
    ...(figures === undefined && trouble),
    waiting: listed(ended.waiting),
    conflicts: listed(within((session?.conflicts() ?? []).map(({ path, kind }) => ({ path, kind })))),
    problems: listed(within(figures?.problems ?? [])),
    holds: (figures?.holds ?? []).map(hold => ({ ...hold, paths: listed(hold.paths) })),
  }
}
