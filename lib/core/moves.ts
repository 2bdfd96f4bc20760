import type { Entry } from './entry.ts'
import { isDirectory } from './entry.ts'
import type { PendingMove } from './mover.ts'
import { Mover } from './mover.ts'
import { netMoves } from './net-moves.ts'
import type { Move, Notice, Side } from './operation.ts'
import type { Path } from './path.ts'
import { components } from './path.ts'
import type { Tree } from './tree.ts'
import { at, child } from './tree.ts'
import type { DirectoryVersions } from './versions.ts'

/** Directory moves each side has made since the ancestor, one after another. */
export type SideMoves = Readonly<Record<Side, readonly Move[]>>

export interface MovePlan extends Pick<Mover, 'trees' | 'operations' | 'agreed'> {
  /** New places of what operations move. */
  readonly moved: ReadonlySet<Path>
  readonly notices: readonly Notice[]
  /** Every name that any of it concerns. */
  readonly touched: readonly Path[]
}

/**
 * Decides which directory moves are carried over as moves. A move of one side is made on the other and in the ancestor
 * first, so edits of the other side in the old place follow it, and ignored content goes along. A move both made alike
 * is agreed. What cannot be carried over is left to the rules for deletes and creates, which lose nothing.
 */
export function planMoves(trees: DirectoryVersions, moves: SideMoves): MovePlan {
  let pending = pendingMoves(trees, moves)
  for (let attempt = 1; ; attempt++) {
    const mover = new Mover(trees, pending)
    // A move that ends under a temporary name is left out of the next attempt; the third uses no such names.
    mover.run(attempt < 3)
    const stranded = mover.stranded
    if (stranded.length === 0) {
      const { trees: after, operations, agreed, moved } = mover
      return {
        trees: after,
        operations,
        agreed,
        moved: new Set([...moved.alpha, ...moved.beta]),
        notices: noticesOf(mover),
        touched: touchedBy(moves, mover),
      }
    }
    pending = pending.filter(move => !stranded.includes(move))
  }
}

function touchedBy(moves: SideMoves, { operations, agreed }: Mover): Path[] {
  const given = [...moves.alpha, ...moves.beta].flatMap(({ from, to }) => [from, to])
  const done = [...operations.alpha, ...operations.beta].flatMap(operation =>
    operation.kind === 'move' ? [operation.from, operation.path] : [operation.path],
  )
  return [...given, ...done, ...agreed.flatMap(change => ('to' in change ? [change.from, change.to] : [change.path]))]
}

/** By their names in the ancestor, so that the order does not depend on which side is alpha. */
function pendingMoves({ ancestor, alpha, beta }: DirectoryVersions, moves: SideMoves): PendingMove[] {
  if (moves.alpha.length === 0 && moves.beta.length === 0) return []
  const alphaMoves = netMoves(ancestor, alpha, moves.alpha)
  const betaMoves = netMoves(ancestor, beta, moves.beta)
  const froms = [...new Set([...alphaMoves.keys(), ...betaMoves.keys()])].toSorted()
  return froms.map(from => ({ from, to: { alpha: alphaMoves.get(from), beta: betaMoves.get(from) } }))
}

/** What a person should know of moves that were not carried over. */
function noticesOf({ left, trees }: Mover): Notice[] {
  return left.flatMap(({ from, to }): Notice[] => {
    if (to.alpha !== undefined && to.beta !== undefined) {
      if (to.alpha === to.beta) return []
      return [
        { path: to.alpha, kind: 'moved-twice', side: 'alpha' },
        { path: to.beta, kind: 'moved-twice', side: 'beta' },
      ]
    }
    const follower = to.alpha === undefined ? 'alpha' : 'beta'
    const path = to.alpha ?? to.beta
    const isDeleted = isDirectory(at(trees.ancestor, from)) && isAbsent(trees[follower], from)
    return path !== undefined && isDeleted ? [{ path, kind: 'edit-beat-delete', side: follower }] : []
  })
}

/** True when nothing stands there, and nothing above hides what does. */
function isAbsent(tree: Tree, path: Path): boolean {
  let entry: Entry | undefined = tree
  for (const name of components(path)) {
    if (!isDirectory(entry)) return entry === undefined
    entry = child(entry, name)
  }
  return entry === undefined
}
