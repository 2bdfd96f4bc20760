import type { Side } from '../operation.ts'
import type { Path } from '../path.ts'
import { isWithin, overlaps } from '../path.ts'

/** A path that is dirty, queued or on its way, with the moment its change was first heard of (monotonic ms). */
export interface Outstanding {
  readonly path: Path
  readonly since: number
}

/** What is waited for: agreement · that both sides have been heard, no more · that an override has been carried out. */
export type Awaited = 'agreement' | 'hearing' | 'override'

interface Barrier {
  readonly id: number
  readonly path: Path
  readonly of: Awaited
  /** Sides whose fence has not come back yet. */
  readonly fences: Set<Side>
  /** When both fences had come back; undefined before. */
  fencedAt: number | undefined
}

/**
 * The barriers people wait at: each ends when everything that was heard of before its fences came back has arrived or
 * stands still. What counts is when a change was first heard of: on its way it may be planned again, and renamed.
 */
export class Barriers {
  readonly #open = new Map<number, Barrier>()

  get size(): number {
    return this.#open.size
  }

  add(id: number, path: Path, of: Awaited = 'agreement'): void {
    this.#open.set(id, { id, path, of, fences: new Set<Side>(['alpha', 'beta']), fencedAt: undefined })
  }

  remove(id: number): void {
    this.#open.delete(id)
  }

  /** A fence came back: all that side had to say before it has been heard. */
  fenced(id: number, side: Side, now: number): void {
    const barrier = this.#open.get(id)
    barrier?.fences.delete(side)
    if (barrier?.fences.size === 0) barrier.fencedAt = now
  }

  /** Takes out the barriers that are over now. */
  over(outstanding: () => Iterable<Outstanding>): readonly { readonly id: number; readonly path: Path }[] {
    const over = [...this.#open.values()].filter(
      barrier => barrier.fencedAt !== undefined && this.#firstOf(barrier, outstanding()) === undefined,
    )
    for (const barrier of over) this.#open.delete(barrier.id)
    return over
  }

  /** What a barrier still waits for, a few of it. */
  waiting(id: number, outstanding: Iterable<Outstanding>, limit: number): readonly Path[] {
    const barrier = this.#open.get(id)
    const paths: Path[] = []
    if (barrier === undefined) return paths
    for (const item of outstanding) {
      if (paths.length >= limit) break
      if (isAwaited(barrier, item)) paths.push(item.path)
    }
    return paths
  }

  /** Those for which waiting is pointless on a session that rests; with `all`, on one that is halted. */
  idle(all: boolean): readonly number[] {
    return [...this.#open.values()].flatMap(({ id, of }) => (all || of === 'agreement' ? [id] : []))
  }

  /** The oldest come first, so as long as there is one it is found at once. */
  #firstOf(barrier: Barrier, outstanding: Iterable<Outstanding>): Outstanding | undefined {
    for (const item of outstanding) if (isAwaited(barrier, item)) return item
    return undefined
  }
}

function isAwaited({ fencedAt, path, of }: Barrier, item: Outstanding): boolean {
  if (of === 'hearing') return fencedAt === undefined
  const concerns = of === 'override' ? isWithin : overlaps
  return (fencedAt === undefined || item.since <= fencedAt) && concerns(item.path, path)
}
