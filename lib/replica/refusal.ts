import { SyncError } from '../core/errors.ts'

/** True when a disk refused something, or a path could not be had: one path's matter, not a mistake of ours. */
export function isRefusal(error: unknown): error is SyncError {
  return error instanceof SyncError && (error.verdict === 'retry' || error.verdict === 'problem')
}
