import type { ReplicaFacts } from '../messages.ts'
import type { Path } from '../path.ts'
import { overlaps } from '../path.ts'
import type { Tree } from '../tree.ts'
import { Outbox } from './outbox.ts'

/** First and last wait before a path that failed is tried again, when nothing is heard of it (ms). */
const stallFirstMs = 250
const stallLastMs = 30_000

/** One side of a session: its replica as last heard of, and what it is to do. */
export class Half {
  tree: Tree
  readonly facts: ReplicaFacts
  readonly outbox: Outbox
  /** Paths of which an operation could not be carried out, until when each is put off. */
  readonly #stalls = new Map<Path, number>()
  readonly #waits = new Map<Path, number>()

  /** @param laneBytes content from this size on goes to this side by a connection of its own */
  constructor(tree: Tree, facts: ReplicaFacts, laneBytes: number) {
    this.tree = tree
    this.facts = facts
    this.outbox = new Outbox(laneBytes)
  }

  /** Puts a path off. The wait doubles as long as it keeps failing. */
  stall(path: Path, now: number): void {
    const waitMs = Math.min((this.#waits.get(path) ?? stallFirstMs / 2) * 2, stallLastMs)
    this.#waits.set(path, waitMs)
    this.#stalls.set(path, now + waitMs)
  }

  isStalled(path: Path): boolean {
    return this.#stalls.has(path)
  }

  /** Paths put off, each with when it is tried again (monotonic ms). */
  stalls(): Iterable<readonly [Path, number]> {
    return this.#stalls
  }

  /** The side said something about these paths: what was put off there is tried again. */
  unstall(paths: Iterable<Path>): readonly Path[] {
    if (this.#stalls.size === 0) return []
    const freed = new Set<Path>()
    for (const heard of paths) {
      for (const stalled of this.#stalls.keys()) if (overlaps(stalled, heard)) freed.add(stalled)
    }
    for (const path of freed) this.#stalls.delete(path)
    return [...freed]
  }

  /** Somebody waits: everything put off is tried now, and failures wait as little as first ones. */
  hurry(): readonly Path[] {
    const freed = [...this.#stalls.keys()]
    this.#stalls.clear()
    this.#waits.clear()
    return freed
  }

  /** It worked: the next failure waits as little as the first. */
  succeeded(path: Path): void {
    if (this.#waits.size > 0) this.#waits.delete(path)
  }

  /** Paths whose time has come. */
  due(now: number): readonly Path[] {
    const due: Path[] = []
    for (const [path, until] of this.#stalls) if (until <= now) due.push(path)
    for (const path of due) this.#stalls.delete(path)
    return due
  }

  get nextDue(): number | undefined {
    let next: number | undefined
    for (const until of this.#stalls.values()) next = Math.min(next ?? until, until)
    return next
  }
}
