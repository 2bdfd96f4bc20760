import { join } from 'node:path'
import type { Config, RootConfig } from './config.ts'
import { ignoreOf } from './config.ts'
import { contractHome, expandHome, samePlace } from './host-paths.ts'
import { isRecord } from './host-question.ts'
import { kitHome } from './kit-home.ts'
import type { HostPlaces } from './other-host.ts'
import { placesOn, wayTo } from './other-host.ts'
import type { Here } from './session-specs.ts'
import { findRoot, placeOn } from './session-specs.ts'

/** The hosts and roots of a hub, as another host has to know them to take its place. */
export interface Roster {
  readonly hub: RosterHost
  readonly hosts: readonly RosterHost[]
  readonly roots: readonly RosterRoot[]
}

/** One host; how the hub reaches it, the hub itself by neither. */
export interface RosterHost extends HostPlaces {
  readonly name: string
  readonly pipe?: string
  readonly ssh?: string
}

export interface RosterRoot {
  readonly id: string
  /** Where it lies on each host, absolute, by the hub's names of them; the hub's own place too. */
  readonly places: Readonly<Record<string, string>>
  /** What is said of it besides, with what is said of all roots. */
  readonly settings: RootSettings
}

export type RootSettings = Omit<RootConfig, 'id' | 'on' | 'at' | 'afterSync'>

/** A roster that takes more is not handed on (bytes): whoever takes the roots then goes by its own settings. */
export const rosterBytes = 32 * 1024

/** Of the roots that are switched on. What programs run after a sync stays where its user trusted it. */
export function rosterOf(config: Config, here: Here): Roster {
  const hosts = Object.keys(config.hosts).flatMap((name): RosterHost[] => {
    const way = wayTo(config, name, here.userHome)
    const places = way && placesOn(way, name, here.home)
    if (way === undefined || places === undefined) return []
    return [{ name, ...places, ...(way.kind === 'pipe' ? { pipe: way.directory } : { ssh: way.target }) }]
  })
  const hub: RosterHost = { name: here.host, userHome: here.userHome, kitHome: here.home.directory }
  const roots = config.paths.flatMap((line): RosterRoot[] => {
    const root = findRoot(config, line, here.userHome)?.root
    if (root === undefined) return []
    const path = expandHome(line, here.userHome)
    const places = hosts.flatMap(({ name, userHome: otherHome }) => {
      const place = root.on.includes(name)
        ? placeOn(path, root, { host: name, otherHome, userHome: here.userHome })
        : undefined
      return place === undefined ? [] : [[name, place] as const]
    })
    const { watcher, conflict, bandwidth, mode } = root
    const { patterns, gitignore } = ignoreOf(config, root)
    const settings: RootSettings = {
      ...(watcher !== undefined && { watcher: typeof watcher === 'string' ? { [here.host]: watcher } : watcher }),
      ...(conflict !== undefined && { conflict }),
      ...(bandwidth !== undefined && { bandwidth }),
      ...(mode !== undefined && { mode }),
      ...(patterns.length > 0 && { ignore: patterns }),
      ...(gitignore && { gitignore }),
    }
    return [{ id: root.id, places: Object.fromEntries([[here.host, path], ...places]), settings }]
  })
  return { hub, hosts, roots }
}

/** How one host of a roster can be reached from another host of it; undefined: it cannot, as far as is known. */
export function wayFrom(
  roster: Roster,
  from: string,
  to: RosterHost,
): { readonly pipe: string } | { readonly ssh: string } | undefined {
  const isOnHubsDisk = roster.hosts.find(({ name }) => name === from)?.pipe !== undefined
  if (to.ssh !== undefined) return { ssh: to.ssh }
  const directory = to.pipe ?? to.userHome
  const isHome = to.kitHome === kitHome(join(directory, '.dsync')).directory
  if (isOnHubsDisk && isHome) return { pipe: directory }
  return to.name === roster.hub.name && !isOnHubsDisk ? { ssh: to.name } : undefined
}

/** What the settings of a host say of a root once that host is the hub. @param own the name of that host */
export function rootFrom(
  roster: Roster,
  root: RosterRoot,
  own: { readonly name: string; readonly userHome: string },
): { readonly path: string; readonly root: RootConfig } | undefined {
  const path = root.places[own.name]
  if (path === undefined) return undefined
  const others = [roster.hub, ...roster.hosts].filter(({ name }) => name !== own.name && name in root.places)
  const at = others.flatMap(({ name, userHome }) => {
    const place = root.places[name]
    const isSame = place === undefined || place === samePlace(path, own.userHome, userHome)
    return isSame ? [] : [[name, place] as const]
  })
  const on = others.map(({ name }) => name)
  const key = contractHome(path, own.userHome)
  return {
    path: key,
    root: { id: root.id, on, ...(at.length > 0 && { at: Object.fromEntries(at) }), ...root.settings },
  }
}

/** A roster in what another program wrote; undefined when it is none. */
export function readRoster(value: unknown): Roster | undefined {
  if (!isRecord(value)) return undefined
  const { hub, hosts, roots } = value
  if (!isHost(hub) || !Array.isArray(hosts) || !hosts.every(isHost)) return undefined
  if (!Array.isArray(roots) || !roots.every(isRoot)) return undefined
  return { hub, hosts, roots }
}

function isHost(value: unknown): value is RosterHost {
  if (!isRecord(value) || !isName(value['name'])) return false
  const { userHome, kitHome: directory, pipe, ssh } = value
  return isPath(userHome) && isPath(directory) && (pipe === undefined || isPath(pipe)) && isMaybeText(ssh)
}

function isRoot(value: unknown): value is RosterRoot {
  if (!isRecord(value) || !isRecord(value['places']) || !isRecord(value['settings'])) return false
  const { id, places } = value
  const isId = typeof id === 'string' && /^[0-9a-f]{32}$/.test(id)
  return isId && Object.entries(places).every(([name, path]) => isName(name) && isPath(path))
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(value)
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('/') && value.length <= 4096 && !/[\0\n]/.test(value)
}

function isMaybeText(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value.length <= 255 && !value.startsWith('-'))
}
