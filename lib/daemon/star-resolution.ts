import { SyncError } from '../core/errors.ts'
import type { Side } from '../core/operation.ts'
import type { ConflictInfo, Resolution, SessionHandle } from '../sync/session-handle.ts'
import type { ResolveParameters } from './verbs.ts'

/** A conflict and what can be asked of its session. */
export interface Decidable {
  readonly handle: Pick<SessionHandle, 'ask'>
  readonly conflict: ConflictInfo
}

export interface Decided<T extends Decidable> {
  readonly one: T
  readonly how: Resolution
}

/**
 * How each of the conflicts that one path has with several hosts is to end so that one version stands on all of them.
 * The session of the host whose version counts comes last: until then the hub's is what was shown with all of them.
 * @param group conflicts of one path of one root, each with another host. Throws USAGE for a host that is none of them
 */
export async function resolutionsOf<T extends Decidable>(
  group: readonly T[],
  take: ResolveParameters['take'],
): Promise<readonly Decided<T>[]> {
  if (take === 'mine') return group.map(one => ({ one, how: { take: 'alpha' } }))
  if (take === 'both' || (take === 'newest' && group.length === 1)) return group.map(one => ({ one, how: { take } }))
  if (take === 'theirs') return group.map(one => ({ one, how: { take: 'beta' } }))
  const host = take === 'newest' ? await newestHost(group) : take.host
  // The times are not known: each session says so for itself.
  if (host === undefined) return group.map(one => ({ one, how: { take: 'newest' } }))
  refuseUnknown(group, host)
  const decided = group.map((one): Decided<T> => {
    return { one, how: { take: one.conflict.hosts.beta === host ? 'beta' : 'alpha' } }
  })
  return decided.toSorted((a, b) => Number(a.how.take === 'beta') - Number(b.how.take === 'beta'))
}

function refuseUnknown(group: readonly Decidable[], host: string): void {
  const hosts = [...new Set(group.flatMap(({ conflict }) => [conflict.hosts.alpha, conflict.hosts.beta]))]
  const [first] = group
  if (first === undefined || hosts.includes(host)) return
  throw new SyncError(
    'USAGE',
    `Cannot take ${first.conflict.path} from ${host}: it is in conflict between ${hosts.slice(0, -1).join(', ')} and ${hosts.at(-1)}`,
    { hint: `dsync resolve PATH --take ${hosts[0]}` },
  )
}

/** The host whose version was modified last, as each host's own clock tells it; the hub among equals. */
async function newestHost(group: readonly Decidable[]): Promise<string | undefined> {
  const [first] = group
  if (first === undefined) return undefined
  const there = await Promise.all(
    group.map(async one => ({ host: one.conflict.hosts.beta, at: await timeOf(one, 'beta') })),
  )
  const all = [{ host: first.conflict.hosts.alpha, at: await timeOf(first, 'alpha') }, ...there]
  let newest: { readonly host: string; readonly at: number } | undefined
  for (const { host, at } of all) {
    if (at === undefined) return undefined
    if (newest === undefined || at > newest.at) newest = { host, at }
  }
  return newest?.host
}

async function timeOf({ handle, conflict }: Decidable, side: Side): Promise<number | undefined> {
  const answer = await handle.ask(side, { about: 'time', path: conflict.path })
  return answer.about === 'time' ? answer.mtimeMs : undefined
}
