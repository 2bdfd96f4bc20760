import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { SyncError, codeOf } from '../core/errors.ts'

/** A text file of the kit's home, or undefined when there is none. Throws REFUSED for a directory; other errors are thrown on. */
export function readPrivateFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    if (codeOf(error) !== 'EISDIR') throw error
    throw new SyncError('REFUSED', `Cannot read ${path}: it is a directory`, { hint: 'Move it away', cause: error })
  }
}

/**
 * Gives a file of the kit's home new content, mode 0600: whoever reads meanwhile, or after a power cut, finds the old
 * text or the new one whole. A symbolic link (people keep their settings elsewhere) stays one; its target is written.
 */
export function writePrivateFile(path: string, text: string): void {
  const target = targetOf(path)
  const part = `${target}.${randomBytes(6).toString('hex')}.part`
  const file = openSync(part, 'wx', 0o600)
  try {
    fchmodSync(file, 0o600)
    writeFileSync(file, text)
    fsyncSync(file)
    renameSync(part, target)
  } catch (error) {
    unlinkSync(part)
    throw error
  } finally {
    closeSync(file)
  }
  syncDirectory(dirname(target))
}

/** Why a file is not its user's alone, as part of a sentence; undefined when it is, or is not there. */
export function accessTrouble(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  const uid = process.getuid?.()
  if (!stat.isFile()) return 'it is not a file'
  if (uid !== undefined && stat.uid !== uid) return 'it belongs to another user'
  if ((stat.mode & 0o022) !== 0) return 'others may write it'
  return (stat.mode & 0o077) === 0 ? undefined : 'others may read it'
}

/** Removes a file of the kit's home; one that is not there is fine. */
export function removePrivateFile(path: string): void {
  rmSync(path, { force: true })
}

function targetOf(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return path
    throw error
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
