import type { Digest, Directory, Entry, FileEntry, SyncedEntry } from './entry.ts'
import type { Path } from './path.ts'

/**
 * What one side must change, one path at a time. Every operation names what it expects to find, so repeating it is
 * safe and nothing is replaced blindly. Entries are shallow: a directory's children are operations of their own.
 */
export type Operation = Put | Remove | MoveDirectory

/** Create (`before` undefined), replace (file or link by file or link), or change the mode of `path`. */
export interface Put {
  readonly kind: 'put'
  readonly path: Path
  readonly before: SyncedEntry | undefined
  readonly after: SyncedEntry
  /** A path on the receiver whose content has `after`'s digest already: cloned instead of sent. */
  readonly basis?: Path
  /** Why the version that stands there goes to the trash; `replaced` unless said. */
  readonly reason?: 'conflict-loser'
  /** What is replaced and deleted under one name comes back together; the side gives it one unless said. */
  readonly group?: string
  /** What a new path's modification time becomes (ms since 1970, from the source); a replaced path gets the moment of the swap. */
  readonly mtimeMs?: number
}

/** Move a file or link to the trash, or remove an emptied directory (what is untracked inside keeps it). */
export interface Remove {
  readonly kind: 'remove'
  readonly path: Path
  readonly before: SyncedEntry
  /** Why it goes to the trash; `deleted` unless said. */
  readonly reason?: 'conflict-loser'
  /** As in `Put`. */
  readonly group?: string
}

/** Rename a directory with all that is in it, ignored content too. `path` must be free. */
export interface MoveDirectory {
  readonly kind: 'move'
  readonly from: Path
  readonly path: Path
  readonly before: Directory
  /** One of several that break a circle: one of the two names is temporary, and the other side has never had it. */
  readonly aside?: true
}

export type Outcome =
  /** It stands as asked. */
  | { readonly result: 'done'; readonly path: Path }
  /** Something else than `before` stands there; nothing was lost; a change event says what it is. */
  | { readonly result: 'stale'; readonly path: Path }
  /** Somebody is writing there, or the event stream has more to say about it: a change event follows when it is quiet. */
  | { readonly result: 'busy'; readonly path: Path }
  /** The directory holds untracked entries and stays as one itself. */
  | { readonly result: 'kept'; readonly path: Path }
  /** The content is not here: send it again. */
  | { readonly result: 'needs'; readonly path: Path; readonly digest: Digest }
  /** A guard of this side holds it until `approve`. */
  | { readonly result: 'held'; readonly path: Path; readonly guard: GuardKind }
  /** The disk refused. `problem` waits for a change or a person; `retry` (disk full, too many files) for time. */
  | {
      readonly result: 'failed'
      readonly path: Path
      readonly code: string
      readonly message: string
      readonly verdict: 'retry' | 'problem'
    }

/** What makes dsync stop and ask. */
export type GuardKind = 'root-missing' | 'root-replaced' | 'root-emptied' | 'mass-delete' | 'first-sync' | 'trash-full'

/** A path changed on both sides in ways that do not agree. */
export interface Conflict {
  readonly path: Path
  readonly kind: ConflictKind
  /** What both sides last agreed on, and what each holds now. */
  readonly ancestor: Entry | undefined
  readonly alpha: Entry | undefined
  readonly beta: Entry | undefined
}

/** `content`: two edits · `type`: file against directory or link · `mode`: two different modes · `move`: two names for one. */
export type ConflictKind = 'content' | 'type' | 'mode' | 'move'

/** Something a person should know that needs no decision. */
export interface Notice {
  readonly path: Path
  /**
   * `edit-beat-delete`: the edit was restored on both sides · `moved-twice`: both new names exist · `kept-untracked`: see
   * Outcome `kept` · `recovered`: somebody's version has no place and lies in the trash · `rules`: other ignore rules made
   * something else of paths.
   */
  readonly kind: 'edit-beat-delete' | 'moved-twice' | 'kept-untracked' | 'recovered' | 'rules'
  /** Whose delete did not stand, whose new name this is, in whose trash it lies, or whose rules they are. */
  readonly side?: Side
  /** What happened, as part of a sentence, and what was recovered, by its id in the trash. */
  readonly why?: string
  readonly trash?: string
}

/** A change of the side that only receives: it stays there, alone, until a person decides. */
export interface Untaken {
  readonly path: Path
  /** Who made it. */
  readonly side: Side
  /** `added` and `deleted` stand for all below, too. */
  readonly how: 'added' | 'changed' | 'deleted'
}

/** A path that cannot be synced for now, and why; other paths go on. */
export interface Problem {
  readonly path: Path
  readonly side: Side
  readonly why: string
}

/** The two replicas of a session. */
export type Side = 'alpha' | 'beta'

export function otherSide(side: Side): Side {
  return side === 'alpha' ? 'beta' : 'alpha'
}

/**
 * A directory that a replica recognised under a new name by its device and inode. Moves in a list happened one after
 * another; each names its directory as it was called by then.
 */
export interface Move {
  readonly from: Path
  readonly to: Path
}

/** A file's whole content as it was hashed, with its time of modification (ms since 1970). */
export interface Content {
  readonly bytes: Uint8Array
  readonly mtimeMs: number
}

export function isFile(entry: Entry | undefined): entry is FileEntry {
  return entry !== undefined && entry.kind === 'file'
}
