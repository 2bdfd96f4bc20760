import type { Digester } from '../entry.ts'
import { isDirectory, isSynced } from '../entry.ts'
import { exemptLimit } from '../limits.ts'
import type { ReplicaCommand, Tracked } from '../messages.ts'
import type { Side } from '../operation.ts'
import { otherSide } from '../operation.ts'
import type { Path } from '../path.ts'
import { parentOf } from '../path.ts'
import type { Tree } from '../tree.ts'
import { at, same, sameShallow } from '../tree.ts'
import type { AgreedPast } from './agreed-past.ts'
import type { Outstanding } from './barriers.ts'
import type { Half } from './half.ts'
import type { Both } from './messages.ts'
import { sides } from './messages.ts'

/** Ids of fences are given by whoever waits at a barrier too: those here are above all of theirs. */
const ownFences = 2 ** 48

/** The parts of a session that have to do with what is exempt. */
interface Parts {
  readonly past: AgreedPast
  readonly halves: Both<Half>
  readonly digester: Digester
  readonly command: (side: Side, command: ReplicaCommand) => void
  readonly nextId: () => number
}

/** A fence after which a side has looked at what became another thing. */
interface Fence {
  readonly since: number
  /** Nothing is planned before. */
  readonly isFirst: boolean
}

/**
 * Which paths no default rule ignores, on either side: what git's indexes name on one of them. Both are told the same.
 * What no index names any more stays until both sides hold the same there, so that a deletion that came with it travels
 * and nothing that differs is left behind; then both ignore it, and neither loses it.
 */
export class Exemptions {
  readonly #parts: Parts
  readonly #named: Record<Side, ReadonlySet<Path>>
  readonly #exempt: Set<Path>
  readonly #fences = new Map<number, Fence>()
  readonly #held: Both<number>
  /** No index names these any more. */
  readonly #unnamed = new Set<Path>()
  /** When they were last told of (monotonic ms): what follows from it is waited for as long as that. */
  #heardAt = 0
  /** The trees by which they were last judged. */
  #judged: readonly Tree[] = []

  constructor(parts: Parts, start: Both<Tracked>) {
    this.#parts = parts
    this.#named = { alpha: new Set(start.alpha.named), beta: new Set(start.beta.named) }
    const held = { alpha: start.alpha.others, beta: start.beta.others }
    this.#exempt = new Set(sides.flatMap(side => [...held[side], ...this.#named[side]]).slice(0, exemptLimit))
    const holds = (side: Side): number => new Set([...held[side], ...this.#named[side]]).size
    this.#held = { alpha: holds('alpha'), beta: holds('beta') }
    this.#noteUnnamed()
  }

  /** Tells both sides. What one of them did not know of is looked at before anything is planned: it may be no news. */
  begin(now: number): void {
    this.#heardAt = now
    if (this.#exempt.size === 0) return
    for (const side of sides) this.#tell(side)
    for (const side of sides) if (this.#held[side] !== this.#exempt.size) this.#fence(side, now, true)
  }

  /** A side's indexes name other paths than before. */
  heard(side: Side, { named }: Tracked, now: number): void {
    const before = this.#exempt.size
    this.#heardAt = now
    this.#named[side] = new Set(named)
    for (const path of named) if (this.#exempt.size < exemptLimit) this.#exempt.add(path)
    this.#noteUnnamed()
    if (this.#exempt.size === before) return this.#tell(otherSide(side))
    for (const each of sides) {
      this.#tell(each)
      this.#fence(each, now, false)
    }
  }

  /** @returns true for a fence of these: its side goes by what it was told */
  fenced(id: number): boolean {
    return this.#fences.delete(id)
  }

  /** False at the start until both sides know it all. */
  get areKnown(): boolean {
    for (const { isFirst } of this.#fences.values()) if (isFirst) return false
    return true
  }

  /** What a barrier waits for: that the sides have looked at what became another thing. */
  *outstanding(): Generator<Outstanding, void, undefined> {
    for (const { since } of this.#fences.values()) yield { path: '', since }
  }

  /** To be called when nothing is under way: what no index names ends where both sides agree. */
  letGo(): void {
    const trees = this.#trees()
    if (this.#unnamed.size === 0 || trees.every((tree, index) => tree === this.#judged[index])) return
    this.#judged = trees
    const before = this.#exempt.size
    for (const path of this.#unnamed) {
      if (!this.#isAgreed(path)) continue
      this.#unnamed.delete(path)
      this.#exempt.delete(path)
    }
    if (this.#exempt.size === before) return
    for (const side of sides) {
      this.#tell(side)
      this.#fence(side, this.#heardAt, false)
    }
  }

  /** With all above it, which is exempt as the way there. */
  #isAgreed(path: Path): boolean {
    for (let above = parentOf(path); above !== ''; above = parentOf(above)) {
      const [agreed, alpha, beta] = this.#trees().map(tree => at(tree, above))
      // What is in a directory is judged by its own path; its mode counts here.
      const isWay = isDirectory(agreed) && sameShallow(agreed, alpha) && sameShallow(agreed, beta)
      if (!isWay && !this.#isSame(above)) return false
    }
    return this.#isSame(path)
  }

  #isSame(path: Path): boolean {
    const { digester } = this.#parts
    const there = this.#trees().map(tree => at(tree, path))
    if (there.some(entry => entry?.kind === 'problem')) return false
    const [agreed, alpha, beta] = there.map(entry => (isSynced(entry) ? entry : undefined))
    return same(alpha, beta, digester) && same(alpha, agreed, digester)
  }

  #trees(): readonly Tree[] {
    const { past, halves } = this.#parts
    return [past.tree, halves.alpha.tree, halves.beta.tree]
  }

  #noteUnnamed(): void {
    this.#unnamed.clear()
    this.#judged = []
    const { alpha, beta } = this.#named
    for (const path of this.#exempt) if (!alpha.has(path) && !beta.has(path)) this.#unnamed.add(path)
  }

  #tell(side: Side): void {
    const { halves, command } = this.#parts
    const other = otherSide(side)
    const { host } = halves[other].facts
    command(side, { type: 'exempt', host, paths: [...this.#exempt], theirs: [...this.#named[other]] })
  }

  #fence(side: Side, since: number, isFirst: boolean): void {
    const id = ownFences + this.#parts.nextId()
    this.#fences.set(id, { since, isFirst })
    this.#parts.command(side, { type: 'fence', id, verify: false })
  }
}
