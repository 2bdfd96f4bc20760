import { SyncError } from '../core/errors.ts'
import { refuseRoot } from '../core/guards.ts'
import type { Config } from './config.ts'
import { expandHome } from './host-paths.ts'
import { hostRow } from './host-registration.ts'
import type { RootPlace } from './root-place.ts'
import { isSameDirectory, lookAtPlace, realPath } from './root-place.ts'
import type { Here } from './session-specs.ts'
import { otherKitHome, placeOn } from './session-specs.ts'

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

/** As `refuseOwnPlace`, for every place where the root would lie on other hosts. Those of a pipe share this machine's disk. */
export function refusePlaces(config: Config, wanted: WantedRoot, here: Here): void {
  const own = lookAtPlace(wanted.path)
  const taken = [...otherRoots(config, wanted.key, here), own.real]
  for (const { host, path } of wanted.places) {
    const userHome = hostRow(config, host, here).directory
    const place = lookAtPlace(path)
    if (isSameDirectory(own, place)) throw refused(wanted.path, `it is the same directory on ${host} (${path})`)
    const homes = [homeOf(here), { userHome, kitHome: otherKitHome(userHome).directory }]
    refusePlace(path, place, { homes, otherRoots: taken })
    taken.push(place.real)
  }
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
      const otherHome = hostRow(config, host, here).directory
      return placeOn(path, root, { host, otherHome, userHome: here.userHome }) ?? []
    })
    return [path, ...there].map(realPath)
  })
}
