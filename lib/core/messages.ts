import type { Digest, Entry } from './entry.ts'
import type { IgnoreReason } from './ignore-rules.ts'
import type { Content, GuardKind, Move, Operation, Outcome } from './operation.ts'
import type { Path } from './path.ts'
import type { RuleChanges } from './rule-change.ts'
import type { Tree } from './tree.ts'

/**
 * What a session says to a replica. Commands are carried out in order, except that `read`, `stage`, `reserve`
 * and `received` may be answered while a later command is under way. Each is safe to repeat.
 */
export type ReplicaCommand =
  /** Carry out operations in order; answered by one `outcomes` with the same batch number. */
  | {
      readonly type: 'apply'
      readonly batch: number
      readonly operations: readonly Operation[]
      readonly contents: ReadonlyMap<Digest, Content>
    }
  /** Send up to `length` bytes of the file at `path` from `offset`, if it still has that digest; answered by `content`. */
  | {
      readonly type: 'read'
      readonly id: number
      readonly path: Path
      readonly digest: Digest
      readonly offset: number
      readonly length: number
    }
  /** Keep a piece of content in a slot until an operation needs it; answered by `staged` after the last piece. */
  | {
      readonly type: 'stage'
      readonly digest: Digest
      readonly size: number
      readonly offset: number
      readonly bytes: Uint8Array
    }
  /**
   * Make a slot for content that another program will write, with what may be like it: what came of it before, or the
   * file at `path`. Answered by `reserved`, or by `staged` when the content is here already.
   */
  | {
      readonly type: 'reserve'
      readonly id: number
      readonly digest: Digest
      readonly size: number
      readonly path: Path
    }
  /** The slot of an earlier `reserve` was written: is it that content? Answered by `staged`. */
  | { readonly type: 'received'; readonly digest: Digest; readonly size: number; readonly slot: string }
  /**
   * Store the other side's version of a conflicting path under the kit's home; replaces the copy of an earlier version of
   * that host, and no other's. Answered by `kept`.
   */
  | {
      readonly type: 'keep'
      readonly id: number
      readonly path: Path
      readonly host: string
      readonly version: Entry
      readonly content: Content | undefined
    }
  /** The conflict at `path` with that host is over: its copy goes to the trash; without a host, the copies of all. */
  | { readonly type: 'release'; readonly path: Path; readonly host: string | undefined }
  /** Everything that happened on this side before now must have been sent before the answer `fenced`. `verify` lists the whole root again. */
  | { readonly type: 'fence'; readonly id: number; readonly verify: boolean }
  /** Make everything applied so far durable; answered by `durable`. */
  | { readonly type: 'checkpoint'; readonly id: number }
  /**
   * No default rule ignores these paths from now on, on this side as on the other, which is `host`; `theirs` of them are
   * named by git's indexes on other hosts than this. Takes the place of what was said before for that host.
   */
  | {
      readonly type: 'exempt'
      readonly host: string
      readonly paths: readonly Path[]
      readonly theirs: readonly Path[]
    }
  /** A person lifts a guard of this replica. */
  | { readonly type: 'approve'; readonly guard: GuardKind }
  /** A person's question or order outside the loop of changes (trash, undo, copies); answered by `answer`. */
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }

/** Orders and questions about one host's trash, conflict copies and content. */
export type Question =
  | { readonly about: 'trash'; readonly path: Path | undefined; readonly limit: number }
  /** Let go of what the trash need not keep any longer; `isTrial`: only say what that is. */
  | { readonly about: 'clean'; readonly isTrial: boolean }
  /** Put one version from the trash back at its path, as if its user had saved it; what stands there goes to the trash. */
  | { readonly about: 'restore'; readonly trash: readonly string[] }
  /** A problem or copy's text for `diff`: at most `limit` bytes of a path or of the copy kept for it. */
  | { readonly about: 'text'; readonly path: Path; readonly of: 'file' | 'copy'; readonly limit: number }
  /** When the entry at a path was last modified, by that host's clock (`resolve --newest`). */
  | { readonly about: 'time'; readonly path: Path }
  /** Write the copy kept of that host's version of `path` beside it, under a name with host and time (`resolve --both`). */
  | { readonly about: 'place-copy'; readonly path: Path; readonly host: string }
  /** By which rule this side leaves a path alone. */
  | { readonly about: 'rule'; readonly path: Path }
  /** What other ignore settings would make of what is known; in the words of `ignoreText`. */
  | { readonly about: 'rules'; readonly settings: string }
  /**
   * Read what stands at and below a path anew, trusting nothing that is known, and say where it is not what the tree
   * says. An answer covers a bounded piece; `after` goes on where it ended. `again`: look at the path alone; what still
   * differs there is noted as changed.
   */
  | { readonly about: 'verify'; readonly path: Path; readonly after: Path | undefined; readonly again: boolean }

export type Answer =
  | { readonly about: 'trash'; readonly items: readonly TrashItem[] }
  | ({ readonly about: 'clean' } & Cleaned)
  | {
      readonly about: 'restore'
      readonly restored: readonly Path[]
      readonly refused: readonly { readonly path: Path; readonly why: string }[]
    }
  | { readonly about: 'text'; readonly text: Uint8Array | undefined }
  | { readonly about: 'time'; readonly mtimeMs: number | undefined }
  | { readonly about: 'place-copy'; readonly placed: Path | undefined }
  | { readonly about: 'rule'; readonly reason: IgnoreReason | undefined; readonly exemption: Exemption | undefined }
  | { readonly about: 'rules'; readonly changes: RuleChanges }
  /** `after`: go on from there, unless it is `done`. */
  | ({ readonly about: 'verify'; readonly done: boolean; readonly after: Path | undefined } & Verified)
  | { readonly about: 'error'; readonly code: string; readonly message: string }

/** Why a default does not ignore a path. */
export interface Exemption {
  /** The default that would. */
  readonly rule: IgnoreReason
  /** The directory of the repository whose index on this host names it; undefined: another host's does, or did until lately. */
  readonly repository: Path | undefined
}

/** What went from a trash, and what stays in it. */
export interface Cleaned {
  readonly items: number
  readonly bytes: number
  readonly bytesLeft: number
}

/** What reading a part of a root anew found. */
export interface Verified {
  /** Entries looked at, and bytes read. */
  readonly entries: number
  readonly bytes: number
  readonly differing: readonly Difference[]
}

/** A path where the disk does not hold what the tree says; both entries shallow. A file that moved while it was read is a problem `BUSY`. */
export interface Difference {
  readonly path: Path
  readonly known: Entry | undefined
  readonly found: Entry | undefined
}

/** One version that dsync replaced or deleted. */
export interface TrashItem {
  /** Unique on its host; sorts by time. */
  readonly id: string
  readonly path: Path
  /** The entry as it stood, shallow. */
  readonly entry: Entry
  /** When it was put here (ms since 1970). */
  readonly at: number
  readonly why: TrashReason
  /** Items of one plan share this: `undo` brings them back together. */
  readonly group: string
}

export type TrashReason = 'replaced' | 'deleted' | 'conflict-loser' | 'copy' | 'recovered' | 'undone'

/**
 * What a replica says to a session, in one ordered stream: each event describes the replica as it is after all events
 * before it. `tree` is the whole snapshot; where nothing changed it shares the objects of the one before.
 */
export type ReplicaEvent =
  /** First event: the root has been scanned. */
  | { readonly type: 'ready'; readonly tree: Tree; readonly facts: ReplicaFacts; readonly tracked: Tracked }
  /** Paths changed by others than this session. Moves happened in this order, before the changes. */
  | {
      readonly type: 'changed'
      readonly tree: Tree
      readonly paths: readonly Path[]
      readonly moves: readonly Move[]
      readonly contents: ReadonlyMap<Digest, Content>
    }
  | { readonly type: 'outcomes'; readonly batch: number; readonly tree: Tree; readonly outcomes: readonly Outcome[] }
  /** `bytes` undefined: the path no longer has that digest (a change event says what it has). */
  | { readonly type: 'content'; readonly id: number; readonly bytes: Uint8Array | undefined; readonly mtimeMs: number }
  /** The slot is complete and verified, or what arrived was not the digest it was sent as. */
  | {
      readonly type: 'staged'
      readonly digest: Digest
      readonly offset: number
      readonly state: 'more' | 'complete' | 'wrong' | 'full'
    }
  /** Where the slot is on this side's host, an absolute path, and how many bytes are in it; undefined: the disk refused. */
  | { readonly type: 'reserved'; readonly id: number; readonly slot: string | undefined; readonly held: number }
  | { readonly type: 'kept'; readonly id: number; readonly copy: string | undefined; readonly why: string | undefined }
  | { readonly type: 'fenced'; readonly id: number; readonly waiting: readonly Path[] }
  | { readonly type: 'durable'; readonly id: number }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  /** Git's indexes name other paths than before. */
  | { readonly type: 'tracked'; readonly tracked: Tracked }
  /** A guard of this side stops it, or lets it go on. */
  | {
      readonly type: 'guard'
      readonly guard: GuardKind
      readonly state: 'held' | 'lifted'
      readonly paths: readonly Path[]
      readonly why: string
    }
  /** Something this side noticed for people: a fallback, a shortfall of watches, or, with its id in the trash, a version that somebody wrote and that has no place. */
  | {
      readonly type: 'remark'
      readonly code: string
      readonly path: Path
      readonly why: string
      readonly trash: string | undefined
    }
  /** Last event: the link or the replica is gone. */
  | { readonly type: 'closed'; readonly code: string; readonly why: string; readonly verdict: 'retry' | 'halt' | 'bug' }

/**
 * Paths that a default rule would ignore and does not: those that git's indexes name, on this side or on hosts beyond
 * it, and others that are exempt here until both sides hold the same there.
 */
export interface Tracked {
  readonly named: readonly Path[]
  readonly others: readonly Path[]
}

export const noneTracked: Tracked = { named: [], others: [] }

/** What a session needs to know about a replica's host and disk. */
export interface ReplicaFacts {
  readonly host: string
  /** Changes at every start of the host's system. */
  readonly bootId: string
  /** Two names that the disk takes for one: undecided content cannot stand beside each other. */
  readonly caseSensitive: boolean
  readonly normalising: boolean
  /** `exchange`, `aside` or `copy`: how a file is replaced on this root. */
  readonly swap: string
  /** `inotify`, `fs-watch`, `fsevents`, `chokidar`, `polling`. */
  readonly watcher: string
  /** Where staging and trash lie: `home` or `root`. */
  readonly staging: string
  /** True when the root did not exist and was made for the first sync. */
  readonly created: boolean
}
