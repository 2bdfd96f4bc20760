import { createHash } from 'node:crypto'
import type {
  Digest,
  Directory,
  Entry,
  FileEntry,
  ProblemEntry,
  SymlinkEntry,
  UntrackedEntry,
} from '../../lib/core/entry.ts'
import { isDirectory } from '../../lib/core/entry.ts'
import { children, directory } from '../../lib/core/tree.ts'

/** SHA-256 by Node. */
export function digest(bytes: Uint8Array): Digest {
  return createHash('sha256').update(bytes).digest('hex')
}

export interface Mode {
  readonly mode?: number
}

/** A file of some text. */
export function file(text: string, { mode = 0o644 }: Mode = {}): FileEntry {
  const bytes = new TextEncoder().encode(text)
  return { kind: 'file', mode, digest: digest(bytes), size: bytes.length }
}

export function link(target: string): SymlinkEntry {
  return { kind: 'symlink', target }
}

/** A directory, and so a tree: `dir({ a: file('1'), d: dir({}) })`. */
export function dir(entries: Readonly<Record<string, Entry>>, { mode = 0o755 }: Mode = {}): Directory {
  return directory(mode, Object.entries(entries))
}

export function untracked(why: UntrackedEntry['why'] = 'ignored'): UntrackedEntry {
  return { kind: 'untracked', why }
}

export function problem(over?: Entry, why = 'EACCES'): ProblemEntry {
  return { kind: 'problem', why, over }
}

/** An entry as plain text, names sorted: for comparing by assert and reading what differs. */
export function show(entry: Entry | undefined): unknown {
  if (!isDirectory(entry)) return entry === undefined ? 'nothing' : showLeaf(entry)
  const below = [...children(entry)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, child]) => [name, show(child)])
  return { [`directory ${entry.mode.toString(8)}`]: Object.fromEntries(below) }
}

function showLeaf(entry: Exclude<Entry, Directory>): string {
  switch (entry.kind) {
    case 'file':
      return `file ${entry.mode.toString(8)} ${entry.digest.slice(0, 8)}`
    case 'symlink':
      return `symlink ${entry.target}`
    case 'untracked':
      return `untracked ${entry.why}`
    case 'problem':
      return `problem ${entry.why}`
  }
}
