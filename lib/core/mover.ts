import { isDirectory, isIgnored } from './entry.ts'
import type { Operation, Side } from './operation.ts'
import { otherSide } from './operation.ts'
import type { Path } from './path.ts'
import { isWithin, join, overlaps, parentOf, rebase } from './path.ts'
import type { AncestorChange } from './plan.ts'
import type { Tree } from './tree.ts'
import { at, shallow, withMove, withShallow } from './tree.ts'
import type { DirectoryVersions } from './versions.ts'
import { agreedDirectory } from './versions.ts'

/** A directory of the ancestor that one side or both know under another name. */
export interface PendingMove {
  /** Its name in the ancestor. */
  readonly from: Path
  /** Its name on each side that moved it. */
  readonly to: Readonly<Record<Side, Path | undefined>>
}

interface Pending {
  readonly move: PendingMove
  from: Path
  readonly to: Record<Side, Path | undefined>
  /** It waits under a temporary name for another to leave its place. */
  isAside: boolean
}

/** The name a directory of a swap or a chain has for a moment. */
const asideName = '.dsync-move-'

/**
 * Carries directory moves over to trees: to the ancestor, and to the side that has not made them. What is left over is
 * told by `left`: its place is taken, its source gone, or its new parent not there. It travels as delete and create.
 */
export class Mover {
  /** As they will be once the operations are done. */
  readonly trees: Record<'ancestor' | Side, Tree>
  readonly operations: Record<Side, Operation[]> = { alpha: [], beta: [] }
  readonly agreed: AncestorChange[] = []
  /** New places of what operations of a side move: nothing there or below is decided before they are done. */
  readonly moved: Record<Side, Set<Path>> = { alpha: new Set(), beta: new Set() }
  readonly #pending: Set<Pending>

  constructor(trees: DirectoryVersions, moves: readonly PendingMove[]) {
    this.trees = { ancestor: trees.ancestor, alpha: trees.alpha, beta: trees.beta }
    this.#pending = new Set(moves.map(move => ({ move, from: move.from, to: { ...move.to }, isAside: false })))
  }

  /**
   * Moves all that can be moved, in whatever order works: what stands in the way of one may itself be about to leave.
   * @param mayStepAside whether temporary names may break a circle
   */
  run(mayStepAside: boolean): void {
    for (;;) {
      const before = this.#pending.size
      for (const pending of this.#pending) this.#carryChain(pending)
      if (this.#pending.size < before) continue
      const stuck = mayStepAside ? this.#find(pending => this.#isInCircle(pending)) : undefined
      if (stuck === undefined) return
      stuck.isAside = true
      this.#move(stuck, this.#freeName(parentOf(stuck.from)))
    }
  }

  /** Moves not carried over, with the names they had at the end. */
  get left(): readonly PendingMove[] {
    return [...this.#pending].map(({ from, to }) => ({ from, to }))
  }

  /** Moves that got a temporary name and never left it: they must not be tried. */
  get stranded(): readonly PendingMove[] {
    return [...this.#pending].filter(pending => pending.isAside).map(pending => pending.move)
  }

  /** Carries one over, then what waited for its place, and so on. */
  #carryChain(first: Pending): void {
    let freed: Path | undefined
    for (
      let next: Pending | undefined = first;
      next !== undefined;
      next = this.#find(({ to }) => to.alpha === freed || to.beta === freed)
    ) {
      freed = next.from
      if (!this.#carry(next)) return
    }
  }

  #carry(pending: Pending): boolean {
    const { from } = pending
    const follower = followerOf(pending)
    const target = this.#targetOf(pending)
    if (target === undefined || isWithin(target, from)) return false
    if (at(this.trees.ancestor, target) !== undefined) return false
    if (follower !== undefined && (at(this.trees[follower], target) !== undefined || !this.#isUnmoved(from, follower)))
      return false
    if (this.#isUnsettled(from, follower) || this.#isUnsettled(target, follower)) return false
    const parents = this.#missingParents(target, follower)
    if (parents === undefined) return false
    this.#pending.delete(pending)
    for (const parent of parents) this.#makeParent(parent, follower)
    this.#move(pending, target)
    return true
  }

  /** Where the directory is to go, if all trees have it where they should. */
  #targetOf({ from, to }: Pending): Path | undefined {
    const follower = followerOf({ to })
    if (to.alpha !== undefined && to.beta !== undefined && to.alpha !== to.beta) return undefined
    const target = to.alpha ?? to.beta
    if (target === undefined || !isDirectory(at(this.trees.ancestor, from))) return undefined
    if (follower !== undefined && !isDirectory(at(this.trees[follower], from))) return undefined
    if (this.#isForgotten(from)) return undefined
    const leaders: Side[] = follower === undefined ? ['alpha', 'beta'] : [otherSide(follower)]
    return leaders.every(side => isDirectory(at(this.trees[side], target))) ? target : undefined
  }

  /** True below what a side ignores: its common past ends with this plan, so nothing can be carried out of it. */
  #isForgotten(path: Path): boolean {
    for (let above = parentOf(path); above !== ''; above = parentOf(above)) {
      if (isIgnored(at(this.trees.alpha, above)) || isIgnored(at(this.trees.beta, above))) return true
    }
    return false
  }

  /** True when the follower calls the directory what the ancestor calls it: no move of its own is pending there or above. */
  #isUnmoved(path: Path, follower: Side): boolean {
    const mover = this.#find(({ from, to }) => {
      const name = to[follower]
      return name !== undefined && (isWithin(path, from) || isWithin(path, name))
    })
    return mover === undefined
  }

  /** True when only other moves, or the directory itself, stand in the way. */
  #isInCircle(pending: Pending): boolean {
    const target = this.#targetOf(pending)
    const follower = followerOf(pending)
    if (target === undefined || pending.isAside || this.#isUnsettled(pending.from, follower)) return false
    if (follower !== undefined && !this.#isUnmoved(pending.from, follower)) return false
    return this.#find(other => overlaps(other.from, target)) !== undefined
  }

  #find(fits: (pending: Pending) => boolean): Pending | undefined {
    for (const pending of this.#pending) if (fits(pending)) return pending
    return undefined
  }

  /** The directories above `target` that must be made or agreed first; undefined when that cannot be. */
  #missingParents(target: Path, follower: Side | undefined): Path[] | undefined {
    const missing: Path[] = []
    for (let above = parentOf(target); above !== ''; above = parentOf(above)) {
      // What is called so now is about to be called something else, or the other way round.
      if (this.#find(({ from, to }) => from === above || to.alpha === above || to.beta === above) !== undefined)
        return undefined
      const known = at(this.trees.ancestor, above)
      const alpha = isDirectory(at(this.trees.alpha, above))
      const beta = isDirectory(at(this.trees.beta, above))
      if (isDirectory(known) && alpha && beta) continue
      const canBeAgreed = alpha && beta && !this.#isUnsettled(above, undefined)
      const canBeMade = follower !== undefined && at(this.trees[follower], above) === undefined
      if (known !== undefined || !(canBeAgreed || canBeMade)) return undefined
      missing.unshift(above)
    }
    return missing
  }

  #makeParent(path: Path, follower: Side | undefined): void {
    const alpha = at(this.trees.alpha, path)
    const beta = at(this.trees.beta, path)
    if (isDirectory(alpha) && isDirectory(beta)) {
      const entry = agreedDirectory(alpha, beta)
      this.trees.ancestor = withShallow(this.trees.ancestor, path, entry)
      this.agreed.push({ path, entry })
      return
    }
    const after = alpha ?? beta
    if (follower === undefined || !isDirectory(after)) return
    this.operations[follower].push({ kind: 'put', path, before: undefined, after: shallow(after) })
    this.trees.ancestor = withShallow(this.trees.ancestor, path, after)
    this.trees[follower] = withShallow(this.trees[follower], path, after)
  }

  #move(moving: Pending, to: Path): void {
    const { from, isAside } = moving
    const follower = followerOf(moving)
    if (follower === undefined) this.agreed.push({ from, to })
    else {
      const before = at(this.trees[follower], from)
      if (!isDirectory(before)) return
      const aside = isAside ? ({ aside: true } as const) : {}
      this.operations[follower].push({ kind: 'move', from, path: to, before: shallow(before), ...aside })
      this.trees[follower] = withMove(this.trees[follower], from, to)
      this.moved[follower].add(to)
    }
    this.trees.ancestor = withMove(this.trees.ancestor, from, to)
    for (const pending of this.#pending) {
      if (isWithin(pending.from, from)) pending.from = rebase(pending.from, from, to)
      const name = follower && pending.to[follower]
      if (follower !== undefined && name !== undefined && isWithin(name, from))
        pending.to[follower] = rebase(name, from, to)
    }
  }

  /** True for what the other side is to move, and below it: nobody knows which of the two sides is done first. */
  #isUnsettled(path: Path, follower: Side | undefined): boolean {
    for (let above = path; above !== ''; above = parentOf(above)) {
      if (follower !== 'alpha' && this.moved.alpha.has(above)) return true
      if (follower !== 'beta' && this.moved.beta.has(above)) return true
    }
    return false
  }

  #freeName(parent: Path): Path {
    for (let n = 1; ; n++) {
      const path = join(parent, `${asideName}${n}`)
      if (Object.values(this.trees).every(tree => at(tree, path) === undefined)) return path
    }
  }
}

/** The side that has not made the move; undefined when both have. */
function followerOf({ to }: { readonly to: PendingMove['to'] }): Side | undefined {
  if (to.alpha === undefined) return 'alpha'
  return to.beta === undefined ? 'beta' : undefined
}
