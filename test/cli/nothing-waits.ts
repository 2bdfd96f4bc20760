import type { PathReport } from '../../lib/sync/session-handle.ts'

/** Of a report on a path: nothing there asks for anybody. */
export const nothingWaits = {
  conflicts: [],
  problems: [],
  notices: [],
  untaken: [],
  holds: [],
  waiting: [],
  isShut: false,
} satisfies Partial<PathReport>
