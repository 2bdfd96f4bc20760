import type { Digester } from '../entry.ts'
import { folded } from '../folded-name.ts'
import type { ReplicaEvent } from '../messages.ts'
import type { Notice, Outcome, Problem, Side, Untaken } from '../operation.ts'
import type { Path } from '../path.ts'
import { isWithin, parentOf } from '../path.ts'
import type { Plan } from '../plan.ts'
import type { Keeper } from './keeper.ts'
import type { Effect, LogLine, OpenConflict, SessionEvent, SessionStart } from './messages.ts'
import { Conflicts, Standing } from './standing.ts'

/** Notices kept for `status`; the audit log has them all. */
const noticesKept = 200

/** Where effects go. */
export interface Outlet {
  readonly effect: (effect: Effect) => void
  readonly log: (line: LogLine) => void
}

/** When what was planned was first heard of (monotonic ms), and the time of day (ms since 1970). */
interface Heard {
  readonly since: number
  readonly wallClock: number
}

/** What plans and operations found that a person may want to know: conflicts, problems, refusals of a disk, notices. */
export class Findings {
  readonly #conflicts: Conflicts
  readonly #problems = new Standing<Problem>()
  readonly #refusals = new Standing<Problem>()
  readonly #notices = new Standing<Notice>()
  readonly #untaken = new Standing<Untaken>()
  readonly #keeper: Keeper
  readonly #outlet: Outlet

  constructor(known: SessionStart['conflicts'], digester: Digester, keeper: Keeper, outlet: Outlet) {
    this.#keeper = keeper
    this.#outlet = outlet
    this.#conflicts = new Conflicts(digester)
    for (const conflict of known)
      this.#conflicts.set({ ancestor: undefined, alpha: undefined, beta: undefined, ...conflict })
  }

  conflict(path: Path): OpenConflict | undefined {
    return this.#conflicts.get(path)
  }

  get conflicts(): readonly OpenConflict[] {
    return this.#conflicts.all()
  }

  hasConflictUnder(path: Path): boolean {
    return this.#conflicts.under(path).next().done !== true
  }

  /** The paths, and those of conflicts above them: a conflict is judged anew whenever something changes at or below it. */
  withConflictsAbove(paths: readonly Path[]): readonly Path[] {
    if (this.#conflicts.size === 0) return paths
    const above = new Set<Path>()
    for (const path of paths) {
      for (let parent = path; parent !== ''; parent = parentOf(parent))
        if (this.#conflicts.get(parent) !== undefined) above.add(parent)
    }
    return above.size === 0 ? paths : [...new Set([...paths, ...above])]
  }

  get problems(): readonly Problem[] {
    return [...this.#problems.all().filter(isLasting), ...this.#refusals.all()]
  }

  hasProblemUnder(path: Path): boolean {
    return this.#problems.under(path).some(isLasting) || this.#refusals.under(path).length > 0
  }

  get notices(): readonly Notice[] {
    return this.#notices.all()
  }

  /** What the side that only receives has changed. */
  get untaken(): readonly Untaken[] {
    return this.#untaken.all()
  }

  /** True for a path a disk refused, or a directory above it, until that side says more about it. */
  isRefused(path: Path): boolean {
    return this.#refusals.size > 0 && this.#refusals.all().some(problem => isWithin(path, problem.path))
  }

  /** The paths, and those that a disk refused because it takes their names for one of these. */
  withRespelled(paths: readonly Path[]): readonly Path[] {
    const refused = this.#refusals.all().filter(({ why }) => why === 'SPELLING')
    if (refused.length === 0) return paths
    const heard = new Set(paths.map(folded))
    return [...paths, ...refused.map(({ path }) => path).filter(path => heard.has(folded(path)))]
  }

  /**
   * Takes what a plan for these paths found.
   * @returns conflicts that are new
   */
  revise(scope: readonly Path[], plan: Plan, { since, wallClock }: Heard): readonly OpenConflict[] {
    const { opened, moved, closed } = this.#conflicts.revise(scope, plan.conflicts, wallClock)
    const missed = plan.conflicts
      .filter(({ path }) => this.#keeper.takeMissed(path))
      .flatMap(({ path }) => this.#conflicts.get(path) ?? [])
    for (const conflict of new Set([...opened, ...moved, ...missed])) {
      this.#keeper.keep(conflict, since)
      this.#outlet.effect({ type: 'save-conflict', conflict })
    }
    for (const { path, kind } of opened) this.#outlet.log({ level: 'warning', event: 'conflict', path, kind })
    for (const { path } of closed) {
      this.#keeper.release(path)
      this.#outlet.effect({ type: 'remove-conflict', path })
      this.#outlet.log({ level: 'info', event: 'conflict-closed', path })
    }
    for (const { side, path, why } of this.#problems.revise(scope, plan.problems).filter(isLasting)) {
      this.#outlet.log({ level: 'warning', event: 'problem', side, path, why })
    }
    for (const notice of plan.notices) this.notice(notice)
    this.#noteUntaken(this.#untaken.revise(scope, plan.untaken))
    return opened
  }

  /** A side that only receives may hold much that the other has never had. */
  #noteUntaken(fresh: readonly Untaken[]): void {
    const level = 'notice'
    for (const { path, side, how } of fresh.slice(0, noticesKept))
      this.#outlet.log({ level, event: 'not-taken', side, path, how })
    const rest = fresh.length - noticesKept
    if (rest > 0) this.#outlet.log({ level, event: 'not-taken', side: fresh[0]?.side ?? 'beta', paths: rest })
  }

  notice(notice: Notice): void {
    const { path, kind, side } = notice
    if (this.#notices.add(notice)) this.#outlet.log({ level: 'notice', event: kind, path, ...(side && { side }) })
    this.#notices.trim(noticesKept)
  }

  /** A side noticed something. What it recovered is for a person to look at. */
  remark(side: Side, { code, path, why, trash }: ReplicaEvent & { readonly type: 'remark' }): void {
    if (code === 'RULES') return this.#rulesChanged({ path, kind: 'rules', side, why })
    const line = { event: 'remark', side, path, code, why }
    // What the rules lack stands in the status among them.
    if (code === 'GIT_INDEX') this.#notices.add({ path, kind: 'rules', side, why })
    if (trash === undefined) return this.#outlet.log({ level: 'notice', ...line })
    this.#outlet.log({ level: 'warning', ...line, trash, next: `dsync undo ${trash}` })
    this.#notices.add({ path, kind: 'recovered', side, why, trash })
    this.#notices.trim(noticesKept)
  }

  /** Both sides get the same rules and mostly say the same of them: that is told once. */
  #rulesChanged(notice: Notice & { readonly side: Side }): void {
    const { path, side, why } = notice
    const isOf = (other: Notice): boolean => other.kind === 'rules' && other.path === path
    this.#notices.drop(other => isOf(other) && other.side === side)
    if (this.#notices.all().some(other => isOf(other) && other.why === why)) return
    this.#notices.add(notice)
    this.#notices.trim(noticesKept)
    this.#outlet.log({ level: 'notice', event: 'rules', side, path, why })
  }

  /** What lay in the trash was brought back. */
  restored({ side, paths, ids }: SessionEvent & { readonly type: 'restored' }): void {
    const [back, brought] = [new Set(paths), new Set(ids)]
    this.#notices.drop(({ path, trash, side: where }) => {
      return where === side && back.has(path) && trash !== undefined && brought.has(trash)
    })
  }

  /** A disk refused an operation. */
  refused(side: Side, outcome: Outcome & { result: 'failed' }): void {
    const { path, code, message } = outcome
    if (this.#refusals.add({ path, side, why: code }))
      this.#outlet.log({ level: 'warning', event: 'failed', side, path, code, why: message })
  }

  /** What a side would not change because it ignores it. */
  get ignored(): readonly Path[] {
    if (this.#refusals.size === 0) return []
    return this.#refusals.all().flatMap(({ path, why }) => (why === 'IGNORED' ? [path] : []))
  }

  /** Something was heard of these paths: whether a disk still refuses them is to be seen. */
  heard(paths: readonly Path[]): void {
    if (this.#refusals.size > 0) this.#refusals.forget(paths)
  }

  /** A copy of one side's version was kept on the other, or could not be. */
  kept(event: ReplicaEvent & { readonly type: 'kept' }): void {
    const { copy, why } = event
    const keep = this.#keeper.kept(event)
    const conflict = keep && this.#conflicts.get(keep.path)
    if (keep === undefined || conflict === undefined) return
    if (copy === undefined) {
      if (keep.isTold) return
      return this.#outlet.log({ level: 'warning', event: 'copy-failed', side: keep.holder, path: keep.path, why })
    }
    const next = { ...conflict, copies: { ...conflict.copies, [keep.holder]: copy } }
    this.#conflicts.set(next)
    this.#outlet.effect({ type: 'save-conflict', conflict: next })
  }
}

/** A file that is still being hashed is no problem to show anybody. */
function isLasting(problem: Problem): boolean {
  return problem.why !== 'PENDING'
}
