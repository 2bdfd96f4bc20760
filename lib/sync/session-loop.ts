import type { Digester } from '../core/entry.ts'
import type { Answer, Question, ReplicaEvent } from '../core/messages.ts'
import type { GuardKind, Side } from '../core/operation.ts'
import { SyncError } from '../core/errors.ts'
import type { Path } from '../core/path.ts'
import { isWithin } from '../core/path.ts'
import { Latencies } from '../core/session/latencies.ts'
import type { Both, Effect, LogLine, OpenConflict, SessionEvent } from '../core/session/messages.ts'
import { Session } from '../core/session/session.ts'
import type { Clock } from '../ports/clock.ts'
import { detach } from '../ports/detached.ts'
import type { Gate } from '../ports/gate.ts'
import type { LogEvent } from '../ports/log.ts'
import type { OpenReplica } from '../ports/replica.ts'
import type { SessionStore } from '../ports/store.ts'
import { AskDesk } from './ask-desk.ts'
import { BarrierDesk } from './barrier-desk.ts'
import { chosenSide } from './chosen-side.ts'
import { conflictInfo } from './conflict-info.ts'
import { Connection } from './connection.ts'
import type {
  BarrierOptions,
  BarrierResult,
  ConflictInfo,
  Preference,
  Resolution,
  ResolveResult,
  SessionHandle,
  SessionState,
  SessionStatus,
  ShownVersions,
} from './session-handle.ts'
import { listed } from './session-handle.ts'

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
  readonly #listeners = new Set<(event: LogEvent) => void>()
  readonly #marks = new Map<number, number>()
  #session: Session | undefined
  /** Of the last session: the next one's ids start above. */
  #lastId = 0
  #starting = false
  /** Somebody waits for the store; something was written since that wait began. */
  #isWatching = false
  #isUnwatched = false
  /** Why the store is left alone for a while. */
  #storeWhy: string | undefined
  #paused: boolean
  #preferNewest = false
  #cancelWake: () => void = () => {}
  #wakeAt = Number.POSITIVE_INFINITY
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
    const connect = (side: Side, baseline: Side): Connection =>
      new Connection({
        open: open[side],
        clock,
        // The other side's tree is most likely much like this one's.
        baseline: () => this.#connections[baseline].tree ?? this.#session?.ancestor,
        heard: event => this.#heard(side, event),
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
    const figures = this.#session?.status()
    const why = [alpha.why, beta.why, this.#storeWhy].find(text => text !== undefined)
    const latency = this.#latencies.figures()
    return {
      root: this.root,
      host: this.host,
      state: this.#state,
      ...(why !== undefined && { why }),
      since: this.#since,
      ...(figures?.lastSyncAt !== undefined && { lastSyncAt: figures.lastSyncAt }),
      entries: figures?.entries ?? {},
      queued: figures?.queued ?? 0,
      inFlight: figures?.inFlight ?? 0,
      bytesQueued: figures?.bytesQueued ?? 0,
      conflicts: figures?.conflicts ?? 0,
      problems: listed(figures?.problems ?? []),
      holds: (figures?.holds ?? []).map(hold => ({ ...hold, paths: listed(hold.paths) })),
      notices: listed(figures?.notices ?? []),
      ...(latency !== undefined && { latency }),
      sides: { ...(alpha.facts && { alpha: alpha.facts }), ...(beta.facts && { beta: beta.facts }) },
    }
  }

  conflicts(): readonly ConflictInfo[] {
    return (this.#session?.conflicts() ?? [])
      .map(conflict => this.#describe(conflict))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1))
  }

  barrier(options: BarrierOptions, signal: AbortSignal): Promise<BarrierResult> {
    const lost =
      this.#state === 'disconnected'
        ? ('disconnected' as const)
        : this.#state === 'halted' && this.#session === undefined
          ? ('halted' as const)
          : undefined
    if (lost !== undefined) return Promise.resolve(this.#result(lost, options.path ?? '', []))
    const wait = this.#barriers.open(options, signal, state => {
      const waiting = state === 'timeout' ? (this.#session?.waiting(wait.id, waitingShown) ?? []) : []
      if (this.#session !== undefined && state === 'timeout') this.#step({ type: 'barrier-over', id: wait.id })
      return this.#result(state, options.path ?? '', waiting)
    })
    this.#step({ type: 'barrier', id: wait.id, path: options.path ?? '', verify: options.verify })
    return wait.result
  }

  async resolve(path: Path, how: Resolution, expected?: ShownVersions): Promise<ResolveResult> {
    const conflict = this.#session?.conflicts().find(each => each.path === path)
    if (conflict === undefined) return { state: 'none' }
    const info = this.#describe(conflict)
    if (
      expected !== undefined &&
      (info.sides.alpha.mark !== expected.alpha || info.sides.beta.mark !== expected.beta)
    ) {
      return { state: 'changed', conflict: info }
    }
    const take = await chosenSide(path, how, { ask: (side, question) => this.ask(side, question), host: this.host })
    if (typeof take !== 'string') return take
    const now = this.#session?.conflicts().find(each => each.path === path)
    if (now === undefined) return { state: 'none' }
    const { sides } = this.#describe(now)
    if (sides.alpha.mark !== info.sides.alpha.mark || sides.beta.mark !== info.sides.beta.mark)
      return { state: 'changed', conflict: this.#describe(now) }
    this.#step({ type: 'resolve', path, take })
    return { state: 'resolved' }
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
    return answer
  }

  async approve(guard?: GuardKind, prefer?: Preference): Promise<void> {
    this.#preferNewest = prefer === 'newest'
    this.#step({ type: 'approve', guard, prefer: prefer === 'alpha' || prefer === 'beta' ? prefer : undefined })
    for (const side of ['alpha', 'beta'] as const) this.#connections[side].retry()
    this.#noteState()
  }

  pause(): void {
    this.#paused = true
    this.#step({ type: 'pause' })
  }

  resume(): void {
    this.#paused = false
    this.#step({ type: 'resume' })
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
    this.#cancelWake()
    this.#barriers.end('disconnected')
    this.#asks.end('the session is closed')
    await Promise.all([this.#connections.alpha.close(), this.#connections.beta.close()])
    try {
      await this.#options.store.close()
    } catch (error) {
      // What was not written is found again by comparing, at the next start.
      if (!(error instanceof SyncError)) throw error
      this.#log({ level: 'error', event: 'store-failed', code: error.code, why: error.message })
    }
  }

  #heard(side: Side, event: ReplicaEvent): void {
    if (this.#closed) return
    if (event.type === 'answer') this.#asks.answered(event.id, event.answer)
    else if (event.type === 'closed') this.#lost(side, event)
    else if (event.type === 'ready') this.#start()
    else this.#step({ type: 'replica', side, event })
    this.#noteState()
  }

  #lost(side: Side, event: ReplicaEvent & { type: 'closed' }): void {
    this.#log({ level: 'warning', event: 'lost', side, code: event.code, why: event.why })
    this.#endSession()
    this.#asks.end(`${this.#options.hosts[side]} was lost: ${event.why}`)
    // A link that comes back at once is worth waiting for.
    if (event.verdict === 'halt') this.#barriers.end('halted')
    else if (this.#connections[side].hasFailed) this.#barriers.end('disconnected')
  }

  #endSession(): void {
    this.#lastId = Math.max(this.#lastId, this.#session?.lastId ?? 0)
    this.#session = undefined
    this.#marks.clear()
  }

  /** Starts a session from what was written down when both sides are there. */
  #start(): void {
    const { alpha, beta } = this.#connections
    if (!alpha.isReady || !beta.isReady || this.#starting || this.#session !== undefined) return
    if (this.#closed || this.#storeWhy !== undefined) return
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
    this.#storeWhy = error.message
    this.#endSession()
    this.#noteState()
    this.#options.clock.after(storeAgainMs, () => {
      this.#storeWhy = undefined
      this.#start()
    })
  }

  /** Waits for everything written so far, one wait at a time. */
  #watchStore(): void {
    this.#isUnwatched = true
    if (this.#isWatching) return
    this.#isWatching = true
    this.#isUnwatched = false
    const settled = (error?: unknown): void => {
      this.#isWatching = false
      if (this.#closed) return
      if (error !== undefined) this.#storeFailed(error)
      else if (this.#isUnwatched) this.#watchStore()
    }
    detach(
      this.#options.store.settled().then(() => settled(), settled),
      this.#options.clock,
    )
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
        sides: { alpha: { tree: alpha.tree, facts: alpha.facts }, beta: { tree: beta.tree, facts: beta.facts } },
        conflicts: known.conflicts.map(({ path, kind, since, copies }) => ({ path, kind, since, copies })),
        paused: this.#paused,
        lastId: this.#lastId,
      },
      this.#options.digester,
      this.#latencies,
    )
    this.#step({ type: 'gates', shut: this.#options.gate.shut(this.root) })
    this.#step({ type: 'start' })
    for (const { id, options } of this.#barriers.waiting()) {
      this.#step({ type: 'barrier', id, path: options.path ?? '', verify: options.verify })
    }
    this.#noteState()
  }

  #step(event: SessionEvent): void {
    if (this.#session === undefined) return
    const { clock } = this.#options
    const effects = this.#session.step(event, clock.monotonic(), clock.now())
    for (const effect of effects) this.#carryOut(effect)
    if (this.#preferNewest && this.#session !== undefined) this.#resolveByTime(effects)
    this.#noteState()
  }

  #carryOut(effect: Effect): void {
    const { store } = this.#options
    switch (effect.type) {
      case 'command':
        return this.#connections[effect.side].send(effect.command)
      case 'remember':
        store.append(effect.changes)
        return this.#watchStore()
      case 'mark':
        this.#marks.set(effect.id, store.mark())
        return
      case 'fold': {
        const mark = this.#marks.get(effect.id)
        this.#marks.delete(effect.id)
        if (mark !== undefined) store.fold(mark)
        return this.#watchStore()
      }
      case 'save-conflict':
        store.saveConflict(effect.conflict)
        return this.#watchStore()
      case 'remove-conflict':
        store.removeConflict(effect.path)
        return this.#watchStore()
      case 'log':
        return this.#log(effect.line)
      case 'barrier':
        return this.#barriers.over(effect.id, effect.state)
      case 'wake':
        return this.#wake(effect.at)
    }
  }

  #wake(at: number): void {
    if (at >= this.#wakeAt) return
    this.#cancelWake()
    this.#wakeAt = at
    const { clock } = this.#options
    this.#cancelWake = clock.after(Math.max(0, at - clock.monotonic()), () => {
      this.#wakeAt = Number.POSITIVE_INFINITY
      this.#step({ type: 'tick' })
    })
  }

  /** `--prefer newest` at a first sync: every conflict its plan found is ended by time. */
  #resolveByTime(effects: readonly Effect[]): void {
    const opened = effects.flatMap(effect => (effect.type === 'save-conflict' ? [effect.conflict.path] : []))
    if (opened.length === 0) return
    this.#preferNewest = false
    for (const path of new Set(opened)) void this.resolve(path, { take: 'newest' })
  }

  #noteState(): void {
    const { alpha, beta } = this.#connections
    const state: SessionState =
      this.#session !== undefined
        ? this.#session.phase
        : alpha.isHalted || beta.isHalted
          ? 'halted'
          : alpha.hasFailed || beta.hasFailed
            ? 'disconnected'
            : alpha.isReady || beta.isReady
              ? 'scanning'
              : 'connecting'
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

  #result(state: BarrierResult['state'], path: Path, waiting: readonly Path[]): BarrierResult {
    const figures = this.#session?.status()
    const within = <T extends { readonly path: Path }>(items: readonly T[]): readonly T[] =>
      items.filter(item => isWithin(item.path, path))
    return {
      state,
      waiting: listed(waiting),
      conflicts: listed(within((this.#session?.conflicts() ?? []).map(({ path: at, kind }) => ({ path: at, kind })))),
      problems: listed(within(figures?.problems ?? [])),
      holds: (figures?.holds ?? []).map(hold => ({ ...hold, paths: listed(hold.paths) })),
    }
  }
}

/** Until a store that failed is read again (ms). */
const storeAgainMs = 5000

/** Paths named when a barrier runs out of time. */
const waitingShown = 100
