import { randomBytes } from 'node:crypto'
import { SyncError } from '../core/errors.ts'
import type { Config, RootConfig } from './config.ts'
import { watcherOf } from './config.ts'
import type { EditOptions } from './config-edit.ts'
import { addPath, editConfig, removePath, whileEditing } from './config-edit.ts'
import { requireConfig } from './config-reader.ts'
import type { HubClaim } from '../core/hub.ts'
import { otherHub } from '../core/hub.ts'
import { homeId } from './home-id.ts'
import { followOrRefuse } from './host-answers.ts'
import { ownClaim, readHub } from './hub-record.ts'
import { hostRow, unknownHost } from './host-registration.ts'
import { contractHome, expandHome } from './host-paths.ts'
import type { Asking } from './host-question.ts'
import { valueOf } from './host-question.ts'
import type { KitHome } from './kit-home.ts'
import { kitHome } from './kit-home.ts'
import type { HostPlaces } from './other-host.ts'
import { placesOn, wayTo } from './other-host.ts'
import { refuseOwnPlace, refusePlaces } from './root-guard.ts'
import { mark } from './root-place.ts'
import { serveRoot, unserveRoot } from './served-roots.ts'
import type { SyncMode, WatcherChoice, Way } from '../sync/session-spec.ts'
import type { Here } from './session-specs.ts'
import { findRoot, placeOn, rootKey } from './session-specs.ts'

/** A root as `dsync roots` shows it. */
export interface RootRow {
  /** As in `paths.txt`. */
  readonly root: string
  readonly path: string
  readonly id: string
  /** False when its line in `paths.txt` is missing or commented out. */
  readonly active: boolean
  readonly on: readonly RootOnHost[]
  readonly watcher: WatcherChoice
  readonly mode: SyncMode
}

export interface RootOnHost {
  readonly host: string
  readonly path: string
  readonly watcher: WatcherChoice
}

export interface RootChoice {
  /** The hosts it is to be on; none named: all there are. */
  readonly on: readonly string[]
  /** Where it lies there, by host. */
  readonly at: Readonly<Record<string, string>>
  /** How changes are noticed, by host; `''` is this one. */
  readonly watcher: Readonly<Record<string, WatcherChoice>>
  /** Which way changes go; as it was unless given. */
  readonly mode?: SyncMode
}

/**
 * Makes a directory of this host a root, here and in the home of every host it is to be on. Adding one that is known
 * extends or changes it: where hosts are named the others, which may be away, are not asked. Throws ROOT_REFUSED for a
 * directory that may not be one, USAGE for a host that is unknown.
 */
export function addRoot(
  here: Here & Asking,
  directory: string,
  choice: RootChoice,
  options: EditOptions = {},
): Promise<RootRow> {
  const edit = async (): Promise<RootRow> => {
    const config = requireConfig(here.home)
    const path = expandHome(directory, here.userHome)
    const key = findRoot(config, path, here.userHome)?.key ?? rootKey(path, here.userHome)
    refuseOwnPlace(config, { key, path }, here)
    const root = chosen(config, key, choice, here)
    const places = placesOf(config, { path, root }, here)
    refusePlaces(config, { key, path, places }, here)
    const follows = readHub(here.home)
    if (follows !== undefined && follows.hub !== homeId(here.home)) throw otherHub(follows)
    if (options.dryRun === true) {
      return rootRow({ ...config, roots: { ...config.roots, [key]: root }, paths: [...config.paths, key] }, key, here)
    }
    const hub = await ownClaim(here)
    for (const { host, path: place } of places.filter(isAsked(choice)))
      await serveOn(config, host, { id: root.id, path: place, own: path, hub }, here)
    editConfig(here.home, ['roots', key], root)
    addPath(here.home, key)
    return rootRow(requireConfig(here.home), key, here)
  }
  return whileEditing(here, edit, options)
}

/**
 * Forgets a root, or with `on` only its place on those hosts. No file of it is touched on any host, and what is in its
 * trash stays there.
 */
export function removeRoot(
  here: Here & Asking,
  directory: string,
  on: readonly string[],
  options: EditOptions = {},
): Promise<RootRow> {
  const edit = async (): Promise<RootRow> => {
    const config = requireConfig(here.home)
    const { key, root } = requireRoot(config, directory, here)
    const row = rootRow(config, key, here)
    for (const host of on) hostRow(config, host, here)
    if (options.dryRun === true) return row
    const left = on.length === 0 ? [] : root.on.filter(host => !on.includes(host))
    for (const host of root.on.filter(each => !left.includes(each))) {
      await unserveOn(config, host, root.id, here)
    }
    if (left.length > 0) editConfig(here.home, ['roots', key, 'on'], left)
    else {
      removePath(here.home, key)
      editConfig(here.home, ['roots', key], undefined)
    }
    return row
  }
  return whileEditing(here, edit, options)
}

export function listRoots(here: Here): RootRow[] {
  const config = requireConfig(here.home)
  return Object.keys(config.roots).map(key => rootRow(config, key, here))
}

/** Throws USAGE for a directory that is no root. */
export function showRoot(here: Here, directory: string): RootRow {
  const config = requireConfig(here.home)
  return rootRow(config, requireRoot(config, directory, here).key, here)
}

/** How a host is reached and where things lie on it. Throws USAGE for one that is unknown or was never asked. */
function hostPlaces(config: Config, host: string, here: Here): { readonly way: Way; readonly places: HostPlaces } {
  const way = wayTo(config, host, here.userHome)
  if (way === undefined) throw unknownHost(config, host)
  const places = placesOn(way, host, here.home)
  if (places !== undefined) return { way, places }
  throw new SyncError('USAGE', `Cannot tell where things lie on ${host}: it was never asked`, {
    hint: `dsync hosts check ${host}`,
  })
}

/** Writes a root into the list of those that a host serves: on this disk, or by asking that host. */
async function serveOn(
  config: Config,
  host: string,
  { id, path, own, hub }: { readonly id: string; readonly path: string; readonly own: string; readonly hub: HubClaim },
  here: Here & Asking,
): Promise<void> {
  const { way, places } = hostPlaces(config, host, here)
  if (way.kind === 'pipe') {
    await followOrRefuse({ home: homeAt(places), userHome: places.userHome, host }, hub)
    return serveRoot(homeAt(places), { id, path })
  }
  const marker = mark(own)
  try {
    const question = { ask: 'serve', id, path, hub, ...(marker !== undefined && { marker: marker.name }) } as const
    valueOf(host, await here.askHost({ ...way, name: host }, question))
  } finally {
    marker?.remove()
  }
}

async function unserveOn(config: Config, host: string, id: string, here: Here & Asking): Promise<void> {
  const { way, places } = hostPlaces(config, host, here)
  if (way.kind === 'pipe') unserveRoot(homeAt(places), id)
  else valueOf(host, await here.askHost({ ...way, name: host }, { ask: 'unserve', id }))
}

function homeAt({ kitHome: directory }: HostPlaces): KitHome {
  return kitHome(directory)
}

function requireRoot(
  config: Config,
  directory: string,
  here: Here,
): { readonly key: string; readonly root: RootConfig } {
  const found = findRoot(config, directory, here.userHome)
  if (found !== undefined) return found
  const keys = Object.keys(config.roots)
  const known = keys.length === 0 ? 'there is none yet' : `known: ${keys.join(', ')}`
  throw new SyncError('USAGE', `Cannot find the root ${contractHome(directory, here.userHome)}; ${known}`, {
    hint: 'dsync roots list',
  })
}

/** The settings of a root once a person's choice is added to what was known of it. */
function chosen(config: Config, key: string, choice: RootChoice, here: Here): RootConfig {
  const known = config.roots[key]
  const named = [...new Set([...choice.on, ...Object.keys(choice.at)])]
  const on = [...new Set([...(known?.on ?? []), ...(named.length > 0 ? named : Object.keys(config.hosts))])]
  if (on.length === 0) {
    throw new SyncError('USAGE', `Cannot add ${key}: there is no other host yet`, {
      hint: 'dsync hosts add NAME --ssh USER@HOST',
    })
  }
  const at = { ...known?.at, ...choice.at }
  const watcher = chosenWatchers(known, choice, { own: config.name ?? here.host, on })
  return {
    ...known,
    id: known?.id ?? randomBytes(16).toString('hex'),
    on,
    ...(Object.keys(at).length > 0 ? { at } : {}),
    ...(watcher === undefined ? {} : { watcher }),
    ...(choice.mode === undefined ? {} : { mode: choice.mode }),
  }
}

/** Hosts that are named, else all. */
function isAsked({ on, at }: RootChoice): (place: { readonly host: string }) => boolean {
  const named = new Set([...on, ...Object.keys(at)])
  return ({ host }) => named.size === 0 || named.has(host)
}

function chosenWatchers(
  known: RootConfig | undefined,
  choice: RootChoice,
  hosts: { readonly own: string; readonly on: readonly string[] },
): RootConfig['watcher'] {
  const chosen = Object.entries(choice.watcher)
  if (chosen.length === 0) return known?.watcher
  const all = [hosts.own, ...hosts.on]
  const before = known === undefined ? {} : Object.fromEntries(all.map(host => [host, watcherOf(known, host)]))
  const after = Object.fromEntries(chosen.map(([host, watcher]) => [host === '' ? hosts.own : host, watcher]))
  const stray = Object.keys(after).find(host => !all.includes(host))
  if (stray === undefined) return { ...before, ...after }
  throw new SyncError('USAGE', `Cannot choose a watcher on ${JSON.stringify(stray)}: the root is on ${all.join(', ')}`)
}

function placesOf(
  config: Config,
  { path, root }: { readonly path: string; readonly root: RootConfig },
  here: Here,
): { readonly host: string; readonly path: string }[] {
  return root.on.map(host => {
    const { userHome: otherHome } = hostPlaces(config, host, here).places
    const place = placeOn(path, root, { host, otherHome, userHome: here.userHome })
    if (place !== undefined) return { host, path: place }
    throw new SyncError('USAGE', `Cannot tell where ${path} lies on ${host}: it is not under the home`, {
      hint: `dsync roots add ${path} --at ${host}=PATH`,
    })
  })
}

function rootRow(config: Config, key: string, here: Here): RootRow {
  const root = config.roots[key]
  if (root === undefined) throw new SyncError('INVARIANT', `No root ${key}`, { verdict: 'bug' })
  const path = expandHome(key, here.userHome)
  return {
    root: contractHome(path, here.userHome),
    path,
    id: root.id,
    active: config.paths.some(line => rootKey(line, here.userHome) === rootKey(key, here.userHome)),
    on: placesOf(config, { path, root }, here).map(place => ({ ...place, watcher: watcherOf(root, place.host) })),
    watcher: watcherOf(root, config.name ?? here.host),
    mode: root.mode ?? 'two-way',
  }
}
