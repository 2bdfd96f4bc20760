import type { Operation, Side } from '../operation.ts'
import { otherSide } from '../operation.ts'
import type { Path } from '../path.ts'
import { isWithin, parentOf } from '../path.ts'

/** How what a decision takes away lies in the trash. */
interface Label {
  readonly reason?: 'conflict-loser'
  /** Comes back together. */
  readonly group?: string
}

/** What people have decided, at and below paths, and is being carried out. */
export class Resolving {
  readonly #decided = new Map<Path, { readonly loser: Side; readonly label: Label }>()

  begin(path: Path, take: Side, label: Label = { reason: 'conflict-loser' }): void {
    this.#decided.set(path, { loser: otherSide(take), label })
  }

  /** The loser's side holds the winner's version now. What is of a group goes on until it is forgotten. */
  carriedOut(side: Side, path: Path): void {
    const decided = this.#decided.get(path)
    if (decided?.loser === side && decided.label.group === undefined) this.#decided.delete(path)
  }

  /** No decision at or below the path counts any more. */
  forget(path: Path): void {
    for (const each of this.#decided.keys()) if (isWithin(each, path)) this.#decided.delete(each)
  }

  /** The operation with its label, where it takes a loser's version away. */
  labelled(operation: Operation, side: Side): Operation {
    if (operation.kind === 'move' || this.#decided.size === 0) return operation
    for (let path = operation.path; ; path = parentOf(path)) {
      const decided = this.#decided.get(path)
      if (decided?.loser === side) return { ...operation, ...decided.label }
      if (path === '') return operation
    }
  }
}
