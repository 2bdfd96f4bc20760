import { SyncError, codeOf } from '../core/errors.ts'
import type { LogEvent, Log } from '../ports/log.ts'
import { ensurePrivateDirectory } from './kit-home.ts'
import { realPath } from './root-place.ts'
import type { SessionHandle } from '../sync/session-handle.ts'
import type { SessionSpec } from '../sync/session-spec.ts'
import { sessionName } from './session-specs.ts'

/** A session that runs. */
export interface OpenedSession {
  readonly name: string
  readonly spec: SessionSpec
  readonly handle: SessionHandle
  /** The root as typed, and with links followed: people stand in either. */
  readonly roots: readonly string[]
}

/** A session that could not be opened; it is tried again. */
export interface FailedSession {
  readonly spec: SessionSpec
  readonly roots: readonly string[]
  readonly error: SyncError
}

/** Sessions that may be known of: all, or those of one host. */
export interface SessionList<S = OpenedSession> {
  opened(): S[]
  failed(): FailedSession[]
}

/** Delays before a session that could not be opened is tried again, first and last (ms). */
const retryFirstMs = 1000
const retryLastMs = 60_000

/** The sessions of a daemon: as many as its settings ask for, opened again when opening failed. */
export class Sessions implements SessionList {
  readonly #open: (spec: SessionSpec) => SessionHandle
  readonly #log: Log
  readonly #heard: (spec: SessionSpec, event: LogEvent) => void
  readonly #opened = new Map<string, OpenedSession & { readonly forget: () => void }>()
  readonly #failed = new Map<string, FailedSession & { readonly timer: NodeJS.Timeout }>()
  #closed = false

  /** @param heard told of everything that happens in a session */
  constructor(
    open: (spec: SessionSpec) => SessionHandle,
    log: Log,
    heard: (spec: SessionSpec, event: LogEvent) => void,
  ) {
    this.#open = open
    this.#log = log
    this.#heard = heard
  }

  opened(): OpenedSession[] {
    return [...this.#opened.values()]
  }

  failed(): FailedSession[] {
    return [...this.#failed.values()]
  }

  /** Opens, replaces and closes until exactly these run; what waits to be tried again is tried now. Calls must not overlap. */
  async apply(specs: readonly SessionSpec[]): Promise<void> {
    const wanted = new Map(specs.map(spec => [nameOf(spec), spec]))
    for (const [name, { timer }] of this.#failed) {
      clearTimeout(timer)
      this.#failed.delete(name)
    }
    const over = this.opened().filter(({ name, spec }) => !sameSession(spec, wanted.get(name)))
    await Promise.all(over.map(session => this.#end(session)))
    for (const { handle } of this.opened()) handle.wake()
    for (const spec of wanted.values()) this.#start(spec, retryFirstMs)
  }

  /** Closes a session, has it forgotten what it agreed on, and opens it anew, also when that failed. Must not overlap with `apply`. */
  async renew(
    session: OpenedSession,
    { forget, paused }: { readonly forget: (name: string) => Promise<void>; readonly paused: boolean },
  ): Promise<void> {
    const { name, spec } = session
    await this.#end(session)
    try {
      await forget(name)
      this.#tell(spec, { level: 'notice', event: 'session-reset' })
    } finally {
      this.#start({ ...spec, paused }, retryFirstMs)
    }
  }

  /** Closes every session. */
  async close(): Promise<void> {
    this.#closed = true
    await this.apply([])
  }

  #start(spec: SessionSpec, retryMs: number): void {
    const name = nameOf(spec)
    if (this.#closed || this.#opened.has(name)) return
    const before = this.#failed.get(name)?.error.message
    this.#failed.delete(name)
    try {
      ensurePrivateDirectory(spec.state)
      const handle = this.#open(spec)
      const forget = handle.onEvent(event => {
        this.#log({ root: spec.alpha.root, host: spec.beta.host, ...event })
        this.#heard(spec, event)
      })
      this.#opened.set(name, { name, spec, handle, forget, roots: spellings(spec.alpha.root) })
      this.#tell(spec, { level: 'info', event: 'session-opened' })
    } catch (error) {
      const problem = asSyncError(error, spec)
      if (problem.message !== before)
        this.#tell(spec, { level: 'error', event: 'session-failed', why: problem.message })
      const timer = setTimeout(() => this.#start(spec, Math.min(retryMs * 2, retryLastMs)), retryMs)
      this.#failed.set(name, { spec, error: problem, timer, roots: spellings(spec.alpha.root) })
    }
  }

  async #end(session: OpenedSession): Promise<void> {
    const { name, spec, handle } = session
    try {
      await handle.close()
    } catch (error) {
      this.#tell(spec, { level: 'error', event: 'session-close-failed', why: asSyncError(error, spec).message })
    }
    this.#opened.get(name)?.forget()
    this.#opened.delete(name)
    this.#tell(spec, { level: 'info', event: 'session-closed' })
  }

  #tell(spec: SessionSpec, event: Pick<LogEvent, 'level' | 'event'> & { readonly why?: string }): void {
    this.#log({ at: Date.now(), root: spec.alpha.root, host: spec.beta.host, ...event })
  }
}

function nameOf(spec: SessionSpec): string {
  return sessionName(spec.id, spec.beta.host)
}

/** Whether a running session is what the settings ask for. Whether it is paused is a matter between it and its user. */
function sameSession(running: SessionSpec, wanted: SessionSpec | undefined): boolean {
  if (wanted === undefined) return false
  return JSON.stringify({ ...running, paused: false }) === JSON.stringify({ ...wanted, paused: false })
}

function asSyncError(error: unknown, spec: SessionSpec): SyncError {
  if (error instanceof SyncError) return error
  const why = error instanceof Error ? error.message : String(error)
  return new SyncError('INVARIANT', `Cannot open ${spec.alpha.root} with ${spec.beta.host}: ${why}`, {
    verdict: 'bug',
    cause: error,
  })
}

/** A root as typed, and with links followed. */
export function spellings(root: string): string[] {
  try {
    return [...new Set([root, realPath(root)])]
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return [root]
  }
}
