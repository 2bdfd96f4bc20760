import { SyncError } from '../core/errors.ts'
import { refuseRoot } from '../core/guards.ts'
import type { Config } from './config.ts'
import { expandHome } from './host-paths.ts'
import { placesOn, wayTo } from './other-host.ts'
import type { RootPlace } from './root-place.ts'
import { isSameDirectory, lookAtPlace, realPath } from './root-place.ts'
import type { Here } from './session-specs.ts'
import { placeOn } from './session-specs.ts'

/** A root that somebody wants, with where it would lie on other hosts. */
export interface WantedRoot {
  readonly key: string
  readonly path: string
  readonly places: readonly { readonly host: string; readonly path: string }[]
}

/** The home of a user, and the kit's home of that host. */
interface Home {
  readonly userHome: string
  readonly kitHome: string
}

/** Throws ROOT_REFUSED, with what is wrong, when a directory of this host may not be a root. */
export function refuseOwnPlace(config: Config, wanted: Omit<WantedRoot, 'places'>, here: Here): void {
  const place = lookAtPlace(wanted.path)
  if (place.kind === 'missing') throw refused(wanted.path, 'it does not exist', `mkdir -p ${wanted.path}`)
  refusePlace(wanted.path, place, { homes: [homeOf(here)], otherRoots: otherRoots(config, wanted.key, here) })
}

/** As `refuseOwnPlace`, for the places on hosts that are directories of this machine. A host on another one looks for itself. */
export function refusePlaces(config: Config, wanted: WantedRoot, here: Here): void {
  const own = lookAtPlace(wanted.path)
  const taken = [...otherRoots(config, wanted.key, here), own.real]
  for (const { host, path } of wanted.places) {
    const there = onThisDisk(config, host, here)
    if (there === undefined) continue
    const place = lookAtPlace(path)
    if (isSameDirectory(own, place)) throw refused(wanted.path, `it is the same directory on ${host} (${path})`)
    refusePlace(path, place, { homes: [homeOf(here), there], otherRoots: taken })
    taken.push(place.real)
  }
}

/** The homes of a host whose disk is this machine's. */
function onThisDisk(config: Config, host: string, here: Here): Home | undefined {
  const way = wayTo(config, host, here.userHome)
  return way?.kind === 'pipe' ? placesOn(way, host, here.home) : undefined
}

function homeOf(here: Here): Home {
  return { userHome: here.userHome, kitHome: here.home.directory }
}

function refusePlace(
  path: string,
  place: RootPlace,
  around: { readonly homes: readonly Home[]; readonly otherRoots: readonly string[] },
): void {
  if (place.kind === 'other') throw refused(path, 'it is not a directory')
  for (const { userHome, kitHome } of around.homes) {
    const surroundings = { home: realPath(userHome), kitHome: realPath(kitHome), otherRoots: around.otherRoots }
    const why = refuseRoot(place.real, surroundings)
    if (why !== undefined) throw refused(path, why)
  }
}

function refused(path: string, why: string, hint?: string): SyncError {
  const options = { verdict: 'usage' as const, ...(hint === undefined ? {} : { hint }) }
  return new SyncError('ROOT_REFUSED', `Cannot sync ${path}: ${why}`, options)
}

/** Every directory of this disk that other roots take up, here and as other hosts. */
function otherRoots(config: Config, except: string, here: Here): string[] {
  return Object.entries(config.roots).flatMap(([key, root]) => {
    if (key === except) return []
    const path = expandHome(key, here.userHome)
    const there = root.on.flatMap(host => {
      const there = onThisDisk(config, host, here)
      if (there === undefined) return []
      return placeOn(path, root, { host, otherHome: there.userHome, userHome: here.userHome }) ?? []
    })
    return [path, ...there].map(realPath)
  })
}
