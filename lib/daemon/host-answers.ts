import { SyncError } from '../core/errors.ts'
import { refuseRoot } from '../core/guards.ts'
import type { HubClaim } from '../core/hub.ts'
import { claimOf, isSameClaim, otherHub } from '../core/hub.ts'
import { readConfig } from './config-reader.ts'
import { homeId } from './home-id.ts'
import { expandHome } from './host-paths.ts'
import type { HostAnswer, HostFacts } from './host-question.ts'
import { isRecord } from './host-question.ts'
import { meetHub, readHub } from './hub-record.ts'
import { ensureKitHome } from './kit-home.ts'
import { holdsMarker, lookAtPlace, realPath } from './root-place.ts'
import type { Here } from './session-specs.ts'
import { serveRoot, servedRoots, unserveRoot } from './served-roots.ts'
import { writePlaces } from './shell-places.ts'

/** This host as its agent answers for it. */
export interface Answering extends Here {
  readonly platform: string
  readonly runtime: string
  /** The first line of `rsync --version`. */
  readonly rsync: string | undefined
}

/** Answers one question of a hub. The hub is not trusted with more than its login allows: every word is checked here. */
export async function answerQuestion(here: Answering, question: unknown): Promise<HostAnswer<object>> {
  try {
    return { ok: await answerOf(here, question) }
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    const { code, message, hint } = error
    return { error: { code, message, ...(hint !== undefined && { hint }) } }
  }
}

async function answerOf(here: Answering, question: unknown): Promise<object> {
  if (!isRecord(question)) throw notUnderstood()
  const { ask, id, path, marker } = question
  if (ask === 'facts') return hostFacts(here)
  const hub = claimOf(question['hub'])
  if (ask === 'follow' && hub !== undefined) {
    ensureKitHome(here.home)
    const stands = await meetHub(here, hub)
    writePlaces(here)
    return { hub: stands }
  }
  if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id)) throw notUnderstood()
  ensureKitHome(here.home)
  if (ask === 'unserve') {
    unserveRoot(here.home, id)
    writePlaces(here)
    return {}
  }
  if (
    ask !== 'serve' ||
    hub === undefined ||
    typeof path !== 'string' ||
    !/^(\/|~(\/|$))/.test(path) ||
    path.includes('\0')
  ) {
    throw notUnderstood()
  }
  const place = expandHome(path, here.userHome)
  refuseHere(here, { id, path: place, marker })
  await followOrRefuse(here, hub)
  serveRoot(here.home, { id, path: place })
  writePlaces(here)
  return { path: place }
}

/** What a host says of itself, by this home. */
export function hostFacts(here: Answering): HostFacts {
  ensureKitHome(here.home)
  const hub = readHub(here.home)
  return {
    userHome: here.userHome,
    kitHome: here.home.directory,
    homeId: homeId(here.home),
    platform: here.platform,
    runtime: here.runtime,
    served: servedRoots(here.home).map(root => root.id),
    ...(hub !== undefined && { hub }),
    ...(here.rsync !== undefined && { rsync: here.rsync }),
  }
}

/** Throws OTHER_HUB where another hub stands. */
export async function followOrRefuse(here: Here, hub: HubClaim): Promise<void> {
  const stands = await meetHub(here, hub)
  if (!isSameClaim(stands, hub)) throw otherHub(stands)
}

interface Wanted {
  readonly id: string
  readonly path: string
  readonly marker: unknown
}

function refuseHere({ home, userHome }: Answering, { id, path, marker }: Wanted): void {
  const place = lookAtPlace(path)
  const own = Object.keys(readConfig(home).config?.roots ?? {}).map(key => expandHome(key, userHome))
  const served = servedRoots(home).flatMap(root => (root.id === id ? [] : [root.path]))
  const why =
    place.kind === 'other'
      ? 'it is not a directory'
      : holdsMarker(place.real, marker)
        ? 'it is the same directory'
        : refuseRoot(place.real, {
            home: realPath(userHome),
            kitHome: realPath(home.directory),
            otherRoots: [...own, ...served].map(realPath),
          })
  if (why !== undefined) throw new SyncError('ROOT_REFUSED', `Cannot sync ${path}: ${why}`, { verdict: 'usage' })
}

function notUnderstood(): SyncError {
  return new SyncError('PROTOCOL', 'Cannot answer: this agent does not know the question')
}
