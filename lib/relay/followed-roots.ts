import { SyncError } from '../core/errors.ts'
import type { Following } from '../daemon/asker.ts'
import { ConflictAnswers } from '../daemon/conflict-answers.ts'
import type { Call } from '../daemon/control-server.ts'
import { isAtOrBelow } from '../daemon/host-paths.ts'
import { isFollower, readHub } from '../daemon/hub-record.ts'
import { selectionOf } from '../daemon/parameters.ts'
import { servedRoots } from '../daemon/served-roots.ts'
import { spellings } from '../daemon/sessions.ts'
import { answerTrash, answerUndo } from '../daemon/trash-answers.ts'
import type { DaemonStatus, Followed } from '../daemon/verbs.ts'
import type { FollowedRoot } from './alone-sessions.ts'
import { aloneSessions } from './alone-sessions.ts'
import { askHub, away } from './ask-agent.ts'
import { isSession } from './hub-news.ts'
import { OwnTrash } from './own-trash.ts'
import type { OwnTrashOptions } from './own-trash.ts'
import type { Told } from './told-record.ts'
import { readTold } from './told-record.ts'
import type { RelayedVerb } from './turn-round.ts'
import { isRelayed } from './turn-round.ts'

export interface FollowingOptions extends OwnTrashOptions {
  /** This host's name, as it calls itself. */
  readonly host: string
  readonly version: string
  /** The daemon that answers, 0 when none runs and a command does it by itself, and since when (ms since 1970). */
  readonly pid: number
  readonly since: number
}

/** What works while the hub is away. */
const aloneVerbs: ReadonlySet<string> = new Set<RelayedVerb>(['status', 'conflicts', 'trash', 'undo'])

/** Answers that say of when they are. */
type Dated = DaemonStatus | Followed

/**
 * What this host can say and do about roots that a hub on another host drives: all that the hub answers for it, by way
 * of the agents here; and while the hub is away what it told last, and this host's own trash.
 */
export class FollowedRoots implements Following {
  readonly #options: FollowingOptions
  readonly #trash: OwnTrash
  readonly #conflicts = new ConflictAnswers()

  constructor(options: FollowingOptions) {
    this.#options = options
    this.#trash = new OwnTrash(options)
  }

  follows(): boolean {
    return isFollower(this.#options.home)
  }

  readonly answer = async (verb: string, parameters: unknown, call: Call): Promise<unknown> => {
    const roots = this.#roots()
    if (!isRelayed(verb)) throw this.#notHere(verb)
    const answer = await this.#relayed(verb, this.#spelled(parameters, roots), { roots, call })
    if (answer !== away) return this.#checked(verb, answer, roots)
    if (!aloneVerbs.has(verb)) throw this.#away(roots)
    return await this.#alone(verb, parameters, roots)
  }

  #roots(): FollowedRoot[] {
    return servedRoots(this.#options.home).map(root => ({
      ...root,
      told: readTold(this.#options.home, root.id),
      roots: spellings(root.path),
    }))
  }

  /** A place that was reached through links, by the name that the hub knows its root under. */
  #spelled(parameters: unknown, roots: readonly FollowedRoot[]): unknown {
    const { paths } = selectionOf(parameters)
    if (paths === undefined) return parameters
    const all = roots.flatMap(root =>
      root.roots.flatMap(spelling =>
        paths
          .filter(path => isAtOrBelow(path, spelling))
          .map(path => root.path + path.slice(spelling === '/' ? 0 : spelling.length)),
      ),
    )
    return { ...(parameters as object), paths: [...new Set([...paths, ...all])] }
  }

  /** Asks the first hub that is there, the one of the place that is meant before others. */
  async #relayed(
    verb: RelayedVerb,
    parameters: unknown,
    { roots, call }: { readonly roots: readonly FollowedRoot[]; readonly call: Call },
  ): Promise<unknown> {
    const { paths = [] } = selectionOf(parameters)
    const isMeant = (root: FollowedRoot): boolean => paths.some(path => isAtOrBelow(path, root.path))
    const request = { version: this.#options.version, verb, parameters: JSON.stringify(parameters ?? {}) }
    for (const root of roots.toSorted((a, b) => Number(isMeant(b)) - Number(isMeant(a)))) {
      const path = this.#options.socketPath(root.id)
      const answer = path === undefined ? away : await askHub(path, request, call)
      if (answer !== away) return answer
    }
    return away
  }

  /** What a hub answers, made whole with what is this host's to say. */
  #checked(verb: RelayedVerb, answer: unknown, roots: readonly FollowedRoot[]): unknown {
    if (typeof answer !== 'object' || answer === null)
      throw new SyncError('PROTOCOL', 'Cannot read what the hub says: it is no answer')
    if (verb !== 'status') return aloneVerbs.has(verb) ? { ...answer, ...this.#dated(roots, true) } : answer
    const { sessions, failed, now } = answer as Readonly<Record<string, unknown>>
    return this.#status({
      sessions: Array.isArray(sessions) ? sessions.filter(isSession) : [],
      failed: Array.isArray(failed) ? failed.filter(isFailed) : [],
      now: typeof now === 'number' ? now : Date.now(),
      ...this.#dated(roots, true),
    })
  }

  async #alone(verb: string, parameters: unknown, roots: readonly FollowedRoot[]): Promise<Dated> {
    const sessions = aloneSessions(roots, {
      ...{ here: this.#here(roots), hub: this.#hubName, away: awayText(roots) },
      ask: (root, question) => this.#trash.ask(root, root.told?.options ?? {}, question),
    })
    const dated = this.#dated(roots, false)
    switch (verb) {
      case 'conflicts':
        return { ...this.#conflicts.list(sessions, parameters), ...dated }
      case 'trash':
        return { ...(await answerTrash(sessions, parameters)), ...dated }
      case 'undo':
        return { ...(await answerUndo(sessions, parameters, () => [])), ...dated }
      default:
        return this.#statusAlone(roots)
    }
  }

  #statusAlone(roots: readonly FollowedRoot[]): DaemonStatus {
    const now = hubClock(roots)
    const why = `the hub does not answer: ${awayText(roots)}`
    const sessions = roots.flatMap(root => apart(root, { now, why }))
    return this.#status({ sessions, failed: [], now, ...this.#dated(roots, false) })
  }

  known(): DaemonStatus | undefined {
    if (!this.follows()) return undefined
    const roots = this.#roots()
    const isAway = roots.every(({ told }) => told === undefined || told.awaySince !== undefined)
    if (isAway) return this.#statusAlone(roots)
    const sessions = roots.flatMap(({ told }) => told?.news.session ?? [])
    return this.#status({ sessions, failed: [], now: hubClock(roots), ...this.#dated(roots, true) })
  }

  #status(told: Pick<DaemonStatus, 'sessions' | 'failed' | 'now' | 'hub' | 'asOf'>): DaemonStatus {
    const { home, host, version, pid, since } = this.#options
    // Ages are counted from the hub's clock; how long this process runs must come right too.
    const began = told.now - (Date.now() - since)
    return { version, host, home: home.directory, pid, since: began, config: [], logDropped: 0, crashes: [], ...told }
  }

  #dated(roots: readonly FollowedRoot[], isThere: boolean): Followed {
    const claim = readHub(this.#options.home)
    const named = claim === undefined ? undefined : { ...claim, isHere: false, here: this.#here(roots) }
    if (isThere) return { ...(named && { hub: { ...named, state: 'connected' } }), asOf: Date.now() }
    const lastHeard = heardLast(roots)
    const at = newest(roots)?.at
    return {
      ...(named && { hub: { ...named, state: 'away', ...(lastHeard !== undefined && { lastHeard }) } }),
      ...(at !== undefined && { asOf: at }),
    }
  }

  #here(roots: readonly FollowedRoot[]): string {
    return newest(roots)?.news.here ?? this.#options.host
  }

  #notHere(verb: string): SyncError {
    const hub = this.#hubName
    return new SyncError(
      'REFUSED',
      `Cannot ${verb === 'where' ? 'run' : verb} from here: ${hub} drives the roots of this host`,
      {
        hint: `Run it on ${hub}`,
      },
    )
  }

  #away(roots: readonly FollowedRoot[]): SyncError {
    const message = `Cannot ask ${this.#hubName}, which drives the roots of this host: ${awayText(roots)}`
    return new SyncError('TRANSPORT_LOST', message, {
      hint: 'dsync status; dsync conflicts, dsync trash and dsync undo work here too',
    })
  }

  get #hubName(): string {
    return readHub(this.#options.home)?.name ?? 'the hub'
  }
}

/** What was known of a root's session, now that nobody drives it. */
function apart(
  { path, told }: FollowedRoot,
  { now, why }: { readonly now: number; readonly why: string },
): DaemonStatus['sessions'] {
  const session = told?.news.session
  if (told === undefined || session === undefined) return []
  const { at, hubClock, awaySince = at } = told
  const since = Math.min(now, hubClock + Math.max(0, awaySince - at))
  const { code: _, roundTripMs: __, ...known } = session
  return [{ ...known, root: path, state: 'disconnected', since, why }]
}

/** The hub's clock, as far as it can be known by now: ages are counted from it (ms since 1970). */
function hubClock(roots: readonly FollowedRoot[]): number {
  const latest = newest(roots)
  return latest === undefined ? Date.now() : latest.hubClock + Date.now() - latest.at
}

function newest(roots: readonly FollowedRoot[]): Told | undefined {
  return roots.flatMap(({ told }) => told ?? []).toSorted((a, b) => b.at - a.at)[0]
}

/** When the hub was last there, as far as anybody here saw it. */
function heardLast(roots: readonly FollowedRoot[]): number | undefined {
  const times = roots.flatMap(({ told }) => (told === undefined ? [] : [Math.max(told.at, told.awaySince ?? 0)]))
  return times.length === 0 ? undefined : Math.max(...times)
}

function awayText(roots: readonly FollowedRoot[]): string {
  const since = heardLast(roots)
  if (since === undefined) return 'it has not been heard of yet'
  return `it is away since ${new Date(since).toISOString().replace(/\.\d+Z$/, 'Z')}`
}

function isFailed(value: unknown): value is DaemonStatus['failed'][number] {
  if (typeof value !== 'object' || value === null) return false
  const { root, host, why } = value as Readonly<Record<string, unknown>>
  return typeof root === 'string' && typeof host === 'string' && typeof why === 'string'
}
