import type { Operation, Side } from '../operation.ts'
import { otherSide } from '../operation.ts'
import type { Path } from '../path.ts'
import { isWithin } from '../path.ts'

/** Conflicts that somebody has decided and that are being carried out. */
export class Resolving {
  readonly #losers = new Map<Path, Side>()

  begin(path: Path, take: Side): void {
    this.#losers.set(path, otherSide(take))
  }

  /** The loser's side holds the winner's version now. */
  carriedOut(side: Side, path: Path): void {
    if (this.#losers.get(path) === side) this.#losers.delete(path)
  }

  /** The operation with its reason, where it takes a loser's version away. */
  withReason(operation: Operation, side: Side): Operation {
    if (operation.kind === 'move') return operation
    for (const [path, loser] of this.#losers) {
      if (loser === side && isWithin(operation.path, path)) return { ...operation, reason: 'conflict-loser' }
    }
    return operation
  }
}
