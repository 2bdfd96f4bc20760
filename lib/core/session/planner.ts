import type { Digester } from '../entry.ts'
import { isDirectory } from '../entry.ts'
import type { Operation, Side } from '../operation.ts'
import { otherSide } from '../operation.ts'
import type { Path } from '../path.ts'
import { overlaps } from '../path.ts'
import { reconcile } from '../reconcile.ts'
import { at } from '../tree.ts'
import type { AgreedPast } from './agreed-past.ts'
import type { DirtyPaths } from './dirty-paths.ts'
import type { Findings } from './findings.ts'
import type { Half } from './half.ts'
import type { Holds } from './holds.ts'
import type { Both, LogLine, OpenConflict } from './messages.ts'
import { sides } from './messages.ts'
import type { Outgoing } from './outgoing.ts'
import { RecentDeletes } from './recent-deletes.ts'
import type { Resolving } from './resolving.ts'
import type { Source, Task } from './task.ts'
import { respelled } from './task.ts'
import { senderHolds, stillStands } from './validity.ts'

/** The parts of a session that planning touches. */
interface Parts {
  readonly past: AgreedPast
  readonly halves: Both<Half>
  readonly dirty: DirtyPaths
  readonly findings: Findings
  readonly holds: Holds
  readonly resolving: Resolving
  readonly digester: Digester
  /** The only side whose changes are taken; undefined: both. */
  readonly source: Side | undefined
  readonly log: (line: LogLine) => void
  readonly takeId: () => number
}

interface Moment {
  /** Subtrees held still by a gate. */
  readonly shut: readonly Path[]
  readonly now: number
  readonly wallClock: number
  /** Nothing but this may happen. */
  readonly only?: Only | undefined
}

/** What a person ordered, on a session that rests otherwise. */
interface Only {
  readonly covers: (path: Path) => boolean
  readonly changes: (side: Side, path: Path) => boolean
}

/** Held deletes named in the log; `status` has more of them. */
const namesLogged = 5

/** Turns dirty paths into operations, and sends those that still stand. */
export class Planner {
  readonly #parts: Parts
  readonly #deletes: Both<RecentDeletes> = { alpha: new RecentDeletes(), beta: new RecentDeletes() }

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * Plans every dirty path that nothing stands in the way of.
   * @returns conflicts that are new
   */
  plan(moment: Moment): readonly OpenConflict[] {
    const { past, halves, dirty, findings, holds, digester, source } = this.#parts
    const { only } = moment
    const taken = dirty.take(path => (only?.covers(path) ?? true) && this.#isFree(path, moment.shut))
    if (taken.scope.length === 0) return []
    const { moves } = taken
    const scope = only === undefined ? findings.withConflictsAbove(taken.scope) : taken.scope
    const trees = { ancestor: past.tree, alpha: halves.alpha.tree, beta: halves.beta.tree }
    const plan = reconcile({ ...trees, moves, scope, digester, source })
    const since = Math.min(taken.since, ...sides.map(side => this.#dropQueued(side, scope)))
    const wereHeld = { alpha: holds.heldDeletes('alpha') > 0, beta: holds.heldDeletes('beta') > 0 }
    holds.reconsider(scope)
    for (const change of plan.agreed) {
      if (!past.enter(change)) dirty.add('from' in change ? change.to : change.path, since)
    }
    const opened = findings.revise(scope, plan, { since, wallClock: moment.wallClock })
    for (const side of sides) {
      const operations = side === 'alpha' ? plan.toAlpha : plan.toBeta
      const wanted = operations.filter(({ path }) => only?.changes(side, path) ?? true)
      this.#enqueue(side, wanted, {
        ...{ since, now: moment.now, wereHeld: wereHeld[side] },
      })
    }
    return opened
  }

  /** A person approved what the guard on deletes held. */
  approveDeletes(): void {
    for (const side of sides) this.#deletes[side].forget()
  }

  /** Queued moves that a path has to do with are planned anew. */
  dropMoves(path: Path): void {
    for (const side of sides) for (const task of this.#parts.halves[side].outbox.dropMoves(path)) this.#replan(task)
  }

  /** What can go out to a side now. What no longer stands is planned again. */
  dispatch(side: Side, now: number, only?: Only): Outgoing {
    const { halves, holds, takeId } = this.#parts
    const receiver = halves[side]
    const sender = halves[otherSide(side)]
    const stands = (task: Task): boolean =>
      task.operations.every((operation, index) =>
        stillStands(operation, { receiver: receiver.tree, sender: sender.tree, isEmptied: index > 0 }),
      )
    const out = receiver.outbox.next(stands, takeId, task => only?.changes(side, task.path) ?? true)
    // What made it void is dirty already; the wait keeps a plan that can never stand from spinning.
    for (const task of out.voided) {
      if (holds.isInTheWay(side, task.path)) continue
      this.#replan(task)
      receiver.stall(task.path, now)
    }
    return out
  }

  /** False while an operation on its way, a failure put off, or a shut gate stands in the way of planning a path. */
  #isFree(path: Path, shut: readonly Path[]): boolean {
    const { halves } = this.#parts
    const deep = this.#isDirectoryAnywhere(path)
    const isTaken = (side: Side): boolean => halves[side].outbox.isBusy(path, deep) || halves[side].isStalled(path)
    return !sides.some(isTaken) && !shut.some(each => overlaps(each, path))
  }

  #isDirectoryAnywhere(path: Path): boolean {
    const { past, halves } = this.#parts
    return isDirectory(at(past.tree, path)) || sides.some(side => isDirectory(at(halves[side].tree, path)))
  }

  /** What was queued there is planned anew. Says when the oldest of it was first heard of. */
  #dropQueued(side: Side, scope: readonly Path[]): number {
    const { outbox } = this.#parts.halves[side]
    let since = Number.POSITIVE_INFINITY
    for (const path of scope) {
      const dropped = outbox.drop(path, this.#isDirectoryAnywhere(path))
      since = Math.min(since, dropped.since)
      for (const task of dropped.moves) this.#replan(task)
    }
    return since
  }

  #enqueue(
    side: Side,
    operations: readonly Operation[],
    context: { readonly since: number; readonly now: number; readonly wereHeld: boolean },
  ): void {
    if (operations.length === 0) return
    const { halves, holds, resolving, log } = this.#parts
    const half = halves[side]
    const unapproved = operations.filter(({ path }) => !holds.isApproved(side, path))
    const guard = this.#deletes[side].judge(half.tree, unapproved, context.now)
    const passed = guard.held ? holds.holdRemovals(side, operations, guard.why) : operations
    if (passed.length < operations.length && !context.wereHeld) {
      const paths = operations.flatMap(({ kind, path }) => (kind === 'remove' ? [path] : []))
      const first = paths.slice(0, namesLogged)
      log({ level: 'warning', event: 'held', side, guard: 'mass-delete', why: guard.why, paths: paths.length, first })
    }
    const sender = halves[otherSide(side)].tree
    const source = (operation: Operation): Source => ({ path: operation.path, agrees: senderHolds(operation, sender) })
    const { caseSensitive, normalising } = half.facts
    const ordered = caseSensitive && !normalising ? passed : respelled(passed)
    const reasoned = ordered.map(operation => resolving.labelled(operation, side))
    for (const task of half.outbox.add(reasoned, source, context.since)) this.#replan(task)
  }

  /** What a task was to bring about is planned anew: for a move, under both names. */
  #replan({ operations, path, since }: Task): void {
    const { dirty } = this.#parts
    dirty.add(path, since)
    for (const operation of operations) if (operation.kind === 'move') dirty.add(operation.from, since)
  }
}
