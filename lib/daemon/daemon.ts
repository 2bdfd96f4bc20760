import { randomBytes } from 'node:crypto'
import { SyncError } from '../core/errors.ts'
import { isSameClaim } from '../core/hub.ts'
import type { LogEvent } from '../ports/log.ts'
import { AfterSync } from './after-sync.ts'
import type { Asker, Following, OpenDesks } from './asker.ts'
import { auditBackwards } from './audit-tail.ts'
import { answerBarrier } from './barrier-answer.ts'
import { ConflictAnswers } from './conflict-answers.ts'
import type { Call, ControlServer } from './control-server.ts'
import { serveControl } from './control-server.ts'
import { controlSocketPath } from './control-socket-path.ts'
import { cleanSinceAfter, hasCrashed, reportUnsaid, reportsSince } from './crash-reports.ts'
import type { KitHome } from './kit-home.ts'
import { ensureKitHome } from './kit-home.ts'
import type { Lock } from './lock.ts'
import { lastHolder, lockRefused, takeLock } from './lock.ts'
import type { EnvFile } from './env-file.ts'
import { answerHistory } from './history-answer.ts'
import { HubWatch } from './hub-watch.ts'
import { LogFeed } from './log-feed.ts'
import { answerForesee, answerOverride } from './override-answers.ts'
import { PauseRecord } from './pause-record.ts'
import { writePrivateFile } from './private-file.ts'
import { PromptFile } from './prompt-file.ts'
import { promptText } from './prompt-text.ts'
import { thisProcess } from './process-identity.ts'
import { answerRules } from './rules-answer.ts'
import { answerApprove, answerHolds, answerPause } from './session-answers.ts'
import { answerQueue } from './queue-answer.ts'
import type { ForgetSession } from './reset.ts'
import { answerReset } from './reset.ts'
import type { OpenSession } from '../sync/session-handle.ts'
import type { SessionList } from './sessions.ts'
import { Sessions } from './sessions.ts'
import { Settings } from './settings.ts'
import { writePlaces } from './shell-places.ts'
import { SettingsWatch } from './settings-watch.ts'
import { statusOf } from './status-answer.ts'
import { answerSurvey } from './survey-answer.ts'
import { answerTrash, answerUndo } from './trash-answers.ts'
import { answerClean } from './trash-clean.ts'
import type { SupervisorKind } from './supervisor-kind.ts'
import type { DaemonStatus, Verbs } from './verbs.ts'
import { answerVerify } from './verify-answer.ts'
import { answerWhere } from './where-answer.ts'
import { answerWhy } from './why-answer.ts'

export interface DaemonOptions {
  readonly home: KitHome
  readonly userHome: string
  /** This host's name, unless its settings give it another. */
  readonly host: string
  readonly version: string
  /** Directories for a socket whose path in the home would be too long; see `controlSocketPath`. */
  readonly socketParents: readonly string[]
  readonly openSession: OpenSession
  readonly forgetSession: ForgetSession
  /** For those who run commands on the other hosts; without it they are refused. */
  readonly desks?: OpenDesks
  /** For the roots of a home that follows the hub of another host: then it has no sessions. */
  readonly following?: Following
  /** What programs that it starts for its user are given. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What was read of the file `env` when this process began. */
  readonly env: EnvFile
  /** Who started it and keeps it up; absent: a person. */
  readonly supervisor?: SupervisorKind | undefined
}

/** What a daemon without sessions answers itself. */
const ownVerbs: ReadonlySet<string> = new Set<keyof Verbs>(['reload', 'rules', 'stop', 'survey'])

/**
 * Starts the daemon of a home and returns once its socket answers. Throws DAEMON_RUNNING when another holds the home,
 * REFUSED when the home or a socket in it cannot be used.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { home } = options
  ensureKitHome(home)
  const place = controlSocketPath(home, options.socketParents)
  const here = thisProcess(options.host)
  const last = lastHolder(home.run, 'daemon')
  const cleanSince = cleanSinceAfter(last, here)
  const lock = takeLock(home.run, 'daemon', { ...here, socket: place.path, cleanSince })
  if (!lock.taken) throw lockRefused(lock)
  if (last !== undefined && hasCrashed(last, here)) reportUnsaid(home, last, options.version)
  const daemon = new Daemon(options, lock, cleanSince)
  try {
    const token = randomBytes(32).toString('hex')
    writePrivateFile(home.token, `${token}\n`)
    daemon.watchSettings()
    await daemon.reload()
    const answer = (verb: string, parameters: unknown, call: Call) => daemon.answer(verb, parameters, call)
    daemon.serve(await serveControl({ place, token, version: options.version, answer }))
  } catch (error) {
    await daemon.stop()
    throw error
  }
  return daemon
}

/** Owns the sessions of one home, answers its control socket and keeps its logs. Made by `startDaemon`. */
export class Daemon {
  /** Resolves when everything is closed and the lock given back. */
  readonly stopped: Promise<void>
  readonly #options: DaemonOptions
  readonly #lock: Lock
  readonly #feed: LogFeed
  readonly #pauses: PauseRecord
  readonly #sessions: Sessions
  /** Whoever asks on this host. */
  readonly #here: Asker
  readonly #settings: Settings
  readonly #afterSync: AfterSync
  readonly #prompt: PromptFile
  readonly #since = Date.now()
  readonly #cleanSince: number
  #server: ControlServer | undefined
  #watch: SettingsWatch | undefined
  #hubWatch: HubWatch | undefined
  #closing: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #tellStopped: () => void = () => {}

  constructor(options: DaemonOptions, lock: Lock, cleanSince: number) {
    this.#options = options
    this.#lock = lock
    this.#cleanSince = cleanSince
    this.#feed = new LogFeed(options.home)
    this.#pauses = new PauseRecord(options.home)
    this.#settings = new Settings(options.home, options)
    this.#afterSync = new AfterSync({
      ...options,
      commands: () => this.#settings.afterSync(),
      sessions: () => this.#sessions.opened(),
      log: this.#feed.log,
    })
    const deskOf = options.desks?.({
      version: options.version,
      sessions: { opened: () => this.#sessions.opened(), failed: () => this.#sessions.failed() },
      log: this.#feed.log,
      roster: () => this.#settings.roster(),
      answer: (verb, parameters, call, asker) => this.answer(verb, parameters, call, asker),
    })
    this.#sessions = new Sessions(
      spec => options.openSession(spec, deskOf?.(spec)),
      this.#feed.log,
      (spec, event) => this.#afterSync.heard(spec, event),
    )
    this.#here = { sessions: this.#sessions, conflicts: new ConflictAnswers() }
    this.#prompt = new PromptFile(
      options.home.prompt,
      () => promptText(options.following?.known() ?? this.#status(this.#sessions)),
      () => writePlaces(this.#settings.here()),
    )
    this.#feed.follow(() => this.#prompt.touch())
    this.stopped = new Promise(resolve => (this.#tellStopped = resolve))
  }

  async reload(): Promise<Verbs['reload']['result']> {
    const before = this.#settings.hub()
    const problems = await this.#settings.reload(this.#sessions, this.#pauses)
    const hub = this.#settings.hub()
    if (before !== undefined && hub !== undefined && !isSameClaim(before, hub)) {
      this.#feed.log({
        at: Date.now(),
        level: 'notice',
        event: 'hub',
        why: `${hub.name} is the hub, epoch ${hub.epoch}`,
      })
    }
    return { problems }
  }

  /** From now on the settings are read again whenever somebody saves them, or another host becomes the hub. */
  watchSettings(): void {
    const read = (): void => {
      this.reload().then(
        ({ problems: [first] }) => this.#tellReload(first === undefined ? undefined : first.message),
        (error: unknown) => this.#tellReload(error instanceof Error ? error.message : String(error)),
      )
    }
    this.#watch = new SettingsWatch(this.#options.home, read)
    this.#hubWatch = new HubWatch(this.#options.home, () => {
      if (this.#settings.isHubOutdated()) read()
    })
  }

  #tellReload(why: string | undefined): void {
    const level = why === undefined ? 'info' : 'warning'
    this.#feed.log({ at: Date.now(), level, event: 'settings-read', ...(why === undefined ? {} : { why }) })
  }

  serve(server: ControlServer): void {
    this.#server = server
    const names = Object.keys(this.#options.env.values).join(' ')
    this.#feed.log({
      at: Date.now(),
      level: 'info',
      event: 'started',
      pid: process.pid,
      version: this.#options.version,
      ...(names === '' ? {} : { environment: names }),
    })
  }

  async answer(verb: string, parameters: unknown, call: Call, asker = this.#here): Promise<unknown> {
    const { sessions, conflicts } = asker
    // Some of what a person decides is in no log.
    this.#prompt.touch()
    const { following } = this.#options
    if (asker === this.#here && !ownVerbs.has(verb) && following?.follows() === true) {
      const answer = await following.answer(verb, parameters, call)
      return verb === 'status' ? { ...(answer as DaemonStatus), ...this.#ownState() } : answer
    }
    switch (verb as keyof Verbs) {
      case 'status':
        return this.#status(sessions)
      case 'barrier':
        return await answerBarrier(sessions, parameters, call)
      case 'verify':
        return await answerVerify(sessions, parameters, { ...call, log: this.#feed.log })
      case 'queue':
        return answerQueue(sessions, parameters)
      case 'where':
        return answerWhere(sessions, parameters)
      case 'why':
        return await answerWhy(sessions, parameters)
      case 'conflicts':
        return conflicts.list(sessions, parameters)
      case 'versions':
        return await conflicts.versions(sessions, parameters)
      case 'resolve':
        return await conflicts.resolve(sessions, parameters)
      case 'foresee':
        return await answerForesee(sessions, parameters, call)
      case 'override':
        return await answerOverride(sessions, parameters, call)
      case 'trash':
        return await answerTrash(sessions, parameters)
      case 'history':
        return await answerHistory(sessions, parameters, () => this.#audit())
      case 'clean':
        return await answerClean(sessions, parameters, this.#feed.log)
      case 'undo':
        return await answerUndo(sessions, parameters, () => this.#audit())
      case 'holds':
        return answerHolds(sessions, parameters)
      case 'approve':
        return await answerApprove(sessions, parameters)
      case 'pause':
      case 'resume':
        return answerPause(sessions, parameters, { paused: verb === 'pause', record: this.#pauses })
      case 'reset':
        return await answerReset(this.#sessions, parameters, {
          forget: this.#options.forgetSession,
          pauses: this.#pauses,
          inTurn: work => this.#settings.inTurn(work),
        })
      case 'rules':
        return await answerRules(sessions, parameters, this.#settings.here())
      case 'survey':
        return await answerSurvey(parameters, { ...this.#options, signal: call.signal })
      case 'reload':
        return await this.reload()
      case 'logs':
        return await this.#feed.answer(parameters, call)
      case 'stop':
        await this.#closeSessions()
        setImmediate(() => void this.stop())
        return {}
    }
    throw new SyncError('PROTOCOL', `Cannot answer ${JSON.stringify(verb)}: no such request`)
  }

  /** All that the log holds, newest first. */
  #audit(): Iterable<LogEvent> {
    this.#feed.flush()
    return auditBackwards(this.#options.home.syncLog)
  }

  /** Closes the sessions, then the socket and the logs, and gives the lock back. May be called twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#watch?.close()
    this.#hubWatch?.close()
    await this.#closeSessions()
    await this.#server?.close()
    this.#feed.log({ at: Date.now(), level: 'info', event: 'stopped', pid: process.pid })
    this.#feed.close()
    this.#prompt.close()
    this.#lock.release()
    this.#tellStopped()
  }

  /** Writes down an exception that nobody caught. The process must end after it: its state is unknown. */
  crash(error: unknown): void {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#feed.log({ at: Date.now(), level: 'error', event: 'crashed', pid: process.pid, why })
    this.#feed.flush()
  }

  #closeSessions(): Promise<void> {
    this.#closing ??= this.#afterSync.close().then(() => this.#sessions.close())
    return this.#closing
  }

  #status(sessions: SessionList): DaemonStatus {
    const { version, home } = this.#options
    const around = { version, home, host: this.#settings.here().host, since: this.#since, hub: this.#settings.hub() }
    return statusOf(sessions, { ...around, ...this.#ownState() })
  }

  /** What a daemon says of itself, whoever drives the roots. */
  #ownState(): Pick<DaemonStatus, 'config' | 'logDropped' | 'crashes' | 'supervisor'> {
    const { supervisor, env, home } = this.#options
    return {
      config: [...this.#settings.problems(), ...env.problems, ...this.#afterSync.untrusted()],
      logDropped: this.#feed.dropped(),
      ...(supervisor !== undefined && { supervisor }),
      crashes: reportsSince(home, this.#cleanSince),
    }
  }
}
