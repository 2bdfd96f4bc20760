import { invariant } from '../core/errors.ts'
import type { Move, Operation, Outcome } from '../core/operation.ts'
import type { Tree } from '../core/tree.ts'
import { at } from '../core/tree.ts'
import type { TreeMark } from './codec-event.ts'
import { withItem, withMoves, withOutcomes } from './mirror.ts'
import { RowReader } from './row-reader.ts'
import type { RowItem } from './rows.ts'
import { markOf, sameMark } from './tree-digest.ts'

/** The served tree as this end knows it, brought on by events: rows first, then what they belong to. */
export class MirrorTree {
  #tree: Tree
  #rows: RowReader | undefined
  #items: RowItem[] = []

  constructor(tree: Tree) {
    this.#tree = tree
  }

  get tree(): Tree {
    return this.#tree
  }

  /** Takes rows of the event to come. Equal parts are built from what stood at the same paths. */
  rows(flat: unknown): void {
    this.#rows ??= new RowReader({
      known: path => at(this.#tree, path),
      item: item => void this.#items.push(item),
    })
    this.#rows.read(flat)
  }

  changed(moves: readonly Move[]): Tree {
    return this.#take(withMoves(this.#tree, moves))
  }

  /** @param operations the very ones that were sent: where they are done, their entries become the mirror's. */
  applied(operations: readonly Operation[], outcomes: readonly Outcome[]): Tree {
    return this.#take(withOutcomes(this.#tree, operations, outcomes))
  }

  /** Throws INVARIANT when the served tree is another than this: the connection has to start over. */
  check(mark: TreeMark): void {
    invariant(sameMark(mark, markOf(this.#tree)), 'The mirror of the other end is not like its tree any more')
  }

  #take(expected: Tree): Tree {
    this.#rows?.end()
    const items = this.#items
    this.#rows = undefined
    this.#items = []
    this.#tree = items.reduce(withItem, expected)
    return this.#tree
  }
}
