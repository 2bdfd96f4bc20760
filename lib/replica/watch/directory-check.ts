import type { Stats } from 'node:fs'
import { lstatSync } from 'node:fs'
import type { ErrorCode } from '../../core/errors.ts'
import { codeOf, SyncError } from '../../core/errors.ts'
import { toBytes } from '../../core/path.ts'

/**
 * Throws what a watcher throws when `path` is no directory: `ENOENT`, `ENOTDIR` (also for a link), `EACCES`.
 * @returns what tells this directory from any that stood there before: an inode's number alone is soon given again
 */
export function checkDirectory(path: string): string {
  let stat: Stats
  try {
    stat = lstatSync(Buffer.from(toBytes(path)))
  } catch (error) {
    throw watchError(error, path)
  }
  if (!stat.isDirectory()) throw new SyncError('ENOTDIR', `Cannot watch ${JSON.stringify(path)}: it is no directory`)
  return `${stat.dev}:${stat.ino}:${stat.birthtimeMs}`
}

/** The error of a system call as this library throws it; anything else as it is. */
export function watchError(error: unknown, path: string): unknown {
  const code = codeOf(error)
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error
  return new SyncError(code as ErrorCode, `Cannot watch ${JSON.stringify(path)}`, { cause: error })
}
