import type { Digester, Entry } from '../entry.ts'
import type { Conflict, Notice, Problem, Side, Untaken } from '../operation.ts'
import type { Path } from '../path.ts'
import { isWithin, overlaps } from '../path.ts'
import { same } from '../tree.ts'
import type { OpenConflict } from './messages.ts'

/** What changed in a list of standing things after a new plan for part of the tree. */
export interface Revision<T> {
  readonly opened: readonly T[]
  /** Still there, but one side's version is another than before. */
  readonly moved: readonly T[]
  readonly closed: readonly T[]
}

/** The conflicts that stand. Each plan judges those in its scope anew. */
export class Conflicts {
  readonly #open = new Map<Path, OpenConflict>()
  readonly #digester: Digester

  constructor(digester: Digester) {
    this.#digester = digester
  }

  get size(): number {
    return this.#open.size
  }

  get(path: Path): OpenConflict | undefined {
    return this.#open.get(path)
  }

  all(): readonly OpenConflict[] {
    return [...this.#open.values()]
  }

  *under(path: Path): Generator<OpenConflict, void, undefined> {
    for (const conflict of this.#open.values()) if (isWithin(conflict.path, path)) yield conflict
  }

  /** Takes one that was listed before a restart, as long as the first plan finds it again. */
  recall(conflict: OpenConflict): void {
    this.#open.set(conflict.path, conflict)
  }

  set(conflict: OpenConflict): void {
    this.#open.set(conflict.path, conflict)
  }

  /** `found` are all conflicts at and below the scope, and perhaps some above it. */
  revise(scope: readonly Path[], found: readonly Conflict[], now: number): Revision<OpenConflict> {
    const opened: OpenConflict[] = []
    const moved: OpenConflict[] = []
    const seen = new Set<Path>()
    for (const conflict of found) {
      seen.add(conflict.path)
      const before = this.#open.get(conflict.path)
      if (before === undefined) {
        const fresh = { ...conflict, since: now, copies: { alpha: undefined, beta: undefined } }
        this.#open.set(conflict.path, fresh)
        opened.push(fresh)
      } else if (!this.#sameVersions(before, conflict) || before.kind !== conflict.kind) {
        const next = { ...before, ...conflict }
        this.#open.set(conflict.path, next)
        moved.push(next)
      }
    }
    const closed: OpenConflict[] = []
    for (const conflict of this.#open.values()) {
      if (!seen.has(conflict.path) && scope.some(path => isWithin(conflict.path, path))) closed.push(conflict)
    }
    for (const conflict of closed) this.#open.delete(conflict.path)
    return { opened, moved, closed }
  }

  #sameVersions(a: Conflict, b: Conflict): boolean {
    return this.#same(a.alpha, b.alpha) && this.#same(a.beta, b.beta)
  }

  #same(a: Entry | undefined, b: Entry | undefined): boolean {
    return same(a, b, this.#digester)
  }
}

/** Problems, notices and changes not taken by path and side: what `status` lists without asking for a decision. */
export class Standing<T extends Problem | Notice | Untaken> {
  readonly #items = new Map<string, T>()

  get size(): number {
    return this.#items.size
  }

  all(): readonly T[] {
    return [...this.#items.values()]
  }

  /** Replaces what was listed in the scope; returns what is new. */
  revise(scope: readonly Path[], found: readonly T[]): readonly T[] {
    const fresh = found.filter(item => !this.#items.has(keyOf(item)))
    const kept = new Set(found.map(keyOf))
    for (const [key, item] of this.#items) {
      if (!kept.has(key) && scope.some(path => isWithin(item.path, path))) this.#items.delete(key)
    }
    for (const item of found) this.#items.set(keyOf(item), item)
    return fresh
  }

  /** Drops what is listed at, above and below the paths. */
  forget(paths: readonly Path[]): void {
    for (const [key, item] of this.#items) if (paths.some(path => overlaps(path, item.path))) this.#items.delete(key)
  }

  drop(isOver: (item: T) => boolean): void {
    for (const [key, item] of this.#items) if (isOver(item)) this.#items.delete(key)
  }

  add(item: T): boolean {
    const key = keyOf(item)
    const isNew = !this.#items.has(key)
    this.#items.set(key, item)
    return isNew
  }

  /** Keeps the list short: the oldest go first. */
  trim(limit: number): void {
    for (const key of this.#items.keys()) {
      if (this.#items.size <= limit) return
      this.#items.delete(key)
    }
  }

  under(path: Path): readonly T[] {
    return this.all().filter(item => isWithin(item.path, path))
  }
}

function keyOf(item: {
  readonly path: Path
  readonly side?: Side
  readonly kind?: string
  readonly why?: string
  readonly trash?: string
}): string {
  return `${item.side ?? ''}:${item.kind ?? item.why ?? ''}:${item.path}:${item.trash ?? ''}`
}
