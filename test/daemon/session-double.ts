import { writeFileSync } from 'node:fs'
import { IgnoreRules } from '../../lib/core/ignore-rules.ts'
import { readIgnoreText } from '../../lib/core/ignore-settings.ts'
import type { Answer, Difference, Question, TrashItem } from '../../lib/core/messages.ts'
import type { Notice, Side, Untaken } from '../../lib/core/operation.ts'
import type { LogEvent } from '../../lib/ports/log.ts'
import type {
  BarrierOptions,
  BarrierResult,
  BarrierState,
  ConflictInfo,
  Hold,
  OpenSession,
  Overridden,
  OverrideForecast,
  OverrideOffer,
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
  VersionInfo,
} from '../../lib/sync/session-handle.ts'
import type { SessionSpec } from '../../lib/sync/session-spec.ts'
import { listed } from '../../lib/sync/session-handle.ts'

/** What a double is made to say. Everything may be changed while it runs. */
export interface Script {
  state?: SessionState
  conflicts?: readonly { readonly path: string; readonly alpha: string; readonly beta: string }[]
  holds?: readonly Hold[]
  problems?: readonly { readonly path: string; readonly side: Side; readonly why: string }[]
  notices?: readonly Notice[]
  untaken?: readonly Untaken[]
  barrier?: BarrierState | 'never'
  /** Why it does not run. */
  trouble?: Trouble
  trash?: Partial<Record<Side, readonly TrashItem[]>>
  about?: (path: string) => PathReport
  /** What an override would come to. */
  forecast?: (order: OverrideOrder) => OverrideForecast
  /** What reading a side anew finds to differ. */
  verified?: Partial<Record<Side, readonly Difference[]>>
  /** Opening it fails with this. */
  fails?: string
}

/** A session without an engine: keeps what it was told, says what its script says. */
export class SessionDouble implements SessionHandle {
  readonly root: string
  readonly host: string
  readonly spec: SessionSpec
  readonly script: Script
  readonly told: string[] = []
  /** How often it was told to try again what is lost. */
  wakes = 0
  #listeners = new Set<(event: LogEvent) => void>()
  #paused: boolean

  constructor(spec: SessionSpec, script: Script = {}) {
    this.root = spec.alpha.root
    this.host = spec.beta.host
    this.spec = spec
    this.script = script
    this.#paused = spec.paused
  }

  status(): SessionStatus {
    const { script } = this
    return {
      root: this.root,
      host: this.host,
      state: this.#paused ? 'paused' : (script.state ?? 'watching'),
      ...script.trouble,
      since: 0,
      lastSyncAt: Date.now(),
      entries: { alpha: 3, beta: 3 },
      queued: 0,
      inFlight: 0,
      bytesQueued: 0,
      conflicts: this.conflicts().length,
      problems: listed(script.problems ?? []),
      holds: script.holds ?? [],
      notices: listed(script.notices ?? []),
      mode: this.spec.mode,
      untaken: listed(script.untaken ?? []),
      latency: { medianMs: 2.4, p99Ms: 8.1, count: 12 },
      sides: {},
    }
  }

  conflicts(): ConflictInfo[] {
    const { root, host, spec } = this
    return (this.script.conflicts ?? []).map(({ path, alpha, beta }) => ({
      root,
      host,
      path,
      kind: 'content',
      since: 0,
      hosts: { alpha: spec.alpha.host, beta: host },
      sides: { alpha: version(alpha), beta: version(beta) },
    }))
  }

  async barrier(_options: BarrierOptions, signal: AbortSignal): Promise<BarrierResult> {
    const { barrier = 'synced' } = this.script
    if (barrier === 'never') {
      return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    const conflicts = this.conflicts().map(({ path, kind }) => ({ path, kind }))
    const { problems, holds } = this.status()
    return {
      state: barrier,
      ...this.script.trouble,
      waiting: listed(barrier === 'timeout' ? ['slow.bin'] : []),
      conflicts: listed(conflicts),
      untaken: listed(this.script.untaken ?? []),
      problems,
      holds,
    }
  }

  about(path: string): PathReport | undefined {
    return this.script.about?.(path)
  }

  differing(): readonly string[] {
    return []
  }

  async resolve(path: string, how: Resolution, expected?: ShownVersions): Promise<ResolveResult> {
    const conflict = this.conflicts().find(each => each.path === path)
    if (conflict === undefined) return { state: 'none' }
    const { alpha, beta } = conflict.sides
    if (expected !== undefined && (expected.alpha !== alpha.mark || expected.beta !== beta.mark))
      return { state: 'changed', conflict }
    this.script.conflicts = (this.script.conflicts ?? []).filter(each => each.path !== path)
    this.told.push(`resolve ${path} ${how.take}`)
    return { state: 'resolved' }
  }

  async foresee(order: OverrideOrder): Promise<OverrideForecast> {
    return this.script.forecast?.(order) ?? { state: 'ready', ...nothingToDo }
  }

  async override(order: OverrideOrder, mark: string): Promise<Overridden> {
    const now = await this.foresee(order)
    if (now.state !== 'ready') return now
    if (now.mark !== mark) return { ...now, state: 'changed' }
    this.told.push(`override ${order.path} ${order.take}`)
    return await this.barrier({ timeoutMs: 1, verify: false }, new AbortController().signal)
  }

  async ask(side: Side, question: Question): Promise<Answer> {
    switch (question.about) {
      case 'clean': {
        const { length } = this.script.trash?.[side] ?? []
        return { about: 'clean', items: length, bytes: length * 512, bytesLeft: 0 }
      }
      case 'trash':
        return { about: 'trash', items: this.script.trash?.[side] ?? [] }
      case 'restore': {
        this.told.push(`restore on ${side}: ${question.trash.join(' ')}`)
        const items = (this.script.trash?.[side] ?? []).filter(({ id }) => question.trash.includes(id))
        const refused = items
          .filter(({ why }) => why === 'recovered')
          .map(({ path }) => ({ path, why: 'something stands there' }))
        const gone = new Set(refused.map(({ path }) => path))
        return { about: 'restore', restored: items.map(({ path }) => path).filter(path => !gone.has(path)), refused }
      }
      case 'text': {
        const text = this.script.conflicts?.find(({ path }) => path === question.path)?.[side]
        return { about: 'text', text: text === undefined ? undefined : new TextEncoder().encode(text) }
      }
      case 'verify': {
        const differing = (this.script.verified?.[side] ?? []).filter(
          ({ path }) => !question.again || path === question.path,
        )
        return { about: 'verify', done: true, after: undefined, entries: 3, bytes: 12, differing }
      }
      case 'rules': {
        const { patterns } = readIgnoreText(question.settings)
        const ignored = { total: patterns.length, first: patterns }
        return { about: 'rules', changes: { ignored, entries: patterns.length, released: { total: 0, first: [] } } }
      }
      case 'rule':
        return {
          about: 'rule',
          reason: new IgnoreRules(this.spec.ignore).reason(question.path, true),
          exemption: undefined,
        }
      default:
        return { about: 'error', code: 'REFUSED', message: 'a double cannot do this' }
    }
  }

  async approve(guard?: string, prefer?: Preference): Promise<void> {
    this.script.holds = (this.script.holds ?? []).filter(hold => guard !== undefined && hold.guard !== guard)
    this.told.push(`approve ${guard ?? 'all'} ${prefer ?? ''}`.trim())
  }

  wake(): void {
    this.wakes++
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
  }

  onEvent(listen: (event: LogEvent) => void): () => void {
    this.#listeners.add(listen)
    return () => this.#listeners.delete(listen)
  }

  emit(event: LogEvent): void {
    for (const listen of this.#listeners) listen(event)
  }

  async close(): Promise<void> {
    this.told.push('closed')
    if (this.#listeners.size > 0) writeFileSync(`${this.spec.state}/settled`, '')
  }
}

const nothing = { paths: 0, bytes: 0 }

/** Both sides hold the same. */
export const nothingToDo: OverrideOffer = {
  changes: listed([]),
  counts: { create: nothing, replace: nothing, delete: nothing, mode: nothing },
  left: listed([]),
  mark: 'none',
}

function version(text: string): VersionInfo {
  return { kind: 'file', mark: `mark of ${text}`, digest: 'd'.repeat(64), size: Buffer.byteLength(text), mode: 0o644 }
}

/** Opens doubles, all with one script, and keeps them for the test to look at. */
export function openDoubles(script: Script = {}): { readonly open: OpenSession; readonly doubles: SessionDouble[] } {
  const doubles: SessionDouble[] = []
  const open: OpenSession = spec => {
    if (script.fails !== undefined) throw new Error(script.fails)
    const double = new SessionDouble(spec, script)
    doubles.push(double)
    return double
  }
  return { open, doubles }
}
