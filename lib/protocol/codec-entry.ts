import type { Directory, Entry, SyncedEntry, UntrackedEntry } from '../core/entry.ts'
import { isDirectory, isSynced } from '../core/entry.ts'
import { emptyPage } from '../core/page.ts'
import { targetBytesLimit } from './bounds.ts'
import type { Codec } from './codec.ts'
import { choice, digest, mode, optional, size, text, words } from './codec.ts'
import { violation } from './violation.ts'

/** What an entry, or a row of a tree, is on the wire. */
export const wireKind = { file: 1, symlink: 2, directory: 3, untracked: 4, problem: 5 } as const

/** A link's target: opaque, not empty, without NUL, and no longer than a disk keeps. */
export const target: Codec<string> = {
  encode: text.encode,
  decode: wire => {
    const value = text.decode(wire)
    if (value === '' || value.length > targetBytesLimit || value.includes('\0'))
      throw violation('it sent a link target that is empty, too long or holds a NUL byte')
    return value
  },
}

export const untrackedWhy: Codec<UntrackedEntry['why']> = choice('ignored', 'fifo', 'socket', 'device', 'kept')

/** An entry without what lies below it. */
export const shallowEntry: Codec<Entry> = {
  encode: encodeEntry,
  decode: wire => decodeEntry(wire, 0),
}

function encodeEntry(entry: Entry): readonly unknown[] {
  switch (entry.kind) {
    case 'file':
      return [wireKind.file, entry.mode, digest.encode(entry.digest), entry.size]
    case 'symlink':
      return [wireKind.symlink, target.encode(entry.target)]
    case 'directory':
      return [wireKind.directory, entry.mode]
    case 'untracked':
      return [wireKind.untracked, entry.why]
    case 'problem':
      return [wireKind.problem, words.encode(entry.why), optional(shallowEntry).encode(entry.over)]
  }
}

function decodeEntry(wire: unknown, depth: number): Entry {
  const [kind, ...fields] = Array.isArray(wire) ? wire : []
  switch (kind) {
    case wireKind.file:
      expectFields(fields, 3)
      return {
        kind: 'file',
        mode: mode.decode(fields[0]),
        digest: digest.decode(fields[1]),
        size: size.decode(fields[2]),
      }
    case wireKind.symlink:
      expectFields(fields, 1)
      return { kind: 'symlink', target: target.decode(fields[0]) }
    case wireKind.directory:
      expectFields(fields, 1)
      return { kind: 'directory', mode: mode.decode(fields[0]), children: emptyPage }
    case wireKind.untracked:
      expectFields(fields, 1)
      return { kind: 'untracked', why: untrackedWhy.decode(fields[0]) }
    case wireKind.problem: {
      expectFields(fields, 2)
      if (depth > 2) throw violation('it sent a problem over a problem over a problem')
      const over = fields[1] === null ? undefined : decodeEntry(fields[1], depth + 1)
      return { kind: 'problem', why: words.decode(fields[0]), over }
    }
    default:
      throw violation('it sent an entry of a kind we do not know')
  }
}

function expectFields(fields: readonly unknown[], count: number): void {
  if (fields.length !== count) throw violation('it sent an entry with too many or too few fields')
}

export const syncedEntry: Codec<SyncedEntry> = narrowed(shallowEntry, isSynced)

export const directoryEntry: Codec<Directory> = narrowed(shallowEntry, isDirectory)

function narrowed<T extends Entry>(codec: Codec<Entry>, accepts: (entry: Entry) => entry is T): Codec<T> {
  return {
    encode: entry => codec.encode(entry),
    decode: wire => {
      const entry = codec.decode(wire)
      if (!accepts(entry)) throw violation(`it sent a ${entry.kind} entry where none may stand`)
      return entry
    },
  }
}
