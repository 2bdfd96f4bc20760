import { massDelete } from '../core/guards.ts'
import { guardEntries, guardShare } from '../core/limits.ts'
import type { Move, Operation, Put, Remove } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { isWithin, rebase } from '../core/path.ts'
import type { Tree } from '../core/tree.ts'
import { at, sameShallow } from '../core/tree.ts'
import type { Clock } from '../ports/clock.ts'

/** Deletes asked for with no longer a pause between them are judged together (ms). */
const windowMs = 10_000

/** What was approved must begin within this (ms): a yes is no yes to what somebody deletes next week. */
const approvalMs = 60_000

/** A hold is told of this long after it began (ms), so that its count is that of the whole deletion. */
const tellAfterMs = 500

/** Held paths named when a hold is told of. */
const namesTold = 5

/** Judging all of them anew at every delete would cost the square of their number: at first, and after this share more. */
const firstLook = guardEntries * guardShare
const lookShare = 1 / 16

interface Window {
  lastAt: number
  /** The root before any of them. */
  readonly before: Tree
  /** By the path that was called so before any of them. */
  readonly removes: Map<Path, Remove>
  /** Directories renamed since, in order. */
  readonly moves: Move[]
  lookAt: number
  /** Why deletes are held, once they are. */
  why: string
}

/** A hold that has begun. */
export interface HeldDeletes {
  readonly why: string
  readonly count: number
  /** Some of the paths. */
  readonly first: readonly Path[]
}

/**
 * The guard of the side where files would be deleted: it counts for itself, whatever the other side says. It counts
 * what is gone in the end: neither a rename beforehand, nor files put where a directory was, nor a pause hides it. What
 * it held stays held until a person approves.
 */
export class DeleteGuard {
  readonly #clock: Clock
  readonly #told: (held: HeldDeletes) => void
  #window: Window | undefined
  /** What was refused, and why. */
  readonly #held = new Map<Path, string>()
  /** Content put elsewhere lately, from what may go next. */
  readonly #clones = new Map<Path, { readonly put: Put; readonly at: number }>()
  #approvedUntil = Number.NEGATIVE_INFINITY
  #cancelTelling: () => void = () => {}

  /** @param told hears of each hold once */
  constructor(clock: Clock, told: (held: HeldDeletes) => void) {
    this.#clock = clock
    this.#told = told
  }

  /** Looks at a whole batch before any of it is carried out, so that nothing goes of a deletion that is held. */
  judge(operations: readonly Operation[], tree: Tree): void {
    if (this.#isApproved || !operations.some(({ kind }) => kind === 'remove')) return
    const window = this.#present(tree)
    if (window.why !== '') return
    const removes = new Map(window.removes)
    const clones: Put[] = []
    for (const operation of operations) {
      if (operation.kind === 'put' && operation.basis !== undefined) clones.push(operation)
      if (operation.kind !== 'remove' || this.#held.has(operation.path)) continue
      if (!sameShallow(at(tree, operation.path), operation.before)) continue
      this.#count(window, operation, removes)
    }
    window.why = this.#look(window, removes, clones)
  }

  /** Why a delete of something that stands there must wait for a person, as part of a sentence; '' when it may pass. */
  refusal(operation: Remove, tree: Tree): string {
    const { path } = operation
    if (this.#isApproved) {
      // What was approved may take longer than that: it ends with the first pause.
      this.#approvedUntil = Math.max(this.#approvedUntil, this.#clock.monotonic() + windowMs)
      return ''
    }
    const held = this.#held.get(path)
    if (held !== undefined) return held
    const window = this.#present(tree)
    if (window.why === '') {
      this.#count(window, operation, window.removes)
      const { size } = window.removes
      if (size < window.lookAt) return ''
      window.lookAt = size + Math.max(1, Math.floor(size * lookShare))
      window.why = this.#look(window, window.removes, [])
    }
    if (window.why !== '') this.#hold(path, window.why)
    return window.why
  }

  /** Takes note of what was carried out. */
  done(operation: Operation): void {
    const { path } = operation
    const window = this.#window
    if (operation.kind === 'remove') this.#clones.delete(path)
    else if (operation.kind === 'move') {
      window?.moves.push({ from: operation.from, to: path })
      for (const [held, why] of [...this.#held]) {
        if (!isWithin(held, operation.from)) continue
        this.#held.delete(held)
        this.#held.set(rebase(held, operation.from, path), why)
      }
    } else {
      this.#held.delete(path)
      this.#clones.delete(path)
      if (operation.basis !== undefined) this.#cloned(operation)
      if (window === undefined) return
      const known = originally(path, window.moves)
      if (window.removes.get(known)?.before.kind === operation.after.kind) window.removes.delete(known)
    }
  }

  /** A person lifted the guard: what was held goes through. */
  approve(): void {
    this.#approvedUntil = this.#clock.monotonic() + approvalMs
    this.#window = undefined
    this.#held.clear()
    this.#cancelTelling()
  }

  close(): void {
    this.#cancelTelling()
  }

  get #isApproved(): boolean {
    return this.#clock.monotonic() < this.#approvedUntil
  }

  /** What did not stand there at first, somebody made meanwhile: it is nobody's loss. */
  #count(window: Window, operation: Remove, removes: Map<Path, Remove>): void {
    const path = originally(operation.path, window.moves)
    if (at(window.before, path) !== undefined) removes.set(path, { ...operation, path })
  }

  #look(window: Window, removes: ReadonlyMap<Path, Remove>, clones: readonly Put[]): string {
    const known = [...this.#clones.values()].map(({ put }) => put)
    return massDelete(window.before, [...known, ...clones, ...removes.values()]).why
  }

  #hold(path: Path, why: string): void {
    const isFirst = this.#held.size === 0
    this.#held.set(path, why)
    if (!isFirst) return
    this.#cancelTelling = this.#clock.after(tellAfterMs, () => {
      if (this.#held.size === 0) return
      this.#told({ why, count: this.#held.size, first: [...this.#held.keys()].slice(0, namesTold) })
    })
  }

  #cloned(put: Put): void {
    const now = this.#clock.monotonic()
    this.#clones.set(put.path, { put, at: now })
    if (!this.#isOpen(now)) this.#forgetClones(now)
  }

  #forgetClones(now: number): void {
    for (const [path, clone] of this.#clones) {
      if (now - clone.at <= windowMs) return
      this.#clones.delete(path)
    }
  }

  #present(tree: Tree): Window {
    const now = this.#clock.monotonic()
    if (this.#window !== undefined && this.#isOpen(now)) {
      this.#window.lastAt = now
      return this.#window
    }
    this.#forgetClones(now)
    this.#window = { lastAt: now, before: tree, removes: new Map(), moves: [], lookAt: firstLook, why: '' }
    return this.#window
  }

  #isOpen(now: number): boolean {
    return this.#window !== undefined && now - this.#window.lastAt <= windowMs
  }
}

/** What a path was called before the moves. */
function originally(path: Path, moves: readonly Move[]): Path {
  return moves.reduceRight((name, { from, to }) => (isWithin(name, to) ? rebase(name, to, from) : name), path)
}
