import type { Side, Untaken } from './operation.ts'
import { otherSide } from './operation.ts'
import type { Path } from './path.ts'
import { parentOf } from './path.ts'

/** Collects what a plan would change on a side that only sends. */
export class UntakenChanges {
  readonly #source: Side
  readonly #found = new Map<Path, Untaken['how']>()
  /** What is new, gone or of another kind as a whole: what lies below goes without saying. */
  readonly #wholes = new Set<Path>()

  /** @param source the side that only sends */
  constructor(source: Side) {
    this.#source = source
  }

  put(path: Path, isNew: boolean): void {
    // What was cleared away there before is of another kind.
    this.#found.set(path, isNew && !this.#found.has(path) ? 'added' : 'changed')
    if (isNew) this.#wholes.add(path)
  }

  remove(path: Path): void {
    this.#found.set(path, 'deleted')
    this.#wholes.add(path)
  }

  all(): readonly Untaken[] {
    const side = otherSide(this.#source)
    return [...this.#found].flatMap(([path, how]) =>
      path !== '' && this.#wholes.has(parentOf(path)) ? [] : [{ path, side, how }],
    )
  }
}
