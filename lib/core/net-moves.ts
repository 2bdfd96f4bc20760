import { isDirectory } from './entry.ts'
import { movesPerPlan } from './limits.ts'
import type { Move } from './operation.ts'
import type { Path } from './path.ts'
import { isWithin, rebase } from './path.ts'
import type { Tree } from './tree.ts'
import { at } from './tree.ts'

/**
 * Where directories of the ancestor stand in a side's tree now, after moves one after another: from → to, each name
 * once. A list that tells a swap by its result (a→b, b→a) instead of by its steps is understood too. Moves that the
 * trees do not bear out are left out: they are hints, and what they would have saved travels as any other change.
 */
export function netMoves(ancestor: Tree, tree: Tree, moves: readonly Move[]): ReadonlyMap<Path, Path> {
  const net = new Map<Path, Path>()
  for (const { from, to } of moves.slice(0, movesPerPlan)) {
    const origin = originOf(from, net, ancestor, tree)
    for (const [first, last] of net) {
      const isStale = isWithin(last, from) && !isDirectory(at(tree, last))
      if (isStale) net.set(first, rebase(last, from, to))
    }
    net.set(origin, to)
  }
  const seen = new Set<Path>()
  for (const [from, to] of [...net].toReversed()) {
    const known = at(ancestor, from)
    const isBorneOut =
      from !== to &&
      from !== '' &&
      to !== '' &&
      isDirectory(known) &&
      at(tree, from) !== known &&
      isDirectory(at(tree, to))
    if (!isBorneOut || seen.has(to)) net.delete(from)
    seen.add(to)
  }
  return net
}

/** What the ancestor calls the directory that moves before called `from`. */
function originOf(from: Path, net: ReadonlyMap<Path, Path>, ancestor: Tree, tree: Tree): Path {
  for (const [first, last] of [...net].toReversed()) {
    if (!isWithin(from, last)) continue
    const isAnother = isDirectory(at(ancestor, from)) && isDirectory(at(tree, last))
    return isAnother ? from : rebase(from, last, first)
  }
  return from
}
