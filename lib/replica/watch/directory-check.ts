import { lstatSync } from 'node:fs'
import type { ErrorCode } from '../../core/errors.ts'
import { codeOf, SyncError } from '../../core/errors.ts'
import { toBytes } from '../../core/path.ts'

/** Throws what a watcher throws when `path` is no directory: `ENOENT`, `ENOTDIR` (also for a link), `EACCES`. */
export function checkDirectory(path: string): void {
  let isDirectory: boolean
  try {
    isDirectory = lstatSync(Buffer.from(toBytes(path))).isDirectory()
  } catch (error) {
    throw watchError(error, path)
  }
  if (!isDirectory) throw new SyncError('ENOTDIR', `Cannot watch ${JSON.stringify(path)}: it is no directory`)
}

/** The error of a system call as this library throws it; anything else as it is. */
export function watchError(error: unknown, path: string): unknown {
  const code = codeOf(error)
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error
  return new SyncError(code as ErrorCode, `Cannot watch ${JSON.stringify(path)}`, { cause: error })
}
