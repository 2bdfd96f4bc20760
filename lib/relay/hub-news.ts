import type { Roster } from '../daemon/roster.ts'
import { readRoster, rosterBytes } from '../daemon/roster.ts'
import { newsBytes } from '../protocol/bounds.ts'
import type { ConflictInfo, Listed, SessionStatus } from '../sync/session-handle.ts'
import type { Way } from '../sync/session-spec.ts'

/** A root's session, as the host knows it that does not drive it. */
export type ToldSession = SessionStatus & { readonly transport: Way['kind'] }

/** What a hub tells the other host of a root, for when it is away: in the words of that host. */
export interface HubNews {
  readonly hub: string
  /** What the hub calls the host that it tells. */
  readonly here: string
  readonly version: string
  readonly session?: ToldSession | undefined
  /** The first of them. */
  readonly conflicts: readonly ConflictInfo[]
  /** For whoever takes its place. */
  readonly roster?: Roster | undefined
}

/** How many of each list are told. */
const itemsTold = 5
const conflictsTold = 100

/** Room for all but the conflicts (bytes). */
const restBytes = 64 * 1024

/** The news of one session, short enough to be told. */
export function newsOf(
  names: Pick<HubNews, 'hub' | 'here' | 'version'>,
  told: Pick<HubNews, 'session' | 'conflicts'> | undefined,
  roster?: Roster,
): HubNews {
  const session = told?.session && shortened(told.session)
  const isShort = session !== undefined && Buffer.byteLength(JSON.stringify(session)) <= restBytes
  const conflicts: ConflictInfo[] = []
  const rosterLength = roster === undefined ? 0 : Buffer.byteLength(JSON.stringify(roster))
  const isHandedOn = rosterLength <= rosterBytes
  let bytes = restBytes + (isHandedOn ? rosterLength : 0)
  for (const conflict of (told?.conflicts ?? []).slice(0, conflictsTold)) {
    bytes += Buffer.byteLength(JSON.stringify(conflict)) + 1
    if (bytes > newsBytes - 4096) break
    conflicts.push(conflict)
  }
  return { ...names, ...(isShort ? { session } : {}), conflicts, ...(roster !== undefined && isHandedOn && { roster }) }
}

function shortened(session: ToldSession): ToldSession {
  const { problems, notices, untaken, holds } = session
  return {
    ...session,
    problems: first(problems),
    notices: first(notices),
    untaken: first(untaken),
    holds: holds.slice(0, itemsTold).map(hold => ({ ...hold, paths: first(hold.paths) })),
  }
}

function first<T>({ total, first: items }: Listed<T>): Listed<T> {
  return { total, first: items.slice(0, itemsTold) }
}

/** What somebody says that a hub has told; undefined when it is nothing that ours tells. */
export function readNews(value: unknown): HubNews | undefined {
  if (!isRecord(value)) return undefined
  const { hub, here, version, session, conflicts } = value
  if (typeof hub !== 'string' || typeof here !== 'string' || typeof version !== 'string') return undefined
  const listed = Array.isArray(conflicts) ? conflicts.filter(isConflict) : []
  const roster = readRoster(value['roster'])
  return {
    ...{ hub, here, version, conflicts: listed },
    ...(isSession(session) ? { session } : {}),
    ...(roster === undefined ? {} : { roster }),
  }
}

/** The fields of a status that are shown, each of its kind: a hub is not trusted to send what ours sends. */
export function isSession(value: unknown): value is ToldSession {
  if (!isRecord(value)) return false
  const { entries, holds, sides } = value
  const texts = [value['root'], value['host'], value['state'], value['mode'], value['transport']]
  const numbers = [value['since'], value['queued'], value['inFlight'], value['bytesQueued'], value['conflicts']]
  const lists = [value['problems'], value['notices'], value['untaken']]
  return (
    texts.every(each => typeof each === 'string') &&
    numbers.every(each => typeof each === 'number') &&
    lists.every(isListed) &&
    isRecord(entries) &&
    isRecord(sides) &&
    Array.isArray(holds) &&
    holds.every(isHold) &&
    isMaybe(value['why'], 'string') &&
    isMaybe(value['code'], 'string') &&
    isMaybe(value['lastSyncAt'], 'number') &&
    isMaybe(value['roundTripMs'], 'number') &&
    isMaybe(value['retryAt'], 'number') &&
    isMaybe(entries['alpha'], 'number') &&
    (value['latency'] === undefined || isLatency(value['latency']))
  )
}

function isConflict(value: unknown): value is ConflictInfo {
  if (!isRecord(value) || !isRecord(value['hosts']) || !isRecord(value['sides'])) return false
  const { alpha, beta } = value['hosts']
  const texts = [value['root'], value['host'], value['path'], value['kind'], alpha, beta]
  const sides = [value['sides']['alpha'], value['sides']['beta']]
  return (
    texts.every(each => typeof each === 'string') &&
    typeof value['since'] === 'number' &&
    sides.every(side => isRecord(side) && typeof side['kind'] === 'string')
  )
}

function isHold(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value['guard'] === 'string' &&
    typeof value['why'] === 'string' &&
    isListed(value['paths'])
  )
}

function isListed(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value['total'] === 'number' &&
    Array.isArray(value['first']) &&
    value['first'].every(isListedItem)
  )
}

/** A path, or what is said of one. */
function isListedItem(item: unknown): boolean {
  if (typeof item === 'string') return true
  return isRecord(item) && ['path', 'why', 'kind', 'trash'].every(key => isMaybe(item[key], 'string'))
}

function isLatency(value: unknown): boolean {
  return isRecord(value) && typeof value['medianMs'] === 'number' && typeof value['p99Ms'] === 'number'
}

function isMaybe(value: unknown, kind: 'string' | 'number'): boolean {
  return value === undefined || typeof value === kind
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
