import { isDirectory } from '../entry.ts'
import type { Entry } from '../entry.ts'
import type { Move } from '../operation.ts'
import type { Path } from '../path.ts'
import { parentOf } from '../path.ts'
import type { Change, Tree } from '../tree.ts'
import { at, shallow, walk, withEntry, withMove, withShallow } from '../tree.ts'

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

  /** Makes the whole of `entry` the past of a path, as if both sides had held it: how a conflict is decided. */
  decide(path: Path, entry: Entry | undefined): void {
    this.#tree = withEntry(this.#tree, path, entry)
    this.#unwritten.push({ path, entry: undefined })
    if (entry === undefined) return
    this.#unwritten.push({ path, entry: shallow(entry) })
    for (const [below, each] of walk(entry, path)) this.#unwritten.push({ path: below, entry: shallow(each) })
  }

  takeUnwritten(): readonly (Change | Move)[] {
    const changes = this.#unwritten
    this.#unwritten = []
    return changes
  }
}
