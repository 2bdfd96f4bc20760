import type { Digest, Entry, SyncedEntry } from '../core/entry.ts'
import { codeOf } from '../core/errors.ts'
import { chunkBytes } from '../core/limits.ts'
import { emptyPage } from '../core/page.ts'
import type { DirectoryHandle, ReadHandle, Stat } from '../ports/disk.ts'
import { createHasher } from './hash.ts'

/** What stands under a name, by its content. */
export interface Seen {
  readonly stat: Stat
  /** Shallow. Undefined: a file too large to hash here, that cannot be read, or that changes while it is read. */
  readonly entry: Entry | undefined
  /** Of a file: true when nobody has it open for writing, false when somebody has, undefined when that is not known. */
  readonly unwritten: boolean | undefined
}

/** A file that moves under the reader is read again this often, and so is a name that becomes something else. */
const readingsLimit = 3

/** Looks at one name and hashes a file of up to `hashBytes`. Undefined: nothing there. */
export function inspect(directory: DirectoryHandle, name: string, hashBytes: number): Seen | undefined {
  for (let reading = 1; ; reading++) {
    const stat = directory.lookup(name)
    if (stat === undefined) return undefined
    try {
      return inspectAs(stat, directory, name, hashBytes)
    } catch (error) {
      if (!isOvertaken(error)) throw error
      if (reading === readingsLimit) return { stat, entry: undefined, unwritten: undefined }
    }
  }
}

/** What is read as a file or link is one no more. */
function isOvertaken(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOENT' || code === 'EINVAL' || code === 'ELOOP'
}

function inspectAs(stat: Stat, directory: DirectoryHandle, name: string, hashBytes: number): Seen {
  switch (stat.kind) {
    case 'file':
      return inspectFile(directory, name, { stat, hashBytes })
    case 'symlink':
      return { stat, entry: { kind: 'symlink', target: directory.readlink(name) }, unwritten: undefined }
    case 'directory':
      return { stat, entry: { kind: 'directory', mode: stat.mode & 0o777, children: emptyPage }, unwritten: undefined }
    case 'fifo':
    case 'socket':
    case 'device':
      return { stat, entry: { kind: 'untracked', why: stat.kind }, unwritten: undefined }
  }
}

function inspectFile(directory: DirectoryHandle, name: string, known: { stat: Stat; hashBytes: number }): Seen {
  let file: ReadHandle
  try {
    file = directory.read(name)
  } catch (error) {
    if (codeOf(error) !== 'EACCES' && codeOf(error) !== 'EPERM') throw error
    return { stat: known.stat, entry: undefined, unwritten: undefined }
  }
  try {
    // Asked first: whoever opens it for writing after this and before the last stat shows in the times.
    const unwritten = file.unwritten()
    let stat = file.stat()
    for (let reading = 0; reading < readingsLimit && stat.size <= known.hashBytes; reading++) {
      const digest = hashOf(file, stat.size)
      const after = file.stat()
      if (digest !== undefined && isSameContent(stat, after)) {
        return { stat: after, entry: { kind: 'file', mode: after.mode & 0o777, digest, size: after.size }, unwritten }
      }
      stat = after
    }
    return { stat, entry: undefined, unwritten }
  } finally {
    file.close()
  }
}

/** The digest of a file that has `size` bytes; undefined when it has not. */
function hashOf(file: ReadHandle, size: number): Digest | undefined {
  const hash = createHasher()
  let at = 0
  for (;;) {
    const piece = file.read(at, Math.min(size - at + 1, readBytes))
    at += piece.length
    if (at > size) return undefined
    hash.update(piece)
    if (piece.length < readBytes) return at === size ? hash.digest() : undefined
  }
}

/** Read at once (bytes). */
const readBytes = 16 * chunkBytes

/** The same file with the same bytes, as far as the disk tells. A rename or link moves ctime, so that has no say. */
export function isSameContent(
  a: Pick<Stat, 'inode' | 'size' | 'mtimeMs'>,
  b: Pick<Stat, 'inode' | 'size' | 'mtimeMs'>,
): boolean {
  return a.inode === b.inode && a.size === b.size && a.mtimeMs === b.mtimeMs
}

/** True when an entry is of that content; the mode has no say. */
export function hasContent(entry: Entry | undefined, wanted: SyncedEntry): boolean {
  if (entry?.kind === 'file') return wanted.kind === 'file' && entry.digest === wanted.digest
  if (entry?.kind === 'symlink') return wanted.kind === 'symlink' && entry.target === wanted.target
  return entry?.kind === 'directory' && wanted.kind === 'directory'
}

/** True when an entry is the wanted one in all that is synced; a disk that keeps no modes has none to compare. */
export function isEntry(entry: Entry | undefined, wanted: SyncedEntry, keepsModes: boolean): boolean {
  if (!hasContent(entry, wanted)) return false
  return !keepsModes || !hasMode(entry) || !hasMode(wanted) || entry.mode === wanted.mode
}

/** False when a stat already shows that the wanted entry does not stand there. */
export function mayBe(stat: Stat, wanted: SyncedEntry, keepsModes: boolean): boolean {
  if (stat.kind !== wanted.kind) return false
  if (wanted.kind === 'file' && stat.size !== wanted.size) return false
  return !keepsModes || !hasMode(wanted) || (stat.mode & 0o777) === wanted.mode
}

function hasMode(entry: Entry | undefined): entry is Entry & { readonly mode: number } {
  return entry !== undefined && 'mode' in entry
}
