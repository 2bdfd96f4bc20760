import type { Clock } from '../ports/clock.ts'
import type { DirectoryNode, DirectoryNodes } from './directory-nodes.ts'

/** The directories that are to be listed again, some soon, the rest when there is nothing else to do. */
export class Listings {
  readonly #clock: Clock
  readonly #wake: () => void
  readonly #soon = new Set<DirectoryNode>()
  readonly #someday = new Set<DirectoryNode>()
  /** Could not be listed for want of something that passes. */
  readonly #postponed = new Set<DirectoryNode>()

  /** @param wake is called when a directory that was put off has its turn */
  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock
    this.#wake = wake
  }

  /** True while something is to be listed before the tree can be taken for complete. */
  get areDue(): boolean {
    return this.#soon.size > 0 || this.#postponed.size > 0
  }

  add(node: DirectoryNode, soon: boolean): void {
    if (soon) this.#someday.delete(node)
    if (soon || !this.#soon.has(node)) (soon ? this.#soon : this.#someday).add(node)
  }

  addAll(nodes: DirectoryNodes, soon: boolean): void {
    for (const node of nodes.below(nodes.root)) this.add(node, soon)
  }

  addAfter(node: DirectoryNode, ms: number): void {
    this.#postponed.add(node)
    this.#clock.after(ms, () => {
      if (!this.#postponed.delete(node)) return
      this.#soon.add(node)
      this.#wake()
    })
  }

  /** The next to list; those that can wait only when asked for. */
  take(withSomeday: boolean): DirectoryNode | undefined {
    return takeFirst(this.#soon) ?? (withSomeday ? takeFirst(this.#someday) : undefined)
  }

  close(): void {
    for (const book of [this.#soon, this.#someday, this.#postponed]) book.clear()
  }
}

function takeFirst<T>(set: Set<T>): T | undefined {
  for (const item of set) {
    set.delete(item)
    return item
  }
  return undefined
}
