import { SyncError } from '../core/errors.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { HubClaim } from '../core/hub.ts'
import { claimOf } from '../core/hub.ts'

/** What one host may ask the agent of another, once a connection. */
export type HostQuestion =
  | { readonly ask: 'facts' }
  /**
   * Let this root be served to hubs from now on. The path is absolute, or begins with `~`. A file called `marker` lies in
   * the hub's own place of the root meanwhile: where it is seen here too, both are one directory.
   */
  | {
      readonly ask: 'serve'
      readonly id: string
      readonly path: string
      readonly marker?: string
      /** Who will drive it: refused on a host that follows another. */
      readonly hub: HubClaim
    }
  | { readonly ask: 'unserve'; readonly id: string }
  /** Hear who drives the roots from now on. Answered with `hub`: the claim that stands. */
  | { readonly ask: 'follow'; readonly hub: HubClaim }

/** What a host says of itself. */
export interface HostFacts {
  readonly userHome: string
  readonly kitHome: string
  /** The same for every connection to this home, another for every other home. */
  readonly homeId: string
  /** As in `linux-x64`. */
  readonly platform: string
  /** As in `node 24.12.0`. */
  readonly runtime: string
  /** Ids of the roots it serves. */
  readonly served: readonly string[]
  /** Who drives its roots, as far as it knows. */
  readonly hub?: HubClaim
  /** The first line of `rsync --version`, where there is one. */
  readonly rsync?: string
}

/** What comes back: a value, or why not. */
export type HostAnswer<T> =
  | { readonly ok: T }
  | { readonly error: { readonly code: string; readonly message: string; readonly hint?: string } }

/** A host that is reached by ssh. */
export interface AskedHost {
  readonly name: string
  readonly target: string
  readonly program: string
  readonly configFile: string | undefined
}

/** Asks the agent of a host that is reached by ssh. The answer is not looked at yet. */
export type AskHost = (host: AskedHost, question: HostQuestion) => Promise<unknown>

/** Something that can ask other hosts. */
export interface Asking {
  readonly askHost: AskHost
}

/** Longest text that is taken from another host's answer (characters). */
const textLimit = 4096

/** The facts in an answer. Throws what the other host could not do, PROTOCOL for what is no answer. */
export function factsOf(host: string, answer: unknown): HostFacts {
  const value = valueOf(host, answer)
  const text = (name: string): string => {
    const found = value[name]
    if (typeof found === 'string' && found.length <= textLimit) return found
    throw new SyncError('PROTOCOL', `Cannot read the answer of ${host}: no ${name} in it`)
  }
  const served = value['served']
  const isList = Array.isArray(served) && served.every(id => typeof id === 'string' && id.length <= textLimit)
  const [userHome, kitHome] = [text('userHome'), text('kitHome')]
  if (!isList || !userHome.startsWith('/') || !kitHome.startsWith('/')) {
    throw new SyncError('PROTOCOL', `Cannot read the answer of ${host}: it is not what an agent says of its host`)
  }
  const hub = claimOf(value['hub'])
  return {
    userHome,
    kitHome,
    homeId: text('homeId'),
    ...(hub !== undefined && { hub }),
    platform: text('platform'),
    runtime: text('runtime'),
    served: served as string[],
    ...(typeof value['rsync'] === 'string' && { rsync: value['rsync'].slice(0, textLimit) }),
  }
}

/** The object an answer brought. Throws what the other host could not do, PROTOCOL for what is no answer. */
export function valueOf(host: string, answer: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(answer) && isRecord(answer['ok'])) return answer['ok']
  const error = isRecord(answer) ? answer['error'] : undefined
  if (!isRecord(error) || typeof error['message'] !== 'string' || typeof error['code'] !== 'string') {
    throw new SyncError('PROTOCOL', `Cannot read the answer of ${host}`)
  }
  const hint = error['hint']
  throw new SyncError(error['code'].slice(0, 64) as ErrorCode, `${error['message'].slice(0, textLimit)} (on ${host})`, {
    verdict: 'usage',
    ...(typeof hint === 'string' && { hint: hint.slice(0, textLimit) }),
  })
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
