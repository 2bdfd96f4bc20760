import { constants } from 'node:os'
import type { ErrorCode, Verdict } from '../../core/errors.ts'
import { SyncError, codeOf } from '../../core/errors.ts'
import { shown } from './names.ts'

/**
 * What the errors of a disk mean. `retry`: time or somebody's tidying mends it, and no event will tell, so the session
 * tries again. `problem`: this path stays as it is until it changes or a person acts. EIO is a problem: going on
 * reading a dying disk kills it sooner. Codes not listed are problems.
 */
const causes: Readonly<Record<string, readonly [Verdict, string]>> = {
  ENOSPC: ['retry', 'the disk is full'],
  EDQUOT: ['retry', 'the quota is used up'],
  EROFS: ['retry', 'the disk is mounted read-only'],
  EMFILE: ['retry', 'this program has too many files open'],
  ENFILE: ['retry', 'the system has too many files open'],
  ENOMEM: ['retry', 'memory is short'],
  EAGAIN: ['retry', 'it is busy just now'],
  EINTR: ['retry', 'the call was interrupted'],
  ESTALE: ['retry', 'it was replaced meanwhile'],
  EIO: ['problem', 'the disk reports a fault'],
  EACCES: ['problem', 'permission denied'],
  EPERM: ['problem', 'the system does not permit it'],
  ENOENT: ['problem', 'there is no such entry'],
  EEXIST: ['problem', 'the name is taken'],
  ENOTDIR: ['problem', 'a component is no directory'],
  EISDIR: ['problem', 'it is a directory'],
  ELOOP: ['problem', 'a component is a symbolic link'],
  ENOTEMPTY: ['problem', 'the directory is not empty'],
  EBUSY: ['problem', 'it is in use, or a mount point'],
  EXDEV: ['problem', 'the two places are on different file systems'],
  ENAMETOOLONG: ['problem', 'the name is too long'],
  EFBIG: ['problem', 'the file is too large for this disk'],
  EMLINK: ['problem', 'the file has too many links'],
  EINVAL: ['problem', 'the disk cannot do this here'],
  ENOSYS: ['problem', 'this system has no such call'],
  EOPNOTSUPP: ['problem', 'this disk has no such thing'],
  ENOTSUP: ['problem', 'this disk has no such thing'],
}

/** The first name of each number: EAGAIN, not EWOULDBLOCK. */
const names = new Map<number, string>()
for (const [name, number] of Object.entries(constants.errno)) if (!names.has(number)) names.set(number, name)

/** The errno's name, as `ENOENT`; `EIO` for a number this system has no name for. */
export function errnoName(number: number): string {
  return names.get(Math.abs(number)) ?? 'EIO'
}

/** An error of the disk by the errno's name. `what` completes "Cannot …". */
export function diskError(code: string, what: string, path: string, cause?: unknown): SyncError {
  const [verdict, why] = causes[code] ?? ['problem', code]
  return new SyncError(code as ErrorCode, `Cannot ${what} ${shown(path)}: ${why}`, { verdict, cause })
}

/** Runs one system call of node:fs; its failure becomes a SyncError about `path`. */
export function attempt<T>(what: string, path: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw translated(error, what, path)
  }
}

/** A failed system call as a SyncError; anything else as it is. */
export function translated(error: unknown, what: string, path: string): unknown {
  if (error instanceof SyncError) return error
  const code = systemCode(error)
  return code === undefined ? error : diskError(code, what, path, error)
}

/**
 * The errno's name of what node:fs threw. libuv knows neither EDQUOT nor ESTALE ("Unknown system error -122"), and
 * Deno leaves the code out of some errors but writes the number into the text: both seen.
 */
function systemCode(error: unknown): string | undefined {
  const code = codeOf(error)
  if (code !== undefined && /^E[A-Z0-9]+$/.test(code)) return code
  if (!(error instanceof Error)) return undefined
  if ('errno' in error && typeof error.errno === 'number') return errnoName(error.errno)
  const number = /\(os error (\d+)\)/.exec(error.message)?.[1]
  return number === undefined ? undefined : errnoName(Number(number))
}
