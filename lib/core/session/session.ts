import type { Digester } from '../entry.ts'
import type { ReplicaCommand, ReplicaEvent } from '../messages.ts'
import type { Side } from '../operation.ts'
import { otherSide } from '../operation.ts'
import type { Path } from '../path.ts'
import type { Tree } from '../tree.ts'
import { emptyTree, weight } from '../tree.ts'
import { AgreedPast } from './agreed-past.ts'
import type { Awaited, Outstanding } from './barriers.ts'
import { Barriers } from './barriers.ts'
import { Checkpoints } from './checkpoints.ts'
import { DirtyPaths } from './dirty-paths.ts'
import { Exemptions } from './exemptions.ts'
import { Findings } from './findings.ts'
import { Half } from './half.ts'
import { Holds } from './holds.ts'
import { Keeper } from './keeper.ts'
import type { Latencies } from './latencies.ts'
import type { BarrierState, Both, Effect, LogLine, OpenConflict, SessionEvent, SessionStart } from './messages.ts'
import { sides } from './messages.ts'
import { openingHolds, readyLine } from './opening.ts'
import type { Foreseen } from './orders.ts'
import { Orders } from './orders.ts'
import type { Override } from './override.ts'
import type { PathState } from './path-state.ts'
import { differingPaths, pathState } from './path-state.ts'
import { Planner } from './planner.ts'
import { Resolving } from './resolving.ts'
import { Settlement } from './settlement.ts'

/**
 * One root on one pair of hosts, as a state machine without I/O: `step` takes what happened and returns what to do.
 * It lives while both sides are there; after a lost link a new one starts from what was written down.
 *
 * Invariants. The ancestor holds at a path only what both sides held at one moment. An operation is planned from three
 * trees and sent only while they still say the same. At most one operation is on its way for a path and everything
 * above and below it. A path whose operation failed is planned again, never forgotten.
 */
export class Session {
  readonly #past: AgreedPast
  readonly #halves: Both<Half>
  readonly #isFirst: boolean
  readonly #dirty = new DirtyPaths()
  readonly #findings: Findings
  readonly #holds = new Holds()
  readonly #barriers = new Barriers()
  readonly #checkpoints = new Checkpoints()
  readonly #settlement: Settlement
  readonly #planner: Planner
  readonly #keeper: Keeper
  readonly #digester: Digester
  readonly #resolving = new Resolving()
  readonly #orders: Orders
  readonly #exemptions: Exemptions
  #prefer: Side | undefined
  #paused: boolean
  #shut: readonly Path[] = []
  #lastId: number
  #lastSyncAt: number | undefined
  #effects: Effect[] = []
  #now = 0
  #wallClock = 0

  constructor(start: SessionStart, digester: Digester, latencies: Latencies) {
    this.#past = new AgreedPast(start.ancestor ?? emptyTree)
    this.#isFirst = start.ancestor === undefined
    this.#halves = {
      alpha: new Half(start.sides.alpha.tree, start.sides.alpha.facts, start.laneBytes),
      beta: new Half(start.sides.beta.tree, start.sides.beta.facts, start.laneBytes),
    }
    this.#paused = start.paused
    this.#lastId = start.lastId
    this.#digester = digester
    this.#keeper = new Keeper({
      command: (side, command) => this.#command(side, command),
      stage: (holder, needs) => this.#halves[holder].outbox.transfers.start(needs, true),
      missed: (side, path, since) => {
        this.#markDirty(path, since)
        this.#halves[side].stall(path, this.#now)
      },
      nextId: () => this.#nextId(),
      hostOf: side => this.#halves[side].facts.host,
    })
    this.#findings = new Findings(start.conflicts, digester, this.#keeper, {
      effect: effect => this.#effects.push(effect),
      log: line => this.#log(line),
    })
    this.#planner = new Planner({
      past: this.#past,
      halves: this.#halves,
      dirty: this.#dirty,
      findings: this.#findings,
      holds: this.#holds,
      resolving: this.#resolving,
      digester,
      source: start.source,
      log: line => this.#log(line),
      takeId: () => this.#nextId(),
    })
    this.#orders = new Orders({
      past: this.#past,
      halves: this.#halves,
      dirty: this.#dirty,
      findings: this.#findings,
      holds: this.#holds,
      resolving: this.#resolving,
      planner: this.#planner,
      digester,
      source: start.source,
      command: (side, command) => this.#command(side, command),
      log: line => this.#log(line),
    })
    this.#exemptions = new Exemptions(
      {
        past: this.#past,
        halves: this.#halves,
        digester,
        command: (side, command) => this.#command(side, command),
        nextId: () => this.#nextId(),
      },
      { alpha: start.sides.alpha.tracked, beta: start.sides.beta.tracked },
    )
    this.#settlement = new Settlement({
      past: this.#past,
      halves: this.#halves,
      dirty: this.#dirty,
      findings: this.#findings,
      holds: this.#holds,
      resolving: this.#resolving,
      latencies,
      log: line => this.#log(line),
    })
  }

  /**
   * Takes one event; the first is `start`.
   * @param now monotonic ms
   * @param wallClock ms since 1970, for labels only
   */
  step(event: SessionEvent, now: number, wallClock: number): readonly Effect[] {
    this.#now = now
    this.#wallClock = wallClock
    this.#take(event)
    this.#advance()
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  get ancestor(): Tree {
    return this.#past.tree
  }

  get lastId(): number {
    return this.#lastId
  }

  conflicts(): readonly OpenConflict[] {
    return this.#findings.conflicts
  }

  /** What an override would come to, by what has been heard so far. */
  foresee(override: Override): Foreseen {
    return this.#orders.foresee(override)
  }

  /** Some of what a barrier still waits for. */
  waiting(barrier: number, limit: number): readonly Path[] {
    return this.#barriers.waiting(barrier, this.#outstanding(), limit)
  }

  /** @param now monotonic ms */
  about(path: Path, now: number): PathState {
    const [past, halves, dirty, findings, holds] = [this.#past, this.#halves, this.#dirty, this.#findings, this.#holds]
    return pathState(path, { past, halves, dirty, findings, holds, shut: this.#shut, digester: this.#digester, now })
  }

  /** The topmost paths at and below one where the two sides do not hold the same, at most `limit`. */
  differing(path: Path, limit: number): readonly Path[] {
    const { alpha, beta } = this.#halves
    return differingPaths(path, { alpha: alpha.tree, beta: beta.tree }, { digester: this.#digester, limit })
  }

  /** Plain figures for `status`. */
  status() {
    const { alpha, beta } = this.#halves
    return {
      phase: this.phase,
      lastSyncAt: this.#lastSyncAt,
      entries: { alpha: weight(alpha.tree), beta: weight(beta.tree) },
      queued: alpha.outbox.queued + beta.outbox.queued + this.#dirty.size,
      inFlight: alpha.outbox.inFlight + beta.outbox.inFlight,
      bytesQueued: alpha.outbox.bytesQueued + beta.outbox.bytesQueued,
      conflicts: this.#findings.conflicts.length,
      problems: this.#findings.problems,
      notices: this.#findings.notices,
      untaken: this.#findings.untaken,
      holds: this.#holds.all(),
    }
  }

  get phase() {
    if (this.#holds.has('first-sync')) return 'first-sync' as const
    if (this.#holds.halts) return 'halted' as const
    if (this.#paused) return 'paused' as const
    return this.#isQuiet ? ('watching' as const) : ('syncing' as const)
  }

  #take(event: SessionEvent): void {
    switch (event.type) {
      case 'start':
        return this.#begin()
      case 'replica':
        return this.#heard(event.side, event.event)
      case 'pause':
      case 'resume':
        this.#paused = event.type === 'pause'
        return this.#log({ level: 'info', event: event.type === 'pause' ? 'paused' : 'resumed' })
      case 'approve':
        this.#prefer = event.prefer
        return this.#orders.approve(event, this.#now)
      case 'resolve':
        return this.#orders.resolve(event.path, event.take, this.#now)
      case 'override':
        this.#orders.override(event.id, event.override, { now: this.#now, wallClock: this.#wallClock })
        return this.#awaitBoth(event.id, event.override.path, 'override')
      case 'restored':
        return this.#findings.restored(event)
      case 'barrier':
        return this.#awaitBoth(event.id, event.path, event.of, event.verify)
      case 'barrier-over':
        return this.#endBarrier(event.id)
      case 'carrying':
        return this.#halves[event.side].outbox.transfers.carrying(event.digest, event.bytes)
      case 'not-carried':
        return this.#halves[event.side].outbox.transfers.notCarried(event.digest)
      case 'gates':
        for (const path of this.#shut) if (!event.shut.includes(path)) this.#markDirty(path)
        this.#shut = event.shut
        return
      case 'tick':
        for (const side of sides) for (const path of this.#halves[side].due(this.#now)) this.#markDirty(path)
    }
  }

  #begin(): void {
    const { alpha, beta } = this.#halves
    const past = this.#isFirst ? undefined : this.#past.tree
    for (const hold of openingHolds({ alpha: alpha.tree, beta: beta.tree }, past, this.#digester)) this.#hold(hold)
    for (const side of sides) this.#log(readyLine(side, this.#halves[side]))
    // From now on these two have a common past, be it empty: after a crash nobody is asked again.
    if (this.#isFirst && !this.#holds.halts) this.#past.enter({ path: '', entry: emptyTree })
    // What a session before this one agreed on may not be durable yet.
    if (!this.#isFirst) this.#checkpoints.changed(this.#now)
    this.#exemptions.begin(this.#now)
    this.#markDirty('')
  }

  #heard(side: Side, event: ReplicaEvent): void {
    const half = this.#halves[side]
    switch (event.type) {
      case 'changed':
        half.tree = event.tree
        this.#halves[otherSide(side)].outbox.offer(event.contents)
        this.#dirty.addMoves(side, event.moves, this.#now)
        for (const path of event.paths) this.#markDirty(path)
        return this.#settlement.heard([...event.paths, ...event.moves.map(({ from }) => from)], this.#now)
      case 'outcomes':
        half.tree = event.tree
        return this.#settlement.settle(side, event, this.#now)
      case 'content': {
        const content = event.bytes === undefined ? undefined : { bytes: event.bytes, mtimeMs: event.mtimeMs }
        if (this.#keeper.content(event.id, content)) return
        const receiver = otherSide(side)
        const { outbox } = this.#halves[receiver]
        const { toReceiver, voided, gone, carry } = outbox.content(event.id, event.bytes, event.mtimeMs)
        for (const command of toReceiver) this.#command(receiver, command)
        if (carry !== undefined) this.#effects.push({ type: 'carry', side: receiver, ...carry })
        if (gone !== undefined) this.#keeper.slotLost(receiver, gone)
        return this.#settlement.void(voided, receiver, this.#now)
      }
      case 'staged': {
        const voided = half.outbox.staged(event.digest, event.state)
        if (event.state === 'full') this.#settlement.noRoom(voided, side, this.#now)
        else this.#settlement.void(voided, side, this.#now)
        if (event.state === 'complete') this.#keeper.slotReady(side, event.digest)
        else if (event.state !== 'more') this.#keeper.slotLost(side, event.digest)
        return
      }
      case 'kept':
        return this.#findings.kept(event)
      case 'fenced':
        for (const path of half.hurry()) this.#markDirty(path)
        if (this.#exemptions.fenced(event.id)) this.#settlement.heard(this.#findings.ignored, this.#now)
        return this.#barriers.fenced(event.id, side, this.#now)
      case 'durable':
        if (this.#checkpoints.durable(event.id, side)) this.#effects.push({ type: 'fold', id: event.id })
        return
      case 'tracked':
        return this.#exemptions.heard(side, event.tracked, this.#now)
      case 'guard':
        return this.#guarded(side, event)
      case 'remark':
        return this.#findings.remark(side, event)
      case 'ready':
      case 'answer':
      case 'reserved':
      case 'closed':
    }
  }

  #guarded(side: Side, event: ReplicaEvent & { type: 'guard' }): void {
    if (event.state === 'held') this.#hold({ guard: event.guard, side, why: event.why, paths: event.paths })
    else if (this.#holds.lift(event.guard, side)) {
      this.#log({ level: 'notice', event: 'lifted', side, guard: event.guard })
      this.#markDirty('')
    }
  }

  #hold(hold: Parameters<Holds['hold']>[0]): void {
    if (this.#holds.hold(hold))
      this.#log({ level: 'warning', event: 'held', side: hold.side, guard: hold.guard, why: hold.why })
  }

  #awaitBoth(id: number, path: Path, of?: Awaited, verify = false): void {
    this.#barriers.add(id, path, of)
    for (const side of sides) this.#command(side, { type: 'fence', id, verify })
  }

  /** Plans what is dirty, sends what can go, answers who waits, and says when to come back. */
  #advance(): void {
    if (this.#mayPlan) {
      const only = this.#paused ? this.#orders : undefined
      const opened = this.#planner.plan({ shut: this.#shut, now: this.#now, wallClock: this.#wallClock, only })
      if (only === undefined) this.#takePreferred(opened)
      for (const side of sides) this.#dispatch(side, only)
    }
    const changes = this.#past.takeUnwritten()
    if (changes.length > 0) {
      this.#effects.push({ type: 'remember', changes })
      this.#checkpoints.changed(this.#now)
    }
    if (this.#isQuiet) this.#exemptions.letGo()
    this.#answerBarriers()
    const quiet = this.#isQuiet
    if (quiet) this.#lastSyncAt = this.#wallClock
    if (this.#checkpoints.isDue(this.#now, quiet)) {
      const id = this.#nextId()
      this.#checkpoints.begin(id)
      this.#effects.push({ type: 'mark', id })
      for (const side of sides) this.#command(side, { type: 'checkpoint', id })
    }
    const next = [this.#checkpoints.nextAt(quiet), this.#halves.alpha.nextDue, this.#halves.beta.nextDue].filter(
      time => time !== undefined,
    )
    if (next.length > 0) this.#effects.push({ type: 'wake', at: Math.min(...next) })
  }

  /** At a first sync somebody may have said whose version wins. */
  #takePreferred(opened: readonly OpenConflict[]): void {
    if (this.#prefer === undefined) return
    for (const { path } of opened) this.#orders.resolve(path, this.#prefer, this.#now)
    if (opened.length > 0) this.#planner.plan({ shut: this.#shut, now: this.#now, wallClock: this.#wallClock })
    this.#prefer = undefined
  }

  #dispatch(side: Side, only: Orders | undefined): void {
    const { toReceiver, toSender, unwanted } = this.#planner.dispatch(side, this.#now, only)
    for (const digest of unwanted) this.#effects.push({ type: 'end-carry', side, digest })
    for (const command of toSender) this.#command(otherSide(side), command)
    for (const command of toReceiver) this.#command(side, command)
  }

  get #mayPlan(): boolean {
    return this.#exemptions.areKnown && !this.#holds.halts && (!this.#paused || this.#orders.isOverriding)
  }

  get #isQuiet(): boolean {
    return this.#dirty.size === 0 && sides.every(side => this.#halves[side].outbox.isEmpty)
  }

  /** What makes waiting pointless: it is told at once. */
  get #refusal(): BarrierState | undefined {
    if (this.#paused) return 'paused'
    if (this.#holds.has('first-sync')) return 'held'
    return this.#holds.halts ? 'halted' : undefined
  }

  #answerBarriers(): void {
    if (this.#barriers.size === 0) return
    const refusal = this.#refusal
    if (refusal !== undefined) {
      for (const id of this.#barriers.idle(this.#holds.stops)) {
        this.#endBarrier(id)
        this.#effects.push({ type: 'barrier', id, state: refusal })
      }
    }
    for (const { id, path } of this.#barriers.over(() => this.#outstanding())) {
      this.#endBarrier(id)
      this.#effects.push({ type: 'barrier', id, state: this.#stateOf(path) })
    }
  }

  #endBarrier(id: number): void {
    this.#barriers.remove(id)
    const ended = this.#orders.end(id)
    // What came of it on the winning side was left alone.
    if (ended !== undefined && this.#paused) this.#markDirty(ended.path)
  }

  /** Dirty, queued or on its way, be it as a copy. A path that a disk refused and that is listed is waited for no longer. */
  *#outstanding(): Generator<Outstanding, void, undefined> {
    for (const item of this.#dirty.outstanding()) if (!this.#findings.isRefused(item.path)) yield item
    for (const side of sides) {
      for (const task of this.#halves[side].outbox.outstanding()) if (!this.#findings.isRefused(task.path)) yield task
    }
    yield* this.#keeper.outstanding()
    yield* this.#exemptions.outstanding()
  }

  #stateOf(path: Path): BarrierState {
    if (this.#findings.hasConflictUnder(path)) return 'conflicts'
    if (this.#holds.holdsUnder(path)) return 'held'
    return this.#findings.hasProblemUnder(path) ? 'problems' : 'synced'
  }

  #markDirty(path: Path, since = this.#now): void {
    this.#dirty.add(path, since)
  }

  #command(side: Side, command: ReplicaCommand): void {
    this.#effects.push({ type: 'command', side, command })
  }

  #log(line: LogLine): void {
    this.#effects.push({ type: 'log', line })
  }

  #nextId(): number {
    return ++this.#lastId
  }
}
