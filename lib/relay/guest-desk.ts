import { SyncError } from '../core/errors.ts'
import type { Asker, HubSide, OpenDesks } from '../daemon/asker.ts'
import { ConflictAnswers } from '../daemon/conflict-answers.ts'
import { controlError } from '../daemon/control-server.ts'
import type { OpenedSession } from '../daemon/sessions.ts'
import type { GuestRequest } from '../protocol/guest.ts'
import type { GuestCall, GuestDesk } from '../protocol/guest-door.ts'
import type { SessionSpec } from '../sync/session-spec.ts'
import type { HubNews } from './hub-news.ts'
import { newsOf } from './hub-news.ts'
import type { Pair, RelayedVerb } from './turn-round.ts'
import { isRelayed, turnAnswer, turnLogEvent, turnParameters } from './turn-round.ts'

/** Requests that change something: the log says who asked for it. */
const changing: ReadonlySet<RelayedVerb> = new Set([
  'resolve',
  'override',
  'undo',
  'clean',
  'approve',
  'pause',
  'resume',
])

/**
 * The hub's desks for other hosts. Who asks is known by the link it came on: what it may see and do is the sessions with
 * that host, and of those what `relayedVerbs` names, never the settings, what programs run, or other hosts.
 */
export const guestDesks: OpenDesks = hub => {
  const askers = new Map<string, Asker>()
  return spec => {
    const host = spec.beta.host
    const asker = askers.get(host) ?? askerOf(hub, host)
    askers.set(host, asker)
    return new Desk(hub, spec, asker)
  }
}

function askerOf({ sessions }: HubSide, host: string): Asker {
  return {
    sessions: {
      opened: () => sessions.opened().filter(({ spec }) => spec.beta.host === host),
      failed: () => sessions.failed().filter(({ spec }) => spec.beta.host === host),
    },
    conflicts: new ConflictAnswers(),
  }
}

class Desk implements GuestDesk {
  readonly #hub: HubSide
  readonly #spec: SessionSpec
  readonly #asker: Asker

  constructor(hub: HubSide, spec: SessionSpec, asker: Asker) {
    this.#hub = hub
    this.#spec = spec
    this.#asker = asker
  }

  news(): string {
    const session = this.#asker.sessions.opened().find(({ spec }) => spec.id === this.#spec.id)
    return JSON.stringify(
      newsOf({ ...this.#names(), version: this.#hub.version }, session && this.#told(session), this.#hub.roster()),
    )
  }

  #names(): { readonly hub: string; readonly here: string } {
    return { hub: this.#spec.alpha.host, here: this.#spec.beta.host }
  }

  #told({ handle, spec }: OpenedSession): Required<Pick<HubNews, 'session'>> & Pick<HubNews, 'conflicts'> {
    const { session, conflicts } = turnAnswer(
      'status',
      { session: { ...handle.status(), transport: spec.way.kind }, conflicts: handle.conflicts() },
      this.#pair(),
    ) as { session: HubNews['session']; conflicts: HubNews['conflicts'] }
    return { session, conflicts }
  }

  #pair(): Pair {
    const { sessions } = this.#asker
    const specs = [...sessions.opened(), ...sessions.failed()].map(({ spec }) => spec)
    const roots = specs.map(({ alpha, beta }) => ({ hub: alpha.root, there: beta.root }))
    return { hub: this.#spec.alpha.host, there: this.#spec.beta.host, roots }
  }

  async answer(
    request: GuestRequest,
    call: GuestCall,
  ): Promise<{ readonly what: 'result' | 'error'; readonly value: unknown }> {
    try {
      return { what: 'result', value: await this.#answer(request, call) }
    } catch (error) {
      return { what: 'error', value: controlError(error) }
    }
  }

  async #answer({ version, verb, parameters }: GuestRequest, call: GuestCall): Promise<unknown> {
    if (version !== this.#hub.version) {
      const message = `The hub ${this.#spec.alpha.host} runs version ${this.#hub.version}, this command is ${version}`
      throw new SyncError('VERSION', message, { hint: 'Bring both hosts to the same version' })
    }
    if (!isRelayed(verb)) {
      const { host } = this.#spec.alpha
      throw new SyncError('REFUSED', `Cannot answer ${JSON.stringify(verb.slice(0, 40))} to another host`, {
        hint: `Ask for it on ${host}`,
      })
    }
    const pair = this.#pair()
    const asked = parse(parameters)
    const turned = turnParameters(verb, asked, pair)
    if (turned === 'nowhere') return nowhere(verb, asked, pair)
    if (changing.has(verb) && turned['dryRun'] !== true && turned['list'] !== true) this.#log(verb)
    const result = await this.#hub.answer(
      verb,
      turned,
      { ...call, emit: this.#emitting(verb, call, pair) },
      this.#asker,
    )
    if (verb === 'status') return this.#status(result, pair)
    return turnAnswer(verb, result, pair)
  }

  /** Nothing of this machine but its sessions with that host. */
  #status(result: unknown, pair: Pair): unknown {
    const { sessions, failed } = result as Record<string, unknown>
    const turned = turnAnswer('status', { sessions, failed }, pair) as object
    return { ...this.#names(), version: this.#hub.version, now: Date.now(), ...turned }
  }

  #emitting(verb: RelayedVerb, call: GuestCall, pair: Pair): (event: unknown) => void {
    return event => {
      const turned = verb === 'logs' ? turnLogEvent(event, pair) : turnAnswer(verb, event, pair)
      if (turned !== undefined) call.emit(turned)
    }
  }

  #log(verb: string): void {
    const { alpha, beta } = this.#spec
    this.#hub.log({ at: Date.now(), level: 'notice', event: 'asked-there', root: alpha.root, host: beta.host, verb })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new SyncError('PROTOCOL', 'Cannot read the request: it is no JSON')
    throw error
  }
}

function nowhere(verb: RelayedVerb, asked: unknown, pair: Pair): unknown {
  if (verb === 'why') return { why: [], roots: pair.roots.map(({ there }) => there) }
  const { paths } = asked as { readonly paths?: readonly unknown[] }
  throw new SyncError('USAGE', `Cannot find a root that holds ${String(paths?.[0]).slice(0, 4096)}`, {
    hint: 'dsync status',
  })
}
