/** SHA-256 in lower-case hexadecimal, 64 characters. */
export type Digest = string

/** Computes the SHA-256 of some bytes. Core is handed one; it imports no cryptography. */
export type Digester = (bytes: Uint8Array) => Digest

/** A regular file as every replica sees it. `mode` holds permission bits only (0–0777); `size` is in bytes. */
export interface FileEntry {
  readonly kind: 'file'
  readonly mode: number
  readonly digest: Digest
  readonly size: number
}

/** A symbolic link, its target kept as opaque text and never followed. */
export interface SymlinkEntry {
  readonly kind: 'symlink'
  readonly target: string
}

/** A directory with its children in pages. Immutable; unchanged children are shared between trees. */
export interface Directory {
  readonly kind: 'directory'
  readonly mode: number
  readonly children: Page
}

/**
 * The children of a directory: up to 256 in one leaf sorted by name; more are split into sixteen pages by the hash of
 * the name, level by level. The shape depends on the set of names alone, never on the order of changes, so equal
 * directories have equal pages and digests. One change copies one leaf and the few branches above it.
 */
export type Page = Leaf | Branch

export interface Leaf {
  readonly names: readonly string[]
  readonly entries: readonly Entry[]
  /** Entries below, at any depth, untracked ones left out: what guards and progress count. */
  readonly weight: number
  /** Memo of `pageDigest`. */
  digest: Digest | undefined
}

export interface Branch {
  readonly pages: readonly Page[]
  /** Entries of this directory in all pages below. */
  readonly count: number
  readonly weight: number
  digest: Digest | undefined
}

/**
 * Present but not synced: left alone, outside every digest. `kept` is a directory that holds nothing but such entries:
 * one that was deleted, or one that never held more. It is entered as a directory again when something synced comes.
 */
export interface UntrackedEntry {
  readonly kind: 'untracked'
  readonly why: 'ignored' | 'fifo' | 'socket' | 'device' | 'kept'
}

/** Present, but unknown: it freezes its path. `over` is what both sides last agreed stood there. */
export interface ProblemEntry {
  readonly kind: 'problem'
  /** An errno name or one of our codes: `EACCES`, `MOUNT`, `SYMLINK`. */
  readonly why: string
  readonly over: Entry | undefined
}

export type Entry = FileEntry | SymlinkEntry | Directory | UntrackedEntry | ProblemEntry

/** An entry both sides can hold alike. */
export type SyncedEntry = FileEntry | SymlinkEntry | Directory

export function isSynced(entry: Entry | undefined): entry is SyncedEntry {
  return entry !== undefined && (entry.kind === 'file' || entry.kind === 'symlink' || entry.kind === 'directory')
}

export function isIgnored(entry: Entry | undefined): boolean {
  return entry?.kind === 'untracked' && entry.why === 'ignored'
}

export function isDirectory(entry: Entry | undefined): entry is Directory {
  return entry !== undefined && entry.kind === 'directory'
}
