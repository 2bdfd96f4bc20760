import { selectionOf } from './parameters.ts'
import { selectWhole } from './selection.ts'
import type { SessionList } from './sessions.ts'
import type { RootQueue } from './verbs.ts'

/** What a barrier would wait for if it began now, as far as it is known: nothing is looked at or planned for it. */
export function answerQueue(sessions: SessionList, parameters: unknown): { roots: readonly RootQueue[] } {
  const selected = selectWhole(sessions, selectionOf(parameters))
  return {
    roots: selected.map(({ session: { handle }, path }) => {
      const { root, host, state, why, queued, inFlight, bytesQueued } = handle.status()
      const { conflicts = [], problems = [], holds = [], waiting = [] } = handle.about(path) ?? {}
      const standing = { conflicts: conflicts.length, problems: problems.length, holds: holds.length }
      const reason = why === undefined ? {} : { why }
      return { root, host, state, ...reason, queued, inFlight, bytesQueued, ...standing, waiting }
    }),
  }
}
