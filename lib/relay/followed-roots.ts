import { SyncError } from '../core/errors.ts'
import type { Following } from '../daemon/asker.ts'
import { ConflictAnswers } from '../daemon/conflict-answers.ts'
import type { Call } from '../daemon/control-server.ts'
import { isAtOrBelow } from '../daemon/host-paths.ts'
import { selectionOf } from '../daemon/parameters.ts'
import { servedRoots } from '../daemon/served-roots.ts'
import { spellings } from '../daemon/sessions.ts'
import { answerTrash, answerUndo } from '../daemon/trash-answers.ts'
import type { DaemonStatus, Followed, HubLink } from '../daemon/verbs.ts'
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
  /** Whoever answers here, and since when (ms since 1970). */
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
    return servedRoots(this.#options.home).length > 0
  }

  /** Whether one of these spellings of a place lies in a root that a hub elsewhere drives. */
  holds(paths: readonly string[]): boolean {
    return this.#roots().some(({ roots }) => roots.some(root => paths.some(path => isAtOrBelow(path, root))))
  }

  readonly answer = async (verb: string, parameters: unknown, call: Call): Promise<unknown> => {
    const roots = this.#roots()
    if (!isRelayed(verb)) throw this.#notHere(verb, roots)
    const answer = await this.#relayed(verb, this.#spelled(parameters, roots), { roots, call })
    if (answer !== away) return this.#checked(verb, answer, roots)
    if (!aloneVerbs.has(verb)) throw awayError(roots)
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
    const { sessions, failed, now, hub, here } = answer as Readonly<Record<string, unknown>>
    const link: HubLink = {
      name: typeof hub === 'string' ? hub : hubName(roots),
      here: typeof here === 'string' ? here : this.#here(roots),
      state: 'connected',
    }
    return this.#status({
      sessions: Array.isArray(sessions) ? sessions.filter(isSession) : [],
      failed: Array.isArray(failed) ? failed.filter(isFailed) : [],
      now: typeof now === 'number' ? now : Date.now(),
      ...{ hub: link, asOf: Date.now() },
    })
  }

  async #alone(verb: string, parameters: unknown, roots: readonly FollowedRoot[]): Promise<Dated> {
    const sessions = aloneSessions(roots, {
      ...{ here: this.#here(roots), hub: hubName(roots), away: awayText(roots) },
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
      default: {
        const latest = newest(roots)
        // The hub's clock, as far as it can be known by now: ages are counted from it.
        const now = latest === undefined ? Date.now() : latest.hubClock + Date.now() - latest.at
        const told = roots.flatMap(root => {
          const session = root.told?.news.session
          return session === undefined ? [] : [{ ...session, root: root.path }]
        })
        return this.#status({ sessions: told, failed: [], now, ...dated })
      }
    }
  }

  #status(told: Pick<DaemonStatus, 'sessions' | 'failed' | 'now' | 'hub' | 'asOf'>): DaemonStatus {
    const { home, host, version, pid, since } = this.#options
    // Ages are counted from the hub's clock; how long this process runs must come right too.
    const began = told.now - (Date.now() - since)
    return { version, host, home: home.directory, pid, since: began, config: [], logDropped: 0, ...told }
  }

  #dated(roots: readonly FollowedRoot[], isThere: boolean): Required<Pick<Followed, 'hub'>> & Followed {
    const names = { name: hubName(roots), here: this.#here(roots) }
    if (isThere) return { hub: { ...names, state: 'connected' }, asOf: Date.now() }
    const since = heardLast(roots)
    const at = newest(roots)?.at
    return {
      hub: { ...names, state: 'away', ...(since === undefined ? {} : { since }) },
      ...(at === undefined ? {} : { asOf: at }),
    }
  }

  #here(roots: readonly FollowedRoot[]): string {
    return newest(roots)?.news.here ?? this.#options.host
  }

  #notHere(verb: string, roots: readonly FollowedRoot[]): SyncError {
    const hub = hubName(roots)
    return new SyncError('REFUSED', `Cannot ${verb} from here: ${hub} drives the roots of this host`, {
      hint: `Run it on ${hub}`,
    })
  }
}

function newest(roots: readonly FollowedRoot[]): Told | undefined {
  return roots.flatMap(({ told }) => told ?? []).toSorted((a, b) => b.at - a.at)[0]
}

function hubName(roots: readonly FollowedRoot[]): string {
  return newest(roots)?.news.hub ?? 'the hub'
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

function awayError(roots: readonly FollowedRoot[]): SyncError {
  const message = `Cannot ask ${hubName(roots)}, which drives the roots of this host: ${awayText(roots)}`
  return new SyncError('TRANSPORT_LOST', message, {
    hint: 'dsync status; dsync conflicts, dsync trash and dsync undo work here too',
  })
}

function isFailed(value: unknown): value is DaemonStatus['failed'][number] {
  if (typeof value !== 'object' || value === null) return false
  const { root, host, why } = value as Readonly<Record<string, unknown>>
  return typeof root === 'string' && typeof host === 'string' && typeof why === 'string'
}
