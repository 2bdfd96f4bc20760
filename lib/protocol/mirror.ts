import type { Directory, Entry } from '../core/entry.ts'
import { isDirectory } from '../core/entry.ts'
import type { Move, Operation, Outcome } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { isWithin, join, parentOf } from '../core/path.ts'
import type { Tree } from '../core/tree.ts'
import { at, child, differences, withEntry, withMove, withShallow } from '../core/tree.ts'
import type { RowItem } from './rows.ts'
import { violation } from './violation.ts'

/*
 * The serving end and the mirror work out by the same functions what moves and operations did to a tree both hold.
 * Only where that guess is wrong does the serving end send rows, so after every event both trees are alike whatever
 * the operations were.
 */

/** The tree after these moves, in their order; one that does not fit is passed over. */
export function withMoves(tree: Tree, moves: readonly Move[]): Tree {
  return moves.reduce((result, move) => withFittingMove(result, move.from, move.to), tree)
}

/** The tree after those operations that are reported as done; one that does not fit is passed over. */
export function withOutcomes(tree: Tree, operations: readonly Operation[], outcomes: readonly Outcome[]): Tree {
  const done = new Set<Path>()
  for (const outcome of outcomes) if (outcome.result === 'done') done.add(outcome.path)
  return operations.reduce(
    (result, operation) => (done.has(operation.path) ? withOperation(result, operation) : result),
    tree,
  )
}

function withOperation(tree: Tree, operation: Operation): Tree {
  if (operation.kind === 'move') return withFittingMove(tree, operation.from, operation.path)
  if (operation.kind === 'remove') return withEntry(tree, operation.path, undefined)
  return isDirectory(at(tree, parentOf(operation.path))) ? withShallow(tree, operation.path, operation.after) : tree
}

function withFittingMove(tree: Tree, from: Path, to: Path): Tree {
  const fits = from !== '' && !isWithin(to, from) && at(tree, from) !== undefined && isDirectory(at(tree, parentOf(to)))
  return fits ? withMove(tree, from, to) : tree
}

/**
 * What makes `from` into `to`, exactly: untracked entries and the reasons of problems count too. Parts that are one
 * object are passed over whole.
 */
export function* exactChanges(from: Directory, to: Directory, path: Path = ''): Generator<RowItem, void, undefined> {
  for (const name of differences([from, to])) {
    const before = child(from, name)
    const after = child(to, name)
    const here = join(path, name)
    if (after === undefined) yield { is: 'gone', path: here }
    else if (isDirectory(before) && isDirectory(after)) {
      if (before.mode !== after.mode) yield { is: 'mode', path: here, mode: after.mode }
      yield* exactChanges(before, after, here)
    } else if (!alike(before, after)) yield { is: 'entry', path: here, entry: after }
  }
}

/** Equal without what lies below a directory, in all that a mirror holds. */
export function alike(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === b) return true
  if (a?.kind === 'file') return b?.kind === 'file' && a.digest === b.digest && a.mode === b.mode && a.size === b.size
  if (a?.kind === 'symlink') return b?.kind === 'symlink' && a.target === b.target
  if (a?.kind === 'untracked') return b?.kind === 'untracked' && a.why === b.why
  return a?.kind === 'problem' && b?.kind === 'problem' && a.why === b.why && alike(a.over, b.over)
}

/** The tree with an item of the other end's put into it. Throws PROTOCOL when it has no place there. */
export function withItem(tree: Tree, item: RowItem): Tree {
  const { path } = item
  if (item.is === 'gone') {
    if (path === '') throw violation('it said that the root is gone, in a change')
    return withEntry(tree, path, undefined)
  }
  if (item.is === 'mode') {
    const before = at(tree, path)
    if (path === '' || !isDirectory(before)) throw violation('it sent the mode of a directory that is not there')
    return withEntry(tree, path, { ...before, mode: item.mode })
  }
  if (item.is === 'reference') throw violation('it sent a reference outside a listing')
  const fits = path === '' ? isDirectory(item.entry) : isDirectory(at(tree, parentOf(path)))
  if (!fits) throw violation('it sent an entry without its directory')
  return withEntry(tree, path, item.entry)
}
