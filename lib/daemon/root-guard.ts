import { join } from 'node:path'
import { SyncError } from '../core/errors.ts'
import type { Config } from './config.ts'
import { contractHome, expandHome, isAtOrBelow } from './host-paths.ts'
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

/** A directory that is a root already, on whatever host that is on this machine's disk. */
interface Taken {
  readonly real: string
  readonly says: string
}

/** Throws ROOT_REFUSED, with what is wrong, when a directory of this host may not be a root. */
export function refuseOwnPlace(config: Config, wanted: Omit<WantedRoot, 'places'>, here: Here): void {
  const place = lookAtPlace(wanted.path)
  if (place.kind === 'missing') throw refused(wanted.path, 'it does not exist', `mkdir -p ${wanted.path}`)
  refusePlace(wanted.path, place, { homes: [homeOf(here)], taken: takenPlaces(config, wanted.key, here) })
}

/** As `refuseOwnPlace`, for every place where the root would lie on other hosts. */
export function refusePlaces(config: Config, wanted: WantedRoot, here: Here): void {
  const own = lookAtPlace(wanted.path)
  const taken = takenPlaces(config, wanted.key, here)
  taken.push({ real: own.real, says: contractHome(wanted.path, here.userHome) })
  for (const { host, path } of wanted.places) {
    const userHome = hostRow(config, host, here).directory
    const place = lookAtPlace(path)
    if (isSameDirectory(own, place)) throw refused(wanted.path, `it is the same directory on ${host} (${path})`)
    const homes = [homeOf(here), { userHome, kitHome: otherKitHome(userHome).directory }]
    refusePlace(path, place, { homes, taken })
    taken.push({ real: place.real, says: `${path} on ${host}` })
  }
}

function homeOf(here: Here): Surroundings['homes'][number] {
  return { userHome: here.userHome, kitHome: here.home.directory }
}

interface Surroundings {
  /** The homes of every host whose disk this is. */
  readonly homes: readonly { readonly userHome: string; readonly kitHome: string }[]
  readonly taken: readonly Taken[]
}

function refusePlace(path: string, place: RootPlace, around: Surroundings): void {
  const why = place.kind === 'other' ? 'it is not a directory' : wrongPlace(place.real, around)
  if (why !== undefined) throw refused(path, why)
}

function wrongPlace(real: string, { homes, taken }: Surroundings): string | undefined {
  if (real === '/') return 'it is the whole disk'
  for (const { userHome, kitHome } of homes) {
    const home = realPath(userHome)
    if (isAtOrBelow(home, real))
      return real === home ? 'it is a home directory' : `it holds the home directory ${userHome}`
    if (isAtOrBelow(real, join(home, '.ssh'))) return 'it is where ssh keeps its keys'
    if (isAtOrBelow(real, realPath(kitHome))) return "it lies in dsync's own home"
  }
  const overlap = taken.find(root => isAtOrBelow(real, root.real) || isAtOrBelow(root.real, real))
  return overlap === undefined ? undefined : `it overlaps with the root ${overlap.says}`
}

function refused(path: string, why: string, hint?: string): SyncError {
  return new SyncError('ROOT_REFUSED', `Cannot sync ${path}: ${why}`, {
    verdict: 'usage',
    ...(hint === undefined ? {} : { hint }),
  })
}

/** Every directory that other roots take up: hosts of a pipe share this machine's disk. */
function takenPlaces(config: Config, except: string, here: Here): Taken[] {
  return Object.entries(config.roots).flatMap(([key, root]) => {
    if (key === except) return []
    const path = expandHome(key, here.userHome)
    const there = root.on.flatMap(host => {
      const otherHome = hostRow(config, host, here).directory
      const place = placeOn(path, root, { host, otherHome, userHome: here.userHome })
      return place === undefined ? [] : [{ real: realPath(place), says: `${place} on ${host}` }]
    })
    return [{ real: realPath(path), says: contractHome(path, here.userHome) }, ...there]
  })
}
