import { holdsOnlyUntracked } from '../carry.ts'
import type { Digester, Entry } from '../entry.ts'
import { isDirectory } from '../entry.ts'
import { emptyPage } from '../page.ts'
import type { Operation, Problem, Side } from '../operation.ts'
import { otherSide } from '../operation.ts'
import type { Path } from '../path.ts'
import { parentOf } from '../path.ts'
import { reconcile } from '../reconcile.ts'
import type { Tree } from '../tree.ts'
import { at, child, differences, withChild, withEntry, withShallow } from '../tree.ts'
import type { DirectoryVersions } from '../versions.ts'
import { agreedDirectory } from '../versions.ts'

/** A person's order: what one side holds at and below a path is to stand on the other side too. */
export interface Override {
  readonly path: Path
  /** Whose version counts. */
  readonly take: Side
}

/** What carrying out an override comes to. */
export interface OverridePlan {
  /** The ancestor that makes the winner's version the only change. */
  readonly past: Tree
  /** On the losing side, the only one that changes, in order. */
  readonly operations: readonly Operation[]
  /** Paths that stay as they are: something untracked stands there, or a side cannot tell what stands there. */
  readonly left: readonly Left[]
}

export interface Left extends Pick<Problem, 'path' | 'why'> {
  /** The side whose entry is in the way; undefined: both may be. */
  readonly side?: Side
}

/**
 * The rules for everything, applied to another past: what the loser holds counts as agreed, so that the winner's version
 * is the only change. The path's parents must be directories on both sides.
 */
export function overridePlan(override: Override, trees: DirectoryVersions, digester: Digester): OverridePlan {
  const { path, take } = override
  const past = overriddenPast(override, trees, digester)
  const scope = [path]
  const plan = reconcile({ ...trees, ancestor: past, moves: { alpha: [], beta: [] }, digester, scope })
  const blocked = plan.conflicts.map(({ path: at }): Left => ({ path: at, why: 'UNTRACKED' }))
  const operations = take === 'alpha' ? plan.toBeta : plan.toAlpha
  const isIdle = operations.length + blocked.length === 0
  if (isIdle && [trees.alpha, trees.beta].some(tree => isLeftAlone(at(tree, path))))
    blocked.push({ path, why: 'UNTRACKED' })
  return {
    past,
    operations,
    left: [...blocked, ...plan.problems.filter(({ why }) => why !== 'PENDING')],
  }
}

/** The topmost parent of a path that is not a directory on both sides: what is below it cannot be taken alone. */
export function partedAbove(path: Path, { alpha, beta }: { readonly alpha: Tree; readonly beta: Tree }) {
  return parentsOf(path).find(parent => !isDirectory(at(alpha, parent)) || !isDirectory(at(beta, parent)))
}

function overriddenPast({ path, take }: Override, trees: DirectoryVersions, digester: Digester): Tree {
  const { alpha, beta } = trees
  let past = trees.ancestor
  for (const parent of parentsOf(path)) {
    const [one, other] = [at(alpha, parent), at(beta, parent)]
    if (isDirectory(one) && isDirectory(other) && !isDirectory(at(past, parent)))
      past = withShallow(past, parent, agreedDirectory(one, other))
  }
  const held = at(trees[otherSide(take)], path)
  return withEntry(past, path, lostPast({ known: at(past, path), held, winner: at(trees[take], path) }, digester))
}

interface Stand {
  readonly known: Entry | undefined
  readonly held: Entry | undefined
  readonly winner: Entry | undefined
}

/** What the loser holds, as something that can be agreed on. Where a side cannot tell what stands there, nothing new is. */
function lostPast({ known, held, winner }: Stand, digester: Digester): Entry | undefined {
  if (held?.kind === 'problem' || winner?.kind === 'problem' || held === known) return known
  if (held === undefined || held.kind === 'untracked') return undefined
  if (!isDirectory(held)) return held
  if (holdsOnlyUntracked(held) && !isDirectory(winner)) return undefined
  const before = isDirectory(known) ? known : undefined
  let past = { ...held, children: before?.children ?? emptyPage }
  for (const name of differences([before, held], digester)) {
    const below = { known: child(before, name), held: child(held, name), winner: child(winner, name) }
    past = withChild(past, name, lostPast(below, digester))
  }
  return past
}

function isLeftAlone(entry: Entry | undefined): boolean {
  return entry?.kind === 'untracked' && entry.why !== 'kept'
}

/** From the top down, without the root. */
function parentsOf(path: Path): readonly Path[] {
  const parents: Path[] = []
  if (path === '') return parents
  for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent)) parents.unshift(parent)
  return parents
}
