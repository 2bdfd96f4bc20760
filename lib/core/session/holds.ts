import type { Operation, Side } from '../operation.ts'
import type { GuardKind } from '../operation.ts'
import type { Path } from '../path.ts'
import { isWithin, overlaps, parentOf } from '../path.ts'
import type { Hold } from './messages.ts'
import { sides } from './messages.ts'

/** What guards keep from happening until a person approves. */
export class Holds {
  readonly #whole = new Map<string, Hold>()
  readonly #deletes = { alpha: new Map<Path, string>(), beta: new Map<Path, string>() }
  /** What would go to a trash that is full. */
  readonly #full = { alpha: new Set<Path>(), beta: new Set<Path>() }
  readonly #approved = { alpha: new Set<Path>(), beta: new Set<Path>() }

  /** A guard on a whole root, told of by the session itself or by a side. */
  hold(hold: Hold): boolean {
    const key = keyOf(hold.guard, hold.side)
    const isNew = !this.#whole.has(key)
    this.#whole.set(key, hold)
    return isNew
  }

  lift(guard: GuardKind, side: Side): boolean {
    if (guard === 'trash-full') this.#full[side].clear()
    return this.#whole.delete(keyOf(guard, side))
  }

  has(guard: GuardKind): boolean {
    return this.all().some(hold => hold.guard === guard)
  }

  /** True while nothing at all may be planned. */
  get halts(): boolean {
    for (const hold of this.#whole.values())
      if (hold.guard !== 'mass-delete' && hold.guard !== 'trash-full') return true
    return false
  }

  /** True while a root is not what it was: whatever a person orders must wait. */
  get stops(): boolean {
    return ['root-missing', 'root-replaced', 'root-emptied'].some(guard => this.has(guard as GuardKind))
  }

  /** Keeps the removals of a plan back, unless they were approved, and what is to come in their place. */
  holdRemovals(side: Side, operations: readonly Operation[], why: string): readonly Operation[] {
    const approved = this.#approved[side]
    for (const operation of operations) {
      if (operation.kind === 'remove' && !approved.has(operation.path)) this.#deletes[side].set(operation.path, why)
    }
    return operations.filter(({ path }) => !this.isInTheWay(side, path))
  }

  /** True when something is held at the path or above it: nothing else can take its place until it may go. */
  isInTheWay(side: Side, path: Path): boolean {
    const [deletes, full] = [this.#deletes[side], this.#full[side]]
    if (deletes.size === 0 && full.size === 0) return false
    for (let held = path; held !== ''; held = parentOf(held)) if (deletes.has(held) || full.has(held)) return true
    return false
  }

  /** The side itself holds an operation, though it may have been approved here before. */
  refused(side: Side, path: Path, guard: GuardKind): void {
    if (guard === 'trash-full') {
      this.#full[side].add(path)
      return
    }
    this.#approved[side].delete(path)
    this.#deletes[side].set(path, 'the host where they would be deleted holds them')
  }

  /** A person has seen these removals and wants them. */
  permit(side: Side, paths: readonly Path[]): void {
    for (const path of paths) {
      this.#approved[side].add(path)
      this.#deletes[side].delete(path)
    }
  }

  /** What was permitted at and below a path is so no longer. */
  forbid(side: Side, path: Path): void {
    for (const each of this.#approved[side]) if (isWithin(each, path)) this.#approved[side].delete(each)
  }

  isApproved(side: Side, path: Path): boolean {
    return this.#approved[side].has(path)
  }

  /** A new plan for these paths judges their removals anew. Returns how many were held there. */
  reconsider(scope: readonly Path[]): number {
    let count = 0
    for (const side of sides) {
      for (const path of this.#deletes[side].keys()) {
        if (!scope.some(each => overlaps(each, path))) continue
        this.#deletes[side].delete(path)
        count++
      }
      for (const path of this.#full[side]) if (scope.some(each => overlaps(each, path))) this.#full[side].delete(path)
    }
    return count
  }

  heldDeletes(side: Side): number {
    return this.#deletes[side].size
  }

  /** A person approved: returns the paths to plan anew. */
  approve(guard: GuardKind | undefined): readonly Path[] {
    const paths: Path[] = []
    for (const [key, hold] of this.#whole) {
      if (guard !== undefined && hold.guard !== guard) continue
      this.#whole.delete(key)
      if (hold.guard === 'trash-full') this.#full[hold.side].clear()
      paths.push('')
    }
    if (guard !== undefined && guard !== 'mass-delete') return paths
    for (const side of sides) {
      for (const path of this.#deletes[side].keys()) {
        this.#approved[side].add(path)
        paths.push(path)
      }
      this.#deletes[side].clear()
    }
    return paths
  }

  /** The removal was carried out, or is asked for no more. */
  spent(side: Side, path: Path): void {
    this.#approved[side].delete(path)
    this.#deletes[side].delete(path)
    this.#full[side].delete(path)
  }

  /** True when something is held at or below the path, or the whole root is. A full trash alone holds nothing. */
  holdsUnder(path: Path): boolean {
    return this.all().some(({ guard, paths }) =>
      paths.length === 0 ? guard !== 'trash-full' : paths.some(held => isWithin(held, path)),
    )
  }

  all(): readonly Hold[] {
    const holds = [...this.#whole.values()].map(hold =>
      hold.guard === 'trash-full' ? { ...hold, paths: [...this.#full[hold.side]] } : hold,
    )
    for (const side of sides) {
      const deletes = this.#deletes[side]
      const why = deletes.values().next().value
      if (why !== undefined) holds.push({ guard: 'mass-delete', side, why, paths: [...deletes.keys()] })
    }
    return holds
  }
}

function keyOf(guard: GuardKind, side: Side): string {
  return `${guard}:${side}`
}
