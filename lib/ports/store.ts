import type { Change, Tree } from '../core/tree.ts'
import type { Entry } from '../core/entry.ts'
import type { ConflictKind, Move } from '../core/operation.ts'
import type { Path } from '../core/path.ts'

/**
 * What a session must remember: the ancestor, in two layers. The durable layer holds what both disks are known to
 * hold after a power cut; the journal on top holds what both sides acknowledged since. The journal is trusted only
 * while neither host has started anew since it was begun.
 */
export interface SessionStore {
  /**
   * Reads back the ancestor. `boots` are the boot ids of both hosts now: when either differs from those the journal was
   * written under, the journal is dropped. A damaged store comes back empty with `damaged` true: content is compared
   * anew and no deletion is inferred.
   */
  load(boots: Boots): Promise<{
    readonly ancestor: Tree | undefined
    readonly conflicts: readonly StoredConflict[]
    readonly damaged: boolean
  }>
  /** Adds to the journal, in order, at once (written through to the store, not waited for). */
  append(changes: readonly AncestorChange[]): void
  /** All journal lines up to now (a mark returned by `mark`) are durable on both sides: they join the durable layer. */
  fold(mark: number): void
  /** The journal's present end. */
  mark(): number
  saveConflict(conflict: StoredConflict): void
  removeConflict(path: Path): void
  /** Forgets everything of this session. */
  clear(): void
  /** Resolves when everything given so far is written. Rejects once with what went wrong with any of it. */
  settled(): Promise<void>
  close(): Promise<void>
}

export interface Boots {
  readonly alpha: string
  readonly beta: string
}

/** The ancestor at a path became the shallow part of `entry` (a directory keeps its children), or nothing, or was moved with all below. */
export type AncestorChange = Change | Move

/** A conflict as listed, which must survive a restart. Entries are shallow. */
export interface StoredConflict {
  readonly path: Path
  readonly kind: ConflictKind
  /** ms since 1970 */
  readonly since: number
  readonly ancestor: Entry | undefined
  readonly alpha: Entry | undefined
  readonly beta: Entry | undefined
  /** Absolute path of the other side's version on each host, once kept. */
  readonly copies: { readonly alpha: string | undefined; readonly beta: string | undefined }
}
