import type { Digest, Entry, FileEntry, SyncedEntry } from '../core/entry.ts'
import { isSynced } from '../core/entry.ts'
import { SyncError, codeOf } from '../core/errors.ts'
import type { IgnoreRules } from '../core/ignore-rules.ts'
import { inlineContentBytes, inlineHashBytes } from '../core/limits.ts'
import type { Content } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { components } from '../core/path.ts'
import type { Sight } from '../core/readiness.ts'
import type { DirectoryHandle, ReadHandle, Stat } from '../ports/disk.ts'
import type { Spellings } from './spellings.ts'

/** What stands under one name, as far as one look can tell. */
export type Look =
  | { readonly found: 'ignored' }
  /** `called`: what a lookup finds there bears another spelling of the name, which is another name. */
  | { readonly found: 'absent'; readonly called?: string }
  /** Its entry is certain. `content` comes along when a small file was just read. */
  | { readonly found: 'entry'; readonly entry: Entry; readonly stat: Stat; readonly content: Content | undefined }
  /** A directory; whether its children are known is the caller's matter. */
  | { readonly found: 'directory'; readonly stat: Stat }
  /** A file whose content is not known: `sight` is not believed yet, it moved while it was read, or a worker must read it. */
  | { readonly found: 'file'; readonly stat: Stat; readonly sight: Sight }

export interface LookRules {
  readonly ignore: IgnoreRules
  readonly digest: (bytes: Uint8Array) => Digest
  readonly spellings: Spellings
  /** The disk keeps mode bits. */
  readonly modes: boolean
  /** Device of the root: another one is a mount point. */
  readonly device: number
}

export interface LookedFor {
  readonly path: Path
  readonly name: string
  /** What the tree holds there. */
  readonly previous: Entry | undefined
  /** True when the disk identity is the one `previous` was hashed under. */
  readonly unchanged: (stat: Stat) => boolean
  /** The last writer closed it: only a lease that says otherwise is believed over that. */
  readonly closed: boolean
  /** Whether what a look tells of a new or changed file is reason to read it now. */
  readonly isBelieved: (sight: Sight) => boolean
}

/**
 * Looks at one name. A new or changed file that is believed and small enough is read and hashed at once. Unreadable
 * comes back as a problem entry, never as absent.
 */
export function look(directory: DirectoryHandle, asked: LookedFor, rules: LookRules): Look {
  const { path, name, previous } = asked
  try {
    const stat = directory.lookup(name)
    if (stat === undefined) return { found: 'absent' }
    const called = rules.spellings.of(directory, name)
    if (called !== name) return { found: 'absent', ...(called !== undefined && { called }) }
    if (rules.ignore.ignores(path, stat.kind === 'directory')) return { found: 'ignored' }
    switch (stat.kind) {
      case 'directory':
        return stat.device === rules.device ? { found: 'directory', stat } : problem('MOUNT', previous, stat)
      case 'symlink':
        return lookAtLink(directory, asked, stat)
      case 'file':
        return lookAtFile(directory, asked, stat, rules)
      default:
        return { found: 'entry', entry: { kind: 'untracked', why: stat.kind }, stat, content: undefined }
    }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return { found: 'absent' }
    if (code === undefined || code === 'INVARIANT') throw error
    return problem(code, previous, unknownStat)
  }
}

function lookAtLink(directory: DirectoryHandle, asked: LookedFor, stat: Stat): Look {
  const target = directory.readlink(asked.name)
  const entry: Entry = staysInside(asked.path, target)
    ? { kind: 'symlink', target }
    : { kind: 'problem', why: 'SYMLINK', over: syncedOver(asked.previous) }
  return { found: 'entry', entry, stat, content: undefined }
}

/** A relative target that, read as text, never leaves the root. */
export function staysInside(path: Path, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false
  let depth = components(path).length - 1
  for (const part of target.split('/')) {
    if (part === '..') depth--
    else if (part !== '' && part !== '.') depth++
    if (depth < 0) return false
  }
  return true
}

function lookAtFile(directory: DirectoryHandle, asked: LookedFor, stat: Stat, rules: LookRules): Look {
  const { previous, name } = asked
  const known = previous?.kind === 'file' ? previous : undefined
  if (known !== undefined && asked.unchanged(stat)) {
    const mode = modeOf(stat, previous, rules)
    return { found: 'entry', entry: mode === known.mode ? known : { ...known, mode }, stat, content: undefined }
  }
  const handle = directory.read(name)
  try {
    // Read first, asked for writers after: whoever began to write before or while it was read still has it open then,
    // or has moved its times. The other way round a truncation between the two would be taken for content.
    const before = handle.stat()
    const bytes = before.size <= inlineHashBytes ? handle.read(0, before.size + 1) : undefined
    const sight = sightOf(handle, before, known, asked.closed)
    if (!asked.isBelieved(sight) || bytes === undefined) return { found: 'file', stat: before, sight }
    return wholeOf(handle, { before, bytes, previous }, rules) ?? { found: 'file', stat: before, sight }
  } finally {
    handle.close()
  }
}

function sightOf(handle: ReadHandle, stat: Stat, known: FileEntry | undefined, closed: boolean): Sight {
  const unwritten = handle.unwritten()
  if (unwritten === false) return 'open'
  if (stat.size === 0) return 'empty'
  if (unwritten === true || closed) return 'whole'
  return known !== undefined && stat.size < known.size ? 'shorter' : 'likely'
}

/** Undefined: it moved while it was read. */
function wholeOf(
  handle: ReadHandle,
  read: { readonly before: Stat; readonly bytes: Uint8Array; readonly previous: Entry | undefined },
  rules: LookRules,
): Look | undefined {
  const { before, bytes, previous } = read
  const after = handle.stat()
  if (bytes.length !== before.size || moved(before, after)) return undefined
  const mode = modeOf(after, previous, rules)
  const entry: FileEntry = { kind: 'file', mode, digest: rules.digest(bytes), size: bytes.length }
  const content = bytes.length <= inlineContentBytes ? { bytes, mtimeMs: after.mtimeMs } : undefined
  return { found: 'entry', entry, stat: after, content }
}

/** The mode of a file or directory. A disk that keeps none says nothing of it: what is known stands, or what is usual. */
export function modeOf(stat: Stat, previous: Entry | undefined, { modes }: LookRules): number {
  if (modes) return stat.mode & 0o777
  const known = previous?.kind === 'problem' ? previous.over : previous
  if (stat.kind === 'directory') return known?.kind === 'directory' ? known.mode : 0o755
  return known?.kind === 'file' ? known.mode : 0o644
}

/** True when the file may have changed between two stats. */
export function moved(a: Stat, b: Stat): boolean {
  return a.size !== b.size || a.mtimeMs !== b.mtimeMs || a.ctimeMs !== b.ctimeMs || a.inode !== b.inode
}

/** Unknown content over what was known: it freezes the path and everything agreed below it. */
export function problemOver(why: string, previous: Entry | undefined): Entry {
  return { kind: 'problem', why, over: syncedOver(previous) }
}

function problem(why: string, previous: Entry | undefined, stat: Stat): Look {
  return { found: 'entry', entry: problemOver(why, previous), stat, content: undefined }
}

function syncedOver(previous: Entry | undefined): SyncedEntry | undefined {
  const under = previous?.kind === 'problem' ? previous.over : previous
  return isSynced(under) ? under : undefined
}

const unknownStat: Stat = {
  kind: 'file',
  mode: 0,
  size: -1,
  mtimeMs: -1,
  ctimeMs: -1,
  inode: -1,
  device: -1,
  links: 0,
  owner: -1,
}

/** Undefined where nothing stands, or nothing can be told of it: why is for a look of its own. Throws what is said of the directory. */
export function lookedUp(handle: DirectoryHandle, name: string): Stat | undefined {
  try {
    return handle.lookup(name)
  } catch (error) {
    if (isOfOneName(error)) return undefined
    throw error
  }
}

/**
 * True for what the disk says of the one thing that was looked at, such as EIO, or ESTALE of a mount point. EACCES is said
 * of the directory it lies in.
 */
function isOfOneName(error: unknown): boolean {
  const code = codeOf(error)
  return (
    error instanceof SyncError &&
    code !== 'EACCES' &&
    code !== 'EPERM' &&
    code !== 'INVARIANT' &&
    !isAbsence(error) &&
    !isPassing(error)
  )
}

/** Codes that say that there is nothing. */
export function isAbsence(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP'
}

/** Codes that say a look failed for want of descriptors or memory: try again, change nothing. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof SyncError &&
    (error.code === 'EMFILE' || error.code === 'ENFILE' || error.code === 'ENOMEM' || error.code === 'EAGAIN')
  )
}
