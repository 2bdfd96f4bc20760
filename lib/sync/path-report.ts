import type { Entry } from '../core/entry.ts'
import type { OpenConflict } from '../core/session/messages.ts'
import type { PathState } from '../core/session/path-state.ts'
import type { ConflictInfo, EntryInfo, PathReport } from './session-handle.ts'
import { listed } from './session-handle.ts'

/** What a session knows of a path, as people and scripts are shown it. */
export function pathReport(state: PathState, describe: (conflict: OpenConflict) => ConflictInfo): PathReport {
  const { agreed, sides, weights, conflicts, holds, ...rest } = state
  return {
    ...rest,
    agreed: entryInfo(agreed),
    sides: { alpha: entryInfo(sides.alpha), beta: entryInfo(sides.beta) },
    entries: weights,
    conflicts: conflicts.map(describe),
    holds: holds.map(hold => ({ ...hold, paths: listed(hold.paths) })),
  }
}

export function entryInfo(entry: Entry | undefined): EntryInfo {
  switch (entry?.kind) {
    case undefined:
      return { kind: 'absent' }
    case 'file':
      return { kind: 'file', digest: entry.digest, size: entry.size, mode: entry.mode }
    case 'symlink':
      return { kind: 'symlink', target: entry.target }
    case 'directory':
      return { kind: 'directory', mode: entry.mode }
    case 'untracked':
    case 'problem':
      return { kind: entry.kind, why: entry.why }
  }
}
