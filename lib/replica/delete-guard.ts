import { massDelete } from '../core/guards.ts'
import { guardEntries, guardShare } from '../core/limits.ts'
import type { Put, Remove } from '../core/operation.ts'
import type { Tree } from '../core/tree.ts'
import type { Clock } from '../ports/clock.ts'

/** Deletes asked for within this of each other are judged together (ms). */
const windowMs = 10_000

/** Judging all of them anew at every delete would cost the square of their number: at first, and after this share more. */
const firstLook = guardEntries * guardShare
const lookShare = 1 / 16

interface Window {
  since: number
  /** The root before any of them. */
  readonly before: Tree
  readonly operations: (Put | Remove)[]
  lookAt: number
  /** Why deletes are held, once they are. */
  why: string
}

/** The guard of the side where files would be deleted: it counts for itself, whatever the other side says. */
export class DeleteGuard {
  readonly #clock: Clock
  #window: Window | undefined
  #isApproved = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What is put elsewhere from a path that goes is moved, not deleted. */
  clones(operation: Put, tree: Tree): void {
    this.#present(tree).operations.push(operation)
  }

  /** Why a delete must wait for a person, as part of a sentence; '' when it may pass. */
  refusal(operation: Remove, tree: Tree): string {
    const window = this.#present(tree)
    if (this.#isApproved) {
      // What was approved may take longer than a window: it ends with the first pause.
      window.since = this.#clock.monotonic()
      return ''
    }
    if (window.why !== '') return window.why
    window.operations.push(operation)
    const { length } = window.operations
    if (length < window.lookAt) return ''
    window.lookAt = length + Math.max(1, Math.floor(length * lookShare))
    window.why = massDelete(window.before, window.operations).why
    return window.why
  }

  /** A person lifted the guard: the next deletes go through. */
  approve(): void {
    this.#isApproved = true
    this.#window = undefined
  }

  #present(tree: Tree): Window {
    const now = this.#clock.monotonic()
    if (this.#window !== undefined && now - this.#window.since <= windowMs) return this.#window
    if (this.#window !== undefined) this.#isApproved = false
    this.#window = { since: now, before: tree, operations: [], lookAt: firstLook, why: '' }
    return this.#window
  }
}
