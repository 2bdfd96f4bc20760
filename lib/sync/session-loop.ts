import type { Digester } from '../core/entry.ts'
import type { Answer, Question, ReplicaEvent } from '../core/messages.ts'
import type { GuardKind, Side } from '../core/operation.ts'
import { SyncError } from '../core/errors.ts'
import type { Path } from '../core/path.ts'
import { Latencies } from '../core/session/latencies.ts'
import type { Both, Effect, LogLine, OpenConflict, SessionEvent } from '../core/session/messages.ts'
import { Session } from '../core/session/session.ts'
import type { Carrier } from '../ports/carrier.ts'
import type { Clock } from '../ports/clock.ts'
import { detach } from '../ports/detached.ts'
import type { Gate } from '../ports/gate.ts'
import type { LogEvent } from '../ports/log.ts'
import type { OpenReplica } from '../ports/replica.ts'
import type { Signs } from '../ports/signs.ts'
import type { SessionStore } from '../ports/store.ts'
import { Alarm } from './alarm.ts'
import { AskDesk } from './ask-desk.ts'
import type { Awaiting } from './barrier-desk.ts'
import { BarrierDesk, awaitEvent } from './barrier-desk.ts'
import { conflictInfo } from './conflict-info.ts'
import { noSigns } from './clock-signs.ts'
import { Connection } from './connection.ts'
import { Decisions } from './decisions.ts'
import { EarlyEvents } from './early-events.ts'
import { Lane } from './lane.ts'
import { Ledger } from './ledger.ts'
import type {
  BarrierOptions,
  BarrierResult,
  ConflictInfo,
  Overridden,
  OverrideForecast,
  OverrideOrder,
  PathReport,
  Preference,
  Resolution,
  ResolveResult,
  SessionHandle,
  SessionState,
  SessionStatus,
  ShownVersions,
  Trouble,
} from './session-handle.ts'
import type { SyncMode } from './session-spec.ts'
import { pathReport } from './path-report.ts'
import { sessionFigures, sourceOf, standingUnder } from './session-figures.ts'
import { listed } from './session-handle.ts'
import { StoreRest } from './store-rest.ts'
import { StoreWatch } from './store-watch.ts'
import { stateWithout, troubleOf } from './trouble.ts'

export interface SessionLoopOptions {
  /** Absolute path of the root on this host. */
  readonly root: string
  readonly hosts: Both<string>
  readonly open: Both<OpenReplica>
  readonly store: SessionStore
  readonly clock: Clock
  readonly gate: Gate
  readonly digester: Digester
  readonly paused: boolean
  /** Both ways unless said. */
  readonly mode?: SyncMode
  readonly signs?: Signs
  readonly random?: () => number
  /** Brings large files by a connection of its own, where there is such a way. */
  readonly carrier?: Carrier
}

/**
 * Binds a session to two replicas, a store, a clock and a gate: feeds it what happens, carries out what it asks for,
 * and starts a new one after a lost link, from what was written down.
 */
export class SessionLoop implements SessionHandle {
  readonly root: string
  readonly host: string
  readonly #options: SessionLoopOptions
  readonly #connections: Both<Connection>
  readonly #latencies = new Latencies()
  readonly #barriers: BarrierDesk
  readonly #asks: AskDesk
  readonly #decisions: Decisions
  readonly #lane: Lane | undefined
  readonly #listeners = new Set<(event: LogEvent) => void>()
  readonly #early = new EarlyEvents()
  #session: Session | undefined
  /** Of the last session: the next one's ids start above. */
  #lastId = 0
  #starting = false
  readonly #watch: StoreWatch
  readonly #ledger: Ledger
  readonly #alarm: Alarm
  readonly #rest: StoreRest
  #paused: boolean
  #since: number
  #state: SessionState = 'connecting'
  #closed = false
  readonly #stopGate: () => void

  constructor(options: SessionLoopOptions) {
    this.#options = options
    this.root = options.root
    this.host = options.hosts.beta
    this.#paused = options.paused
    const { clock, open, gate } = options
    this.#since = clock.now()
    this.#barriers = new BarrierDesk(clock, () => ++this.#lastId)
    this.#asks = new AskDesk(clock)
    this.#decisions = new Decisions({
      host: this.host,
      digester: options.digester,
      session: () => this.#session,
      step: event => this.#step(event),
      source: sourceOf(options.mode),
      ask: (side, question) => this.ask(side, question),
      describe: conflict => this.#describe(conflict),
      wait: (awaiting, signal) => this.#wait(awaiting, signal),
    })
    this.#lane = options.carrier && this.#openLane(options.carrier)
    this.#alarm = new Alarm(clock, () => this.#step({ type: 'tick' }))
    this.#watch = new StoreWatch(options.store, clock, error => this.#storeFailed(error))
    this.#rest = new StoreRest(clock, () => {
      this.#start()
      this.#noteState()
    })
    this.#ledger = new Ledger(options.store, () => this.#watch.written())
    const connect = (side: Side, baseline: Side): Connection =>
      new Connection({
        open: open[side],
        clock,
        // The other side's tree is most likely much like this one's.
        baseline: () => this.#connections[baseline].tree ?? this.#session?.ancestor,
        heard: (event, again) => this.#heard(side, event, again),
        signs: options.signs ?? noSigns,
        ...(options.random && { random: options.random }),
      })
    this.#connections = { alpha: connect('alpha', 'beta'), beta: connect('beta', 'alpha') }
    this.#stopGate = gate.onChange(root => {
      if (root === this.root) this.#step({ type: 'gates', shut: gate.shut(root) })
    })
    this.#connections.alpha.connect()
    this.#connections.beta.connect()
  }

  status(): SessionStatus {
    const { alpha, beta } = this.#connections
    const latency = this.#latencies.figures()
    return {
      root: this.root,
      host: this.host,
      state: this.#state,
      ...this.#trouble(),
      since: this.#since,
      ...sessionFigures(this.#session),
      mode: this.#options.mode ?? 'two-way',
      ...(latency !== undefined && { latency }),
      ...(beta.roundTripMs !== undefined && { roundTripMs: beta.roundTripMs }),
      sides: { ...(alpha.facts && { alpha: alpha.facts }), ...(beta.facts && { beta: beta.facts }) },
    }
  }

  conflicts(): readonly ConflictInfo[] {
    return (this.#session?.conflicts() ?? [])
      .map(conflict => this.#describe(conflict))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1))
  }

  barrier(options: BarrierOptions, signal: AbortSignal): Promise<BarrierResult> {
    return this.#wait(options, signal)
  }

  #wait(options: Awaiting, signal: AbortSignal): Promise<BarrierResult> {
    // Whoever asks wants it tried now: the next failure is the answer.
    this.#rest.end()
    const state = this.#state
    if (state === 'disconnected') for (const side of ['alpha', 'beta'] as const) this.#connections[side].retry()
    this.#noteState()
    if (state === 'halted' && this.#session === undefined)
      return Promise.resolve(this.#result(state, options.path ?? '', []))
    const wait = this.#barriers.open(options, signal, ended => {
      const isAway = ended === 'timeout' && this.#session === undefined && this.#trouble().why !== undefined
      const state = isAway ? 'disconnected' : ended
      const waiting = state === 'timeout' ? (this.#session?.waiting(wait.id, waitingShown) ?? []) : []
      if (this.#session !== undefined && state === 'timeout') this.#step({ type: 'barrier-over', id: wait.id })
      return this.#result(state, options.path ?? '', waiting)
    })
    this.#step(awaitEvent(wait.id, options))
    return wait.result
  }

  about(path: Path): PathReport | undefined {
    const state = this.#session?.about(path, this.#options.clock.monotonic())
    return state && pathReport(state, conflict => this.#describe(conflict))
  }

  differing(path: Path, limit: number): readonly Path[] {
    return this.#session?.differing(path, limit) ?? []
  }

  resolve(path: Path, how: Resolution, expected?: ShownVersions): Promise<ResolveResult> {
    return this.#decisions.resolve(path, how, expected)
  }

  foresee(order: OverrideOrder, signal: AbortSignal): Promise<OverrideForecast> {
    return this.#decisions.foresee(order, signal)
  }

  override(order: OverrideOrder, mark: string, signal: AbortSignal): Promise<Overridden> {
    return this.#decisions.override(order, mark, signal)
  }

  ask(side: Side, question: Question): Promise<Answer> {
    const { id, answer } = this.#asks.open(() => ++this.#lastId)
    if (this.#connections[side].isReady) this.#connections[side].send({ type: 'ask', id, question })
    else
      this.#asks.answered(id, {
        about: 'error',
        code: 'TRANSPORT_LOST',
        message: `${this.#options.hosts[side]} is not connected`,
      })
    return question.about === 'restore' ? this.#noteRestored(side, question.trash, answer) : answer
  }

  async #noteRestored(side: Side, ids: readonly string[], asked: Promise<Answer>): Promise<Answer> {
    const answer = await asked
    if (answer.about === 'restore') this.#step({ type: 'restored', side, paths: answer.restored, ids })
    return answer
  }

  async approve(guard?: GuardKind, prefer?: Preference): Promise<void> {
    this.#decisions.preferNewest = prefer === 'newest'
    this.#step({ type: 'approve', guard, prefer: prefer === 'alpha' || prefer === 'beta' ? prefer : undefined })
    this.wake()
  }

  pause(): void {
    this.#paused = true
    this.#step({ type: 'pause' })
  }

  resume(): void {
    this.#paused = false
    this.#step({ type: 'resume' })
    this.wake()
  }

  wake(): void {
    this.#rest.end()
    for (const side of ['alpha', 'beta'] as const) this.#connections[side].retry()
    this.#noteState()
  }

  onEvent(listen: (event: LogEvent) => void): () => void {
    this.#listeners.add(listen)
    return () => this.#listeners.delete(listen)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#stopGate()
    this.#watch.close()
    this.#rest.close()
    this.#alarm.close()
    this.#barriers.end('disconnected')
    this.#asks.end('the session is closed')
    await Promise.all([this.#lane?.close(), this.#connections.alpha.close(), this.#connections.beta.close()])
    try {
      await this.#options.store.close()
    } catch (error) {
      // What was not written is found again by comparing, at the next start.
      if (!(error instanceof SyncError)) throw error
      this.#log({ level: 'error', event: 'store-failed', code: error.code, why: error.message })
    }
  }

  #openLane(carrier: Carrier): Lane {
    return new Lane({
      carrier,
      clock: this.#options.clock,
      send: (side, command) => this.#connections[side].send(command),
      step: event => this.#step(event),
      log: line => this.#log(line),
      nextId: () => ++this.#lastId,
    })
  }

  #heard(side: Side, event: ReplicaEvent, again: boolean): void {
    if (this.#closed) return
    if (this.#session === undefined) this.#early.heard(side, event)
    if (event.type === 'answer') this.#asks.answered(event.id, event.answer)
    else if (event.type === 'closed') this.#lost(side, event, again)
    else if (event.type === 'ready') this.#start()
    else this.#step({ type: 'replica', side, event })
    this.#lane?.heard(side, event)
    this.#noteState()
  }

  #lost(side: Side, event: ReplicaEvent & { type: 'closed' }, again: boolean): void {
    if (!again) this.#log({ level: 'warning', event: 'lost', side, code: event.code, why: event.why })
    this.#endSession()
    this.#asks.end(`${this.#options.hosts[side]} was lost: ${event.why}`)
    // A link that comes back at once is worth waiting for.
    if (this.#connections[side].isHalted) this.#barriers.end('halted')
    else if (this.#connections[side].hasFailed) this.#barriers.end('disconnected')
  }

  #endSession(): void {
    this.#lastId = Math.max(this.#lastId, this.#session?.lastId ?? 0)
    this.#session = undefined
    this.#barriers.endOverrides()
    this.#ledger.forgetMarks()
    this.#lane?.stop()
  }

  /** Starts a session from what was written down when both sides are there. */
  #start(): void {
    const { alpha, beta } = this.#connections
    if (!alpha.isReady || !beta.isReady || this.#starting || this.#session !== undefined) return
    if (this.#closed || this.#rest.error !== undefined) return
    this.#starting = true
    const started = (error?: unknown): void => {
      this.#starting = false
      if (error !== undefined) this.#storeFailed(error)
      // A side may have gone and come back while the store was read.
      else this.#start()
    }
    detach(
      this.#load().then(() => started(), started),
      this.#options.clock,
    )
  }

  /** What failed to be written must not be built upon: the next session starts from what is there. */
  #storeFailed(error: unknown): void {
    if (!(error instanceof SyncError)) throw error
    this.#log({ level: 'error', event: 'store-failed', code: error.code, why: error.message })
    this.#rest.begin(error)
    this.#endSession()
    this.#noteState()
    this.#barriers.end('halted')
  }

  async #load(): Promise<void> {
    const { alpha, beta } = this.#connections
    if (alpha.facts === undefined || beta.facts === undefined) return
    const boots = { alpha: alpha.facts.bootId, beta: beta.facts.bootId }
    await this.#options.store.settled()
    const known = await this.#options.store.load(boots)
    if (this.#closed || !alpha.isReady || !beta.isReady || alpha.tree === undefined || beta.tree === undefined) return
    if (alpha.facts.bootId !== boots.alpha || beta.facts.bootId !== boots.beta) return
    if (known.damaged)
      this.#log({
        level: 'warning',
        event: 'store-damaged',
        why: 'content is compared anew and nothing is deleted for it',
      })
    this.#session = new Session(
      {
        ancestor: known.ancestor,
        sides: {
          alpha: { tree: alpha.tree, facts: alpha.facts, tracked: alpha.tracked },
          beta: { tree: beta.tree, facts: beta.facts, tracked: beta.tracked },
        },
        conflicts: known.conflicts.map(({ path, kind, since, copies }) => ({ path, kind, since, copies })),
        paused: this.#paused,
        source: sourceOf(this.#options.mode),
        laneBytes: this.#options.carrier?.fromBytes ?? Number.POSITIVE_INFINITY,
        lastId: this.#lastId,
      },
      this.#options.digester,
      this.#latencies,
    )
    this.#step({ type: 'gates', shut: this.#options.gate.shut(this.root) })
    this.#step({ type: 'start' })
    for (const early of this.#early.take()) this.#step({ type: 'replica', ...early })
    for (const { id, options } of this.#barriers.waiting()) {
      this.#step(awaitEvent(id, options))
    }
    this.#noteState()
  }

  #step(event: SessionEvent): void {
    if (this.#session === undefined) return
    const { clock } = this.#options
    const effects = this.#session.step(event, clock.monotonic(), clock.now())
    for (const effect of effects) this.#carryOut(effect)
    if (this.#session !== undefined) this.#decisions.settle(effects)
    this.#noteState()
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'command':
        return this.#connections[effect.side].send(effect.command)
      case 'carry':
        return this.#lane?.carry(effect)
      case 'end-carry':
        return this.#lane?.drop(effect.side, effect.digest)
      case 'remember':
      case 'mark':
      case 'fold':
      case 'save-conflict':
      case 'remove-conflict':
        return this.#ledger.enter(effect)
      case 'log':
        return this.#log(effect.line)
      case 'barrier':
        return this.#barriers.over(effect.id, effect.state)
      case 'wake':
        return this.#alarm.set(effect.at)
    }
  }

  #noteState(): void {
    const state = this.#session?.phase ?? stateWithout(this.#connections, this.#rest.error)
    if (state === this.#state) return
    this.#state = state
    this.#since = this.#options.clock.now()
  }

  #log(line: LogLine): void {
    const { side, ...rest } = line
    const event: LogEvent = {
      at: this.#options.clock.now(),
      ...rest,
      ...(side !== undefined && { side, on: this.#options.hosts[side] }),
    }
    for (const listen of this.#listeners) listen(event)
  }

  #describe(conflict: OpenConflict): ConflictInfo {
    return conflictInfo(conflict, { root: this.root, hosts: this.#options.hosts, digester: this.#options.digester })
  }

  #trouble(): Trouble {
    return troubleOf(this.#connections, this.#rest.error)
  }

  #result(state: BarrierResult['state'], path: Path, waiting: readonly Path[]): BarrierResult {
    const trouble = this.#session === undefined ? this.#trouble() : {}
    return { state, ...trouble, waiting: listed(waiting), ...standingUnder(this.#session, path) }
  }
}

/** Paths named when a barrier runs out of time. */
const waitingShown = 100
