import type { Clock } from '../ports/clock.ts'
import type { Watcher } from '../ports/watcher.ts'
import type { DirectoryNodes } from './directory-nodes.ts'
import type { DirtyNames } from './dirty-names.ts'
import type { Fences } from './fences.ts'
import type { Listings } from './listings.ts'

export interface FenceSurroundings {
  readonly fences: Fences
  readonly nodes: DirectoryNodes
  readonly dirty: DirtyNames
  readonly listings: Listings
  readonly watcher: Watcher
  readonly clock: Clock
  /** Something is under way that must be over first, besides names that wait. */
  readonly isBusy: () => boolean
  /** There is something to do. */
  readonly pump: () => void
}

/** Fences of sessions: each is over when all that was heard before its own event came back has been looked at. */
export class SessionFences {
  readonly #around: FenceSurroundings
  /** Those whose event came. */
  readonly #draining = new Set<{ readonly since: number; readonly done: () => void }>()

  constructor(around: FenceSurroundings) {
    this.#around = around
  }

  /** @param verify list everything again, whatever the watcher is worth */
  raise(verify: boolean, done: () => void): void {
    const { fences, nodes, dirty, listings, watcher, clock, pump } = this.#around
    fences.raise(ordered => {
      if (verify || !ordered || !watcher.traits.ordered) listings.addAll(nodes, true)
      else for (const node of nodes.below(nodes.root)) if (!node.watched) listings.add(node, true)
      dirty.hurry()
      this.#draining.add({ since: clock.monotonic(), done })
      pump()
    })
  }

  /** Ends those that nothing holds up any more. */
  settle(): void {
    for (const fence of this.#draining) {
      if (this.#around.isBusy() || this.#waitsSince(fence.since)) continue
      this.#draining.delete(fence)
      fence.done()
    }
  }

  #waitsSince(since: number): boolean {
    for (const { pending } of this.#around.dirty.all()) if (pending.firstAt <= since) return true
    return false
  }
}
