import { codeOf } from '../core/errors.ts'
import type { AfterSyncCommand } from './after-sync-commands.ts'
import { afterSyncCommands } from './after-sync-commands.ts'
import type { Config, ReadConfig } from './config.ts'
import { noConfig } from './config.ts'
import { readConfig } from './config-reader.ts'
import type { HubClaim } from '../core/hub.ts'
import { isSameClaim } from '../core/hub.ts'
import { homeId } from './home-id.ts'
import { ownClaim, readHub } from './hub-record.ts'
import type { KitHome } from './kit-home.ts'
import type { PauseRecord } from './pause-record.ts'
import { readPrivateFile } from './private-file.ts'
import type { Roster } from './roster.ts'
import { rosterOf } from './roster.ts'
import type { Here } from './session-specs.ts'
import { sessionSpecs } from './session-specs.ts'
import { writePlaces } from './shell-places.ts'
import type { Sessions } from './sessions.ts'
import type { ConfigProblem } from './verbs.ts'

/** The settings in force: those last read without a mistake, and what is wrong with the files now. */
export class Settings {
  readonly #home: KitHome
  readonly #base: Omit<Here, 'home'>
  #config: Config = noConfig
  #problems: readonly ConfigProblem[] = []
  #hub: HubClaim | undefined
  #afterSync: readonly AfterSyncCommand[] = []
  #turn: Promise<unknown> = Promise.resolve()

  constructor(home: KitHome, base: Omit<Here, 'home'>) {
    this.#home = home
    this.#base = base
  }

  here(): Here {
    return { ...this.#base, host: this.#config.name ?? this.#base.host, home: this.#home }
  }

  afterSync(): readonly AfterSyncCommand[] {
    return this.#afterSync
  }

  /** Who drives the roots of this host, as last read; undefined while nobody does. */
  hub(): HubClaim | undefined {
    return this.#hub
  }

  /** Whether the record says something else by now. */
  isHubOutdated(): boolean {
    try {
      return !isSameClaim(readHub(this.#home), this.#hub)
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      return true
    }
  }

  roster(): Roster {
    return rosterOf(this.#config, this.here())
  }

  problems(): readonly ConfigProblem[] {
    return this.#problems
  }

  /** Reads the files again and makes the sessions what they say. Calls wait for each other. */
  reload(sessions: Sessions, pauses: PauseRecord): Promise<readonly ConfigProblem[]> {
    return this.inTurn(() => this.#reload(sessions, pauses))
  }

  /** Runs what opens or closes sessions while nothing else does. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #reload(sessions: Sessions, pauses: PauseRecord): Promise<readonly ConfigProblem[]> {
    this.#hub = readHub(this.#home)
    // Whatever the files say: two hubs must not drive one root.
    if (this.#hub !== undefined && this.#hub.hub !== homeId(this.#home)) await sessions.apply([])
    const gone = this.#gone()
    if (gone !== undefined) {
      this.#problems = [gone]
      return this.#problems
    }
    const read: ReadConfig = readConfig(this.#home)
    this.#problems = read.problems
    if (read.config === undefined) return this.#problems
    this.#config = read.config
    this.#afterSync = afterSyncCommands(read.config, this.here())
    const { specs, problems } = sessionSpecs(read.config, this.here(), pauses.names())
    this.#problems = problems
    if (specs.length > 0) this.#hub ??= await ownClaim(this.here())
    writePlaces(this.here())
    await sessions.apply(this.#hub === undefined || this.#hub.hub === homeId(this.#home) ? specs : [])
    return this.#problems
  }

  /** A file that said something and is not there, or empty, is more likely lost or being written than meant. */
  #gone(): ConfigProblem | undefined {
    const { config, paths } = this.#home
    const had = { config: Object.keys(this.#config.hosts).length > 0, paths: this.#config.paths.length > 0 }
    for (const [file, isMissed] of [
      [config, had.config],
      [paths, had.paths],
    ] as const) {
      if (!isMissed || !isBlank(file)) continue
      return {
        file,
        message: 'it is gone or empty; what it said before is in force',
        hint: 'put it back, or dsync restart if it is meant',
      }
    }
    return undefined
  }
}

function isBlank(file: string): boolean {
  try {
    return (readPrivateFile(file) ?? '').trim() === ''
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return false
  }
}
