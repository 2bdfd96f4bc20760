import type { Move } from '../operation.ts'
import type { Path } from '../path.ts'
import { overlaps } from '../path.ts'

/** Paths to be planned anew, with the moment each was first heard of (monotonic ms), and the moves that touch them. */
export class DirtyPaths {
  readonly #paths = new Map<Path, number>()
  #moves: { readonly alpha: Move[]; readonly beta: Move[] } = { alpha: [], beta: [] }

  get size(): number {
    return this.#paths.size
  }

  /** @param since when the change was first heard of: a path planned again keeps its place among those that wait */
  add(path: Path, since: number): void {
    const known = this.#paths.get(path)
    if (known === undefined || since < known) this.#paths.set(path, since)
  }

  *outstanding(): Generator<{ readonly path: Path; readonly since: number }, void, undefined> {
    for (const [path, since] of this.#paths) yield { path, since }
  }

  addMoves(side: 'alpha' | 'beta', moves: readonly Move[], now: number): void {
    for (const move of moves) {
      this.#moves[side].push(move)
      this.add(move.from, now)
      this.add(move.to, now)
    }
  }

  /** What was moved to or from there is planned as what went and came: the moves of a side hang together, so all do. */
  forgetMoves(path: Path): void {
    const { alpha, beta } = this.#moves
    if ([...alpha, ...beta].some(({ from, to }) => overlaps(from, path) || overlaps(to, path)))
      this.#moves = { alpha: [], beta: [] }
  }

  /**
   * Takes what can be planned now. A move and everything it touches are planned in one go or not at all.
   * @param isFree false for a path that something stands in the way of: it stays dirty
   */
  take(isFree: (path: Path) => boolean): {
    readonly scope: readonly Path[]
    readonly since: number
    readonly moves: { readonly alpha: readonly Move[]; readonly beta: readonly Move[] }
  } {
    const moved = [...this.#moves.alpha, ...this.#moves.beta].flatMap(move => [move.from, move.to])
    const movesAreFree = moved.every(isFree)
    const scope: Path[] = []
    let since = Number.POSITIVE_INFINITY
    for (const [path, firstAt] of this.#paths) {
      if (!isFree(path) || (!movesAreFree && moved.some(each => overlaps(each, path)))) continue
      scope.push(path)
      since = Math.min(since, firstAt)
    }
    for (const path of scope) this.#paths.delete(path)
    const moves = movesAreFree ? this.#moves : { alpha: [], beta: [] }
    if (movesAreFree) this.#moves = { alpha: [], beta: [] }
    return { scope, since, moves }
  }
}
