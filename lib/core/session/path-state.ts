import { holdsOnlyUntracked } from '../carry.ts'
import type { Digester, Entry } from '../entry.ts'
import { isDirectory, isSynced } from '../entry.ts'
import type { Notice, Problem, Side, Untaken } from '../operation.ts'
import type { Path } from '../path.ts'
import { join, overlaps } from '../path.ts'
import type { Tree } from '../tree.ts'
import { at, diff, same, shallow, weight } from '../tree.ts'
import type { Outstanding } from './barriers.ts'
import type { DirtyPaths } from './dirty-paths.ts'
import type { Findings } from './findings.ts'
import type { Half } from './half.ts'
import type { Holds } from './holds.ts'
import type { Both, Hold, OpenConflict } from './messages.ts'
import { sides } from './messages.ts'

/** All that a session knows of one path. Lists hold what stands at the path, above it and below it. */
export interface PathState {
  /** What both sides last agreed on, and what each holds; shallow. */
  readonly agreed: Entry | undefined
  readonly sides: Both<Entry | undefined>
  /** Entries below. */
  readonly weights: Both<number>
  readonly isEqual: boolean
  readonly conflicts: readonly OpenConflict[]
  readonly problems: readonly Problem[]
  readonly notices: readonly Notice[]
  readonly untaken: readonly Untaken[]
  readonly holds: readonly Hold[]
  /** The first of what has not reached the other side. */
  readonly waiting: readonly WaitingPath[]
  /** A gate keeps it still. */
  readonly isShut: boolean
}

export interface WaitingPath {
  readonly path: Path
  /** Whose disk it is to reach, once that is known. */
  readonly to?: Side
  /** `noticed`: to be planned · `queued` · `sent` · `put-off`: that side could not do it just now. */
  readonly stage: 'noticed' | 'queued' | 'sent' | 'put-off'
  /** Until it is tried again (ms). */
  readonly againInMs?: number
}

/** The parts of a session that know something of a path. */
interface Parts {
  readonly past: { readonly tree: Tree }
  readonly halves: Both<Half>
  readonly dirty: DirtyPaths
  readonly findings: Findings
  readonly holds: Holds
  readonly shut: readonly Path[]
  readonly digester: Digester
  /** Monotonic ms. */
  readonly now: number
}

/** How much that waits is named. */
const waitingNamed = 100

export function pathState(path: Path, parts: Parts): PathState {
  const { past, halves, findings, holds, digester, shut } = parts
  const [agreed, alpha, beta] = [past.tree, halves.alpha.tree, halves.beta.tree].map(tree => at(tree, path))
  const near = <T extends { readonly path: Path }>(items: readonly T[]): readonly T[] =>
    items.filter(item => overlaps(item.path, path))
  return {
    agreed: agreed && shallow(agreed),
    sides: { alpha: shown(alpha, beta), beta: shown(beta, alpha) },
    weights: { alpha: weight(alpha), beta: weight(beta) },
    isEqual: same(alpha, beta, digester),
    conflicts: near(findings.conflicts),
    problems: near(findings.problems),
    notices: near(findings.notices),
    untaken: near(findings.untaken),
    holds: holds.all().flatMap(hold => holdAt(hold, path)),
    waiting: waitingAt(path, parts),
    isShut: shut.some(each => overlaps(each, path)),
  }
}

/** The topmost paths at and below one where the two sides do not hold the same, at most `limit`. */
export function differingPaths(
  path: Path,
  trees: Both<Tree>,
  options: { readonly digester: Digester; readonly limit: number },
): readonly Path[] {
  const { digester, limit } = options
  const [alpha, beta] = [at(trees.alpha, path), at(trees.beta, path)]
  if (!isDirectory(alpha) || !isDirectory(beta)) return same(alpha, beta, digester) ? [] : [path]
  const differing: Path[] = []
  for (const change of diff(alpha, beta, digester)) {
    if (differing.length >= limit) break
    const whole = join(path, change.path)
    // What neither side syncs may differ.
    if (isTracked(at(trees.alpha, whole)) || isTracked(at(trees.beta, whole))) differing.push(whole)
  }
  return differing
}

/** A directory that one side has for what is ignored in it is unknown to the other. */
function shown(entry: Entry | undefined, other: Entry | undefined): Entry | undefined {
  if (isDirectory(entry) && !isDirectory(other) && holdsOnlyUntracked(entry)) return { kind: 'untracked', why: 'kept' }
  return entry && shallow(entry)
}

function isTracked(entry: Entry | undefined): boolean {
  return isSynced(entry) && !(isDirectory(entry) && holdsOnlyUntracked(entry))
}

function holdAt(hold: Hold, path: Path): Hold[] {
  if (hold.paths.length === 0) return hold.guard === 'trash-full' ? [] : [hold]
  const paths = hold.paths.filter(held => overlaps(held, path))
  return paths.length === 0 ? [] : [{ ...hold, paths }]
}

function waitingAt(path: Path, { halves, dirty, now }: Parts): readonly WaitingPath[] {
  const found: WaitingPath[] = []
  const add = (items: Iterable<Outstanding | { readonly path: Path }>, of: Omit<WaitingPath, 'path'>): void => {
    for (const item of items) {
      if (found.length >= waitingNamed) return
      if (overlaps(item.path, path)) found.push({ ...of, path: item.path })
    }
  }
  add(dirty.outstanding(), { stage: 'noticed' })
  for (const side of sides) {
    const { outbox } = halves[side]
    add(outbox.outstanding('sent'), { stage: 'sent', to: side })
    add(outbox.outstanding('queued'), { stage: 'queued', to: side })
    // What a side could not do is looked at anew before it is planned again: it may be either side's turn then.
    for (const [stalled, until] of halves[side].stalls())
      add([{ path: stalled }], { stage: 'put-off', to: side, againInMs: Math.max(0, until - now) })
  }
  return found
}
