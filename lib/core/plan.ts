import type { Digest, Digester, SyncedEntry } from './entry.ts'
import type {
  Conflict,
  ConflictKind,
  Move,
  Notice,
  Operation,
  Problem,
  Put,
  Remove,
  Side,
  Untaken,
} from './operation.ts'
import { isFile } from './operation.ts'
import type { Path } from './path.ts'
import type { Change, Tree } from './tree.ts'
import { shallow, withMove, withShallow } from './tree.ts'
import { UntakenChanges } from './untaken.ts'
import type { Versions } from './versions.ts'

/** The ancestor at a path became the shallow part of an entry, or nothing, or was moved with all below. */
export type AncestorChange = Change | Move

/**
 * What must happen so that both sides agree. Operations of a side are to be carried out in order: moves, each after the
 * new directories its target stands in; then creates and replaces, parents first, a type change as removes, remove, put;
 * then deletes, children first, so that content cloned from a path that goes is still there.
 *
 * A plan that moves a directory says nothing of what is below its new name: look at that `path` again when the move is
 * done, or could not be.
 */
export interface Plan {
  readonly toAlpha: readonly Operation[]
  readonly toBeta: readonly Operation[]
  /**
   * What both sides hold alike already, for `withAgreed`. Beside this the ancestor may take an operation that is done,
   * a move as a move, as long as the other side still holds the same.
   */
  readonly agreed: readonly AncestorChange[]
  readonly conflicts: readonly Conflict[]
  readonly notices: readonly Notice[]
  readonly problems: readonly Problem[]
  /** Of the side that only receives, where one does. */
  readonly untaken: readonly Untaken[]
}

/** The ancestor once these changes are entered, in order. */
export function withAgreed(ancestor: Tree, changes: readonly AncestorChange[]): Tree {
  return changes.reduce(
    (tree, change) =>
      'to' in change ? withMove(tree, change.from, change.to) : withShallow(tree, change.path, change.entry),
    ancestor,
  )
}

/** Where the rules write what they decide, what they compare directories with, and what they leave alone. */
export interface Writing {
  readonly draft: Draft
  readonly digester: Digester
  /** Directories that operations of this plan move there. */
  readonly moved: ReadonlySet<Path>
  /** Directories in all three trees, or new on both sides, whose children are still to be judged. */
  readonly directories: { readonly path: Path; readonly versions: Versions }[]
}

/** A plan while it is being written. */
export class Draft {
  /** Creates, replaces and type changes, in the order of the walk. */
  readonly #changes: Record<Side, (Put | Remove)[]> = { alpha: [], beta: [] }
  readonly #deletes: Record<Side, Remove[]> = { alpha: [], beta: [] }
  readonly #agreed: Change[] = []
  readonly #conflicts: Conflict[] = []
  readonly #notices: Notice[] = []
  readonly #problems: Problem[] = []
  readonly #untaken: UntakenChanges | undefined
  /** The side that only sends: nothing is changed there. */
  readonly source: Side | undefined

  constructor(source: Side | undefined) {
    this.source = source
    this.#untaken = source && new UntakenChanges(source)
  }

  put(side: Side, path: Path, before: SyncedEntry | undefined, after: SyncedEntry): void {
    if (side === this.source) return this.#untaken?.put(path, before === undefined)
    this.#changes[side].push({ kind: 'put', path, before: before && shallow(before), after: shallow(after) })
  }

  /** Removes what another kind of entry is about to replace. */
  clear(side: Side, path: Path, before: SyncedEntry): void {
    if (side === this.source) return this.#untaken?.remove(path)
    this.#changes[side].push({ kind: 'remove', path, before: shallow(before) })
  }

  delete(side: Side, path: Path, before: SyncedEntry): void {
    if (side === this.source) return this.#untaken?.remove(path)
    this.#deletes[side].push({ kind: 'remove', path, before: shallow(before) })
  }

  agree(path: Path, entry: SyncedEntry | undefined): void {
    this.#agreed.push({ path, entry: entry && shallow(entry) })
  }

  conflict(path: Path, kind: ConflictKind, { ancestor, alpha, beta }: Versions): void {
    this.#conflicts.push({
      path,
      kind,
      ancestor: ancestor && shallow(ancestor),
      alpha: alpha && shallow(alpha),
      beta: beta && shallow(beta),
    })
  }

  notice(notice: Notice): void {
    // What it deleted is not brought back to it.
    if (notice.kind === 'edit-beat-delete' && notice.side === this.source) return
    this.#notices.push(notice)
  }

  problem(problem: Problem): void {
    this.#problems.push(problem)
  }

  finish(moves: {
    readonly toAlpha: readonly Operation[]
    readonly toBeta: readonly Operation[]
    readonly agreed: readonly AncestorChange[]
    readonly notices: readonly Notice[]
  }): Plan {
    return {
      toAlpha: [...moves.toAlpha, ...this.#operations('alpha')],
      toBeta: [...moves.toBeta, ...this.#operations('beta')],
      agreed: [...moves.agreed, ...this.#agreed],
      conflicts: this.#conflicts,
      notices: [...moves.notices, ...this.#notices],
      problems: this.#problems,
      untaken: this.#untaken?.all() ?? [],
    }
  }

  /** The operations of a side in order; what it must receive and is about to delete elsewhere is cloned from there. */
  #operations(side: Side): Operation[] {
    const bases = new Map<Digest, Path>()
    for (const { path, before } of this.#deletes[side]) {
      if (isFile(before) && path < (bases.get(before.digest) ?? path + '/')) bases.set(before.digest, path)
    }
    return [
      ...this.#changes[side].map(change => (change.kind === 'put' ? withBasis(change, bases) : change)),
      ...this.#deletes[side],
    ]
  }
}

function withBasis(put: Put, bases: ReadonlyMap<Digest, Path>): Put {
  if (!isFile(put.after) || (isFile(put.before) && put.before.digest === put.after.digest)) return put
  const basis = bases.get(put.after.digest)
  return basis === undefined ? put : { ...put, basis }
}
