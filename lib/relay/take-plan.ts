import { SyncError } from '../core/errors.ts'
import type { HubClaim } from '../core/hub.ts'
import type { Config, HostConfig, RootConfig } from '../daemon/config.ts'
import { requireConfig } from '../daemon/config-reader.ts'
import { homeId } from '../daemon/home-id.ts'
import { expandHome } from '../daemon/host-paths.ts'
import type { Asking, HostFacts } from '../daemon/host-question.ts'
import { factsOf } from '../daemon/host-question.ts'
import { readHub } from '../daemon/hub-record.ts'
import type { HostPlaces } from '../daemon/other-host.ts'
import { pipeHome, placesOn, wayTo } from '../daemon/other-host.ts'
import { lookAtPlace } from '../daemon/root-place.ts'
import type { Roster, RosterHost } from '../daemon/roster.ts'
import { rootFrom, wayFrom } from '../daemon/roster.ts'
import { servedRoots } from '../daemon/served-roots.ts'
import type { Here } from '../daemon/session-specs.ts'
import { findRoot, rootKey } from '../daemon/session-specs.ts'
import type { Way } from '../sync/session-spec.ts'
import type { Told } from './told-record.ts'
import { readTold } from './told-record.ts'

/** A host as it would be reached from here once this host is the hub. */
export interface TakeHost {
  readonly name: string
  /** What ssh is told, or the directory of this machine; absent where neither is known. */
  readonly target?: string
  /** `away`: it does not answer now, and is kept in sync once it does · `unknown`: nobody knows how to reach it from here. */
  readonly state: 'reached' | 'away' | 'unknown'
  readonly why?: string
  readonly hint?: string
}

export interface TakeRoot {
  /** As it would stand in `paths.txt`. */
  readonly root: string
  readonly id: string
  readonly on: readonly string[]
  /** Why it cannot be driven from here; absent when it can. */
  readonly left?: string
}

/** A root with what the settings would say of it; without that when it is left. */
export type PlannedRoot = TakeRoot & { readonly config?: RootConfig }

/** What it would come to if this host became the hub. */
export interface TakePlan {
  /** What this host is called. */
  readonly name: string
  readonly isHere: boolean
  readonly before: HubClaim | undefined
  readonly hosts: readonly PlannedHost[]
  readonly roots: readonly PlannedRoot[]
  /** Lines of `paths.txt` to switch off: what they say of a root is not what the hub before made of it. */
  readonly off: readonly string[]
}

export interface PlannedHost extends TakeHost {
  readonly way: Way | undefined
  readonly config: HostConfig | undefined
  readonly places: HostPlaces | undefined
  readonly facts: HostFacts | undefined
  /** Whom it follows. */
  readonly claim: HubClaim | undefined
}

interface Choice {
  /** How hosts are reached from here, by name, where it is not as the hub reaches them. */
  readonly ssh: Readonly<Record<string, string>>
}

/** Looks at what the hub told last, or at this home's own settings where it told nothing, and asks every host. */
export async function planTake(here: Here & Asking, choice: Choice): Promise<TakePlan> {
  const { home } = here
  const before = readableHub(here)
  const isHere = before?.hub === homeId(home)
  const config = requireConfig(home)
  const told = isHere ? undefined : newestTold(here)
  const roster = told?.news.roster
  const name = (roster === undefined ? undefined : told?.news.here) ?? config.name ?? here.host
  const roots = roster === undefined ? ownRoots(config, here) : allRoots(roster, { name, config }, here)
  const wanted =
    roster === undefined
      ? ownHosts(config, here)
      : withOwnHosts(rosterHosts(roster, { name, ssh: choice.ssh }, config), roots, ownHosts(config, here))
  const stray = Object.keys(choice.ssh).find(each => !wanted.some(host => host.name === each))
  if (stray !== undefined) {
    throw new SyncError('USAGE', `Cannot find the host ${JSON.stringify(stray)} among those of the roots`, {
      hint: wanted.length === 0 ? 'dsync status' : `known: ${wanted.map(host => host.name).join(', ')}`,
    })
  }
  const hosts = await Promise.all(wanted.map(host => lookAt(host, config, here)))
  const known = new Set(hosts.flatMap(host => (host.places === undefined ? [] : [host.name])))
  const planned = roots.map(root => withKnown(root, known))
  return {
    name,
    isHere,
    before,
    hosts,
    roots: planned,
    off: roster === undefined ? [] : linesOff(planned, config, here),
  }
}

/**
 * The roots of the hub before, and those that its settings do not know of and ours do: one that this home still serves
 * goes on as they say, any other was taken off by that hub.
 */
function allRoots(
  roster: Roster,
  { name, config }: { readonly name: string; readonly config: Config },
  here: Here,
): PlannedRoot[] {
  const told = rosterRoots(roster, { name, userHome: here.userHome })
  const known = new Set([...roster.roots.map(({ id }) => id), ...told.map(({ root }) => root)])
  const served = new Set(servedRoots(here.home).map(({ id }) => id))
  const beside = ownRoots(config, here).flatMap((each): PlannedRoot[] => {
    const { root, id, on } = each
    if (known.has(id) || known.has(root) || on.length === 0) return []
    if (served.has(id)) return [each]
    return [{ root, id, on, left: `${roster.hub.name} took it off; dsync roots add ${root} brings it back` }]
  })
  return [...told, ...beside]
}

/** The hosts of the hub before, and those of our own settings that a root needs besides. */
function withOwnHosts(
  hosts: readonly WantedHost[],
  roots: readonly PlannedRoot[],
  own: readonly WantedHost[],
): WantedHost[] {
  const known = new Set(hosts.map(({ name }) => name))
  const needed = new Set(roots.flatMap(({ on, config }) => (config === undefined ? [] : on)))
  return [...hosts, ...own.filter(({ name }) => needed.has(name) && !known.has(name))]
}

/** Lines of roots that are left out would have our own, older settings of them count. */
function linesOff(roots: readonly PlannedRoot[], config: Config, { userHome }: Here): string[] {
  const left = new Set(roots.flatMap(({ root, left: why }) => (why === undefined ? [] : [root])))
  return config.paths.filter(line => left.has(rootKey(line, userHome)))
}

/** A record that cannot be read is healed by taking the roots. */
function readableHub({ home }: Here): HubClaim | undefined {
  try {
    return readHub(home)
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    return undefined
  }
}

function newestTold({ home }: Here): Told | undefined {
  return servedRoots(home)
    .flatMap(({ id }) => readTold(home, id) ?? [])
    .filter(({ news }) => news.roster !== undefined)
    .toSorted((a, b) => b.at - a.at)[0]
}

interface WantedHost {
  readonly name: string
  readonly config: HostConfig | undefined
  /** As the hub knows them. */
  readonly places: HostPlaces | undefined
  readonly why?: string
  readonly hint?: string
}

function ownHosts(config: Config, here: Here): WantedHost[] {
  return Object.entries(config.hosts).map(([name, host]) => {
    const way = wayTo(config, name, here.userHome)
    return { name, config: host, places: way && placesOn(way, name, here.home) }
  })
}

function rosterHosts(
  roster: Roster,
  own: { readonly name: string; readonly ssh: Choice['ssh'] },
  config: Config,
): WantedHost[] {
  const others = [roster.hub, ...roster.hosts].filter(({ name }) => name !== own.name)
  return others.map((host: RosterHost) => {
    const { name, userHome, kitHome } = host
    const chosen = own.ssh[name]
    const known = config.hosts[name]
    const way = chosen !== undefined ? { ssh: chosen } : (known ?? wayFrom(roster, own.name, host))
    const places = { userHome, kitHome }
    if (way !== undefined) return { name, config: way, places }
    const why = `it is a directory on ${roster.hub.name}, which this host does not see`
    return { name, config: undefined, places: undefined, why, hint: `dsync hub take --ssh ${name}=TARGET` }
  })
}

function ownRoots(config: Config, here: Here): PlannedRoot[] {
  return config.paths.flatMap(line => {
    const root = findRoot(config, line, here.userHome)?.root
    if (root === undefined) return []
    return [{ root: rootKey(line, here.userHome), id: root.id, on: root.on, config: root }]
  })
}

function rosterRoots(roster: Roster, own: { readonly name: string; readonly userHome: string }): PlannedRoot[] {
  return roster.roots.flatMap((each): PlannedRoot[] => {
    const found = rootFrom(roster, each, own)
    if (found === undefined) return []
    const { path: root, root: config } = found
    const row = { root, id: each.id, on: config.on }
    if (config.mode !== undefined && config.mode !== 'two-way')
      return [{ ...row, left: `on ${roster.hub.name} it is one-way (${config.mode}), which counts for that hub alone` }]
    if (lookAtPlace(expandHome(root, own.userHome)).kind !== 'directory') return [{ ...row, left: 'it is not there' }]
    return [{ ...row, config }]
  })
}

/** A root goes on with the hosts that can be reached from here, now or later. */
function withKnown({ config, ...root }: PlannedRoot, known: ReadonlySet<string>): PlannedRoot {
  const on = root.on.filter(name => known.has(name))
  if (config === undefined) return { ...root, on }
  if (on.length === 0) return { ...root, on, left: 'none of its hosts can be reached from here' }
  return { ...root, on, config: { ...config, on } }
}

async function lookAt(wanted: WantedHost, config: Config, here: Here & Asking): Promise<PlannedHost> {
  const { name, why, hint } = wanted
  const settings = { ...config, hosts: wanted.config === undefined ? {} : { [name]: wanted.config } }
  const way = wayTo(settings, name, here.userHome)
  const base = { name, way, config: wanted.config, places: wanted.places, facts: undefined, claim: undefined }
  if (way === undefined) return { ...base, state: 'unknown', ...(why && { why }), ...(hint && { hint }) }
  const target = way.kind === 'pipe' ? way.directory : way.target
  try {
    if (way.kind === 'pipe') return { ...base, target, state: 'reached', ...atPipe(way.directory) }
    const facts = factsOf(name, await here.askHost({ ...way, name }, { ask: 'facts' }))
    if (facts.homeId === homeId(here.home))
      return { ...base, way: undefined, target, state: 'unknown', why: `${target} leads to this very host` }
    const places = { userHome: facts.userHome, kitHome: facts.kitHome }
    return { ...base, target, state: 'reached', places, facts, claim: facts.hub }
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    const { message, hint: next } = error
    return { ...base, target, state: 'away', why: message, ...(next !== undefined && { hint: next }) }
  }
}

function atPipe(directory: string): { readonly claim: HubClaim | undefined } {
  if (lookAtPlace(directory).kind === 'directory') return { claim: readHub(pipeHome(directory)) }
  throw new SyncError('TRANSPORT_LOST', `${directory} is not there`, { hint: 'mount it, or put it back' })
}
