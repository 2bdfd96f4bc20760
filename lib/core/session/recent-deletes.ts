import type { MassDelete } from '../guards.ts'
import { massDelete } from '../guards.ts'
import type { Operation } from '../operation.ts'
import type { Path } from '../path.ts'
import type { Tree } from '../tree.ts'

/** Plans within this of each other are judged together (ms): somebody's `rm -rf` is heard of in pieces. */
const windowMs = 10_000

const nothing: MassDelete = { held: false, why: '', deletes: [] }

/** What one side was told to change lately, so that the guard sees a deletion whole, however many plans it took. */
export class RecentDeletes {
  #before: Tree | undefined
  #since = 0
  readonly #operations = new Map<Path, Operation>()

  /** @param tree the side before these operations */
  judge(tree: Tree, operations: readonly Operation[], now: number): MassDelete {
    const deletes = operations.some(operation => operation.kind === 'remove')
    if (now - this.#since > windowMs) this.forget()
    // The window begins with a delete: a tree from before a first copy would hold nothing worth guarding.
    if (this.#before === undefined && !deletes) return nothing
    if (this.#before === undefined) {
      this.#before = tree
      this.#since = now
    }
    for (const operation of operations) this.#operations.set(operation.path, operation)
    return deletes ? massDelete(this.#before, [...this.#operations.values()]) : nothing
  }

  /** A person approved what was held: it does not count against what follows. */
  forget(): void {
    this.#before = undefined
    this.#operations.clear()
  }
}
