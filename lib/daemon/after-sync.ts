import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { codeOf } from '../core/errors.ts'
import type { Log, LogEvent } from '../ports/log.ts'
import { runEnd } from '../remote/run-end.ts'
import type { SessionSpec } from '../sync/session-spec.ts'
import type { AfterSyncCommand } from './after-sync-commands.ts'
import { commandText, placeOfCommand } from './after-sync-commands.ts'
import { AfterSyncLog } from './after-sync-log.ts'
import { runUnattended } from './after-sync-run.ts'
import { trustedCommands } from './command-trust.ts'
import type { KitHome } from './kit-home.ts'
import { readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.ts'
import type { StartedHere } from './program-there.ts'
import { programThere } from './program-there.ts'
import type { OpenedSession } from './sessions.ts'
import type { ConfigProblem } from './verbs.ts'

/** Nothing must have arrived for so long before a command runs (ms): a save is seldom alone. */
const quietMs = 1000

export interface AfterSyncOptions {
  readonly home: KitHome
  readonly userHome: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Those that the settings in force name. */
  readonly commands: () => readonly AfterSyncCommand[]
  readonly sessions: () => readonly OpenedSession[]
  readonly log: Log
}

/** Runs the commands that a person trusts once changes have arrived and all is quiet, one at a time. */
export class AfterSync {
  readonly #options: AfterSyncOptions
  /** Commands that are to run, by hash, and when the last change arrived for them. */
  readonly #due = new Map<string, number>()
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(options: AfterSyncOptions) {
    this.#options = options
  }

  /** Something happened in a session. */
  heard(spec: SessionSpec, { event, side }: LogEvent): void {
    if ((event !== 'put' && event !== 'remove' && event !== 'move') || (side !== 'alpha' && side !== 'beta')) return
    const { host } = spec[side]
    for (const { id, host: wanted, hash } of this.#options.commands()) {
      if (id === spec.id && wanted === host) this.#due.set(hash, Date.now())
    }
    if (this.#due.size > 0) this.#lookLater()
  }

  /** What a person has not looked at yet. */
  untrusted(): readonly ConfigProblem[] {
    const { home, userHome, commands } = this.#options
    const trusted = trustedCommands(home)
    return commands()
      .filter(({ hash }) => !trusted.has(hash))
      .map(command => {
        const message = `after-sync command waits for your trust: ${commandText(command)} (${placeOfCommand(command, userHome)})`
        return { file: home.config, message, hint: 'dsync config trust' }
      })
  }

  /** Ends what runs, and waits until it has. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#closing.abort()
    await this.#running
  }

  #lookLater(): void {
    if (!this.#closing.signal.aborted) this.#timer ??= setTimeout(() => this.#look(), quietMs)
  }

  #look(): void {
    this.#timer = undefined
    if (this.#running !== undefined || this.#closing.signal.aborted) return
    const { commands, home } = this.#options
    const known = commands()
    for (const [hash, at] of this.#due) {
      const command = known.find(each => each.hash === hash)
      if (command !== undefined && !this.#isQuiet(command, at)) continue
      this.#due.delete(hash)
      if (command === undefined || !trustedCommands(home).has(hash)) continue
      this.#running = this.#run(command).finally(() => {
        this.#running = undefined
        if (this.#due.size > 0) this.#lookLater()
      })
      return
    }
    if (this.#due.size > 0) this.#lookLater()
  }

  #isQuiet({ id }: AfterSyncCommand, at: number): boolean {
    if (Date.now() - at < quietMs) return false
    return this.#options.sessions().every(({ spec, handle }) => {
      const { queued, inFlight } = handle.status()
      return spec.id !== id || queued + inFlight === 0
    })
  }

  async #run(command: AfterSyncCommand): Promise<void> {
    const { home, userHome, log } = this.#options
    const { root, host } = command
    const output = new AfterSyncLog(home, `${commandText(command)} (${placeOfCommand(command, userHome)})`)
    const sshLog = join(home.run, `ssh-${randomBytes(6).toString('hex')}.log`)
    const begun = Date.now()
    let how: string
    let isFine = false
    try {
      const outcome = await this.#outcome(command, bytes => output.write(bytes), sshLog)
      isFine = outcome === 0
      how = typeof outcome === 'number' ? `ended with ${outcome}` : outcome
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      how = error instanceof Error ? error.message : String(error)
    } finally {
      removePrivateFile(sshLog)
    }
    output.note(how)
    // The words may hold secrets: they are in the settings and in the file beside the log.
    const event = { at: Date.now(), root, host, event: 'after-sync', why: how, ms: Date.now() - begun }
    log({ ...event, level: isFine ? 'info' : 'warning' })
  }

  /** The exit code, or what happened instead. */
  async #outcome(
    command: AfterSyncCommand,
    onOutput: (bytes: Buffer) => void,
    sshLog: string,
  ): Promise<number | string> {
    const { id, host, timeoutMs } = command
    const known = this.#options.sessions().map(({ spec }) => spec)
    const spec = known.find(each => each.id === id && (each.alpha.host === host || each.beta.host === host))
    if (spec === undefined) return `${host} has no session`
    writePrivateFile(sshLog, '')
    const start = this.#startOf(command, spec, sshLog)
    const end = await runUnattended(start, { timeoutMs, signal: this.#closing.signal, onOutput })
    if (end.isLate) return `was ended after ${timeoutMs / 1000} s`
    if (spec.alpha.host === host || spec.way.kind === 'pipe')
      return end.startError ?? end.code ?? `ended by ${end.signal}`
    const meaning = runEnd(spec.way, { ...end, pid: undefined }, readPrivateFile(sshLog) ?? '')
    return typeof meaning === 'number' ? meaning : meaning.why
  }

  #startOf({ host, command }: AfterSyncCommand, { alpha, beta, way }: SessionSpec, log: string): StartedHere {
    const { environment } = this.#options
    if (alpha.host === host) {
      const [program = '', ...rest] = command
      return { command: [program, ...rest], directory: alpha.root, environment: { ...environment, PWD: alpha.root } }
    }
    const place = { way, directory: beta.root, userHome: beta.userHome }
    return programThere(place, command, { environment, isTerminal: false, log })
  }
}
