import { isDirectory } from '../entry.ts'
import type { Move } from '../operation.ts'
import { parentOf } from '../path.ts'
import type { Change, Tree } from '../tree.ts'
import { at, diff, shallow, walk, withMove, withShallow } from '../tree.ts'

/** The ancestor, and what was entered into it since it was last written down. */
export class AgreedPast {
  #tree: Tree
  #unwritten: (Change | Move)[] = []

  constructor(tree: Tree) {
    this.#tree = tree
  }

  get tree(): Tree {
    return this.#tree
  }

  /** Both sides hold, or have held at one moment, the shallow part of this. False: its parent is not agreed yet. */
  enter(change: Change | Move): boolean {
    if ('from' in change) {
      if (!isDirectory(at(this.#tree, change.from)) || !isDirectory(at(this.#tree, parentOf(change.to)))) return false
      this.#tree = withMove(this.#tree, change.from, change.to)
    } else {
      if (change.entry !== undefined && !isDirectory(at(this.#tree, parentOf(change.path)))) return false
      this.#tree = withShallow(this.#tree, change.path, change.entry)
    }
    this.#unwritten.push(change)
    return true
  }

  /** From now on this is the past, as if both sides had held it: how a person's decision is carried out. */
  become(tree: Tree): void {
    for (const { path, entry } of diff(this.#tree, tree)) {
      this.#unwritten.push({ path, entry: undefined })
      if (entry === undefined) continue
      this.#unwritten.push({ path, entry: shallow(entry) })
      for (const [below, each] of walk(entry, path)) this.#unwritten.push({ path: below, entry: shallow(each) })
    }
    this.#tree = tree
  }

  takeUnwritten(): readonly (Change | Move)[] {
    const changes = this.#unwritten
    this.#unwritten = []
    return changes
  }
}
