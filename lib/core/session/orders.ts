import type { Digester } from '../entry.ts'
import { massDelete } from '../guards.ts'
import type { ReplicaCommand } from '../messages.ts'
import type { Operation, Side } from '../operation.ts'
import { otherSide } from '../operation.ts'
import type { Path } from '../path.ts'
import { isWithin } from '../path.ts'
import { at, emptyTree, sameShallow, weight } from '../tree.ts'
import type { AgreedPast } from './agreed-past.ts'
import type { DirtyPaths } from './dirty-paths.ts'
import type { Findings } from './findings.ts'
import type { Half } from './half.ts'
import type { Holds } from './holds.ts'
import type { Both, LogLine, SessionEvent } from './messages.ts'
import type { Override, OverridePlan } from './override.ts'
import { overridePlan, partedAbove } from './override.ts'
import type { Planner } from './planner.ts'
import type { Resolving } from './resolving.ts'

/** The parts of a session that an order touches. */
interface Parts {
  readonly past: AgreedPast
  readonly halves: Both<Half>
  readonly dirty: DirtyPaths
  readonly findings: Findings
  readonly holds: Holds
  readonly resolving: Resolving
  readonly planner: Planner
  readonly digester: Digester
  /** The only side whose changes are taken; undefined: both. */
  readonly source: Side | undefined
  readonly command: (side: Side, command: ReplicaCommand) => void
  readonly log: (line: LogLine) => void
}

/**
 * What an override would come to, or why there is none: a guard holds the whole root · the two have never synced and a
 * part of the root cannot be the first · the parent `at` is no directory on both sides · the winner's root is empty ·
 * the loser only sends.
 */
export type Foreseen =
  | { readonly is: 'plan'; readonly plan: OverridePlan }
  | { readonly is: 'halted' | 'first-sync' | 'emptied' | 'one-way' }
  | { readonly is: 'parted'; readonly at: Path }

/** What people order, and which overrides are being carried out. */
export class Orders {
  readonly #parts: Parts
  readonly #overrides = new Map<number, Override>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Lifts the guards that hold, one kind or all. */
  approve(event: SessionEvent & { readonly type: 'approve' }, now: number): void {
    const { past, holds, dirty, planner, command, log } = this.#parts
    const approved = holds.all().filter(hold => event.guard === undefined || hold.guard === event.guard)
    if (approved.some(hold => hold.guard === 'first-sync')) past.enter({ path: '', entry: emptyTree })
    for (const path of holds.approve(event.guard)) dirty.add(path, now)
    if (approved.some(hold => hold.guard === 'mass-delete')) planner.approveDeletes()
    for (const { guard, side, paths } of approved) {
      command(side, { type: 'approve', guard })
      log({ level: 'notice', event: 'approved', side, guard, paths: paths.length })
    }
  }

  /** What the loser holds becomes the common past, so that the winner's version is the only change. */
  resolve(path: Path, take: Side, now: number): void {
    const { past, findings, resolving, dirty, log, source } = this.#parts
    if (findings.conflict(path) === undefined || source === otherSide(take)) return
    dirty.add(path, now)
    const trees = this.#trees
    if (partedAbove(path, trees) !== undefined) return
    past.become(overridePlan({ path, take }, trees, this.#parts.digester).past)
    resolving.begin(path, take)
    log({ level: 'info', event: 'resolved', path, take })
  }

  foresee(override: Override): Foreseen {
    const { path, take } = override
    const { holds, digester, source } = this.#parts
    const trees = this.#trees
    if (source === otherSide(take)) return { is: 'one-way' }
    if (holds.stops) return { is: 'halted' }
    if (path !== '' && holds.has('first-sync')) return { is: 'first-sync' }
    if (path === '' && weight(trees[take]) === 0 && weight(trees[otherSide(take)]) > 0) return { is: 'emptied' }
    const parted = partedAbove(path, trees)
    if (parted !== undefined) return { is: 'parted', at: parted }
    return { is: 'plan', plan: overridePlan(override, trees, digester) }
  }

  /**
   * Begins to carry out what `foresee` says. A person has seen it, so neither the guard of this session nor that of the
   * losing side holds its deletes.
   * @param id of the barrier at which its end is waited for
   */
  override(id: number, override: Override, moment: { readonly now: number; readonly wallClock: number }): void {
    const { past, halves, dirty, holds, planner, command, log } = this.#parts
    const foreseen = this.foresee(override)
    if (foreseen.is !== 'plan') return
    const { path, take } = override
    const loser = otherSide(take)
    const { plan } = foreseen
    this.#label(override, plan.operations, `order-${moment.wallClock.toString(36)}`)
    if (holds.lift('first-sync', 'beta')) past.enter({ path: '', entry: emptyTree })
    past.become(plan.past)
    const removals = plan.operations.filter(({ kind }) => kind === 'remove')
    // Without the content that comes back elsewhere: the other side may be asked to remove before it is told of that.
    const isHeld = massDelete(halves[loser].tree, removals).held || holds.heldDeletes(loser) > 0
    holds.permit(
      loser,
      removals.map(operation => operation.path),
    )
    if (isHeld) command(loser, { type: 'approve', guard: 'mass-delete' })
    dirty.forgetMoves(path)
    planner.dropMoves(path)
    dirty.add(path, moment.now)
    this.#overrides.set(id, override)
    log({ level: 'notice', event: 'override', side: loser, path, paths: plan.operations.length })
  }

  /** Nobody waits at this barrier any more: the override that belongs to it, if one does, is over. */
  end(id: number): Override | undefined {
    const override = this.#overrides.get(id)
    if (override === undefined) return undefined
    const { holds, resolving } = this.#parts
    this.#overrides.delete(id)
    holds.forbid(otherSide(override.take), override.path)
    resolving.forget(override.path)
    return override
  }

  /** True while something is to be done whether or not the session is paused. */
  get isOverriding(): boolean {
    return this.#overrides.size > 0
  }

  /** True for a path that an override is about. */
  covers(path: Path): boolean {
    return [...this.#overrides.values()].some(override => isWithin(path, override.path))
  }

  /** True when an override changes that side there. */
  changes(side: Side, path: Path): boolean {
    return [...this.#overrides.values()].some(each => each.take !== side && isWithin(path, each.path))
  }

  get #trees() {
    const { past, halves } = this.#parts
    return { ancestor: past.tree, alpha: halves.alpha.tree, beta: halves.beta.tree }
  }

  /** All of it comes back together; what only the loser has had is kept like the loser of a conflict. */
  #label({ path, take }: Override, operations: readonly Operation[], group: string): void {
    const { past, resolving } = this.#parts
    resolving.begin(path, take, { group })
    for (const operation of operations) {
      const { before } = operation
      const isAgreed = before === undefined || sameShallow(before, at(past.tree, operation.path))
      if (!isAgreed) resolving.begin(operation.path, take, { group, reason: 'conflict-loser' })
    }
  }
}
