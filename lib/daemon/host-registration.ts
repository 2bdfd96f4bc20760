import { mkdirSync } from 'node:fs'
import { SyncError } from '../core/errors.ts'
import { checkTarget } from '../remote/ssh-target.ts'
import type { Way } from '../sync/session-spec.ts'
import type { Config } from './config.ts'
import type { EditOptions } from './config-edit.ts'
import { editConfig, whileEditing } from './config-edit.ts'
import { requireConfig } from './config-reader.ts'
import { homeId } from './home-id.ts'
import { contractHome, expandHome, isAtOrBelow } from './host-paths.ts'
import type { AskedHost, Asking, HostFacts } from './host-question.ts'
import { factsOf } from './host-question.ts'
import { ensureKitHome } from './kit-home.ts'
import { hostWithHome, pipeHome, rememberHost, wayTo } from './other-host.ts'
import { lookAtPlace, realPath } from './root-place.ts'
import { servedRoots } from './served-roots.ts'
import type { Here } from './session-specs.ts'

/** A host as `dsync hosts list` shows it. */
export interface HostRow {
  readonly name: string
  readonly transport: Way['kind']
  /** What ssh is told, or the directory of a pipe. */
  readonly target: string
  /** The roots that are on it, as in `paths.txt`. */
  readonly roots: readonly string[]
}

export interface HostCheck extends HostRow {
  readonly reachable: boolean
  readonly problems: readonly HostProblem[]
  /** What it said of itself, when it is another machine. */
  readonly facts?: HostFacts
}

export interface HostProblem {
  readonly message: string
  /** The next command. */
  readonly hint?: string
}

/** What another machine gets, before and after it was asked who it is. */
export interface Equipping<T = unknown> {
  readonly bringRuntime: () => Promise<void>
  readonly bringKit: () => Promise<T>
}

export interface AddOptions extends EditOptions {
  /** Not for a directory that plays a host. */
  readonly equip?: (host: AskedHost) => Equipping
}

/** How a new host is to be reached: one of the two. */
export type NewHost = { readonly pipe: string } | { readonly ssh: string }

/**
 * Adds a host: a directory of this machine gets a kit home, another machine is reached and asked. The same again changes
 * nothing. Throws what keeps it from being one. A dry run reaches no other machine.
 */
export function addHost(here: Here & Asking, name: string, host: NewHost, options: AddOptions = {}): Promise<HostRow> {
  const edit = async (): Promise<HostRow> => {
    const config = requireConfig(here.home)
    refuseName(name, config.name ?? here.host)
    const wanted =
      'pipe' in host ? { pipe: pipeDirectory(host.pipe, name, config, here) } : { ssh: checkTarget(host.ssh) }
    refuseOther(config, name, wanted, here)
    const added = { ...config, hosts: { ...config.hosts, [name]: wanted } }
    if (options.dryRun === true) return hostRow(added, name, here)
    if ('pipe' in wanted) {
      mkdirSync(wanted.pipe, { recursive: true })
      ensureKitHome(pipeHome(wanted.pipe))
    }
    const way = wayTo(added, name, here.userHome)
    const equipping = way?.kind === 'ssh' ? options.equip?.({ ...way, name }) : undefined
    await equipping?.bringRuntime()
    await meet(added, name, here)
    await equipping?.bringKit()
    editConfig(
      here.home,
      ['hosts', name],
      'pipe' in wanted ? { pipe: contractHome(wanted.pipe, here.userHome) } : wanted,
    )
    return hostRow(requireConfig(here.home), name, here)
  }
  return whileEditing(here, edit, options)
}

/** The hosts that are reached by ssh, or the one of this name. Throws USAGE for another. */
export function askedHosts(here: Here, name: string | undefined): AskedHost[] {
  const config = requireConfig(here.home)
  const names = name === undefined ? Object.keys(config.hosts) : [hostRow(config, name, here).name]
  const asked = names.flatMap(each => {
    const way = wayTo(config, each, here.userHome)
    return way?.kind === 'ssh' ? [{ ...way, name: each }] : []
  })
  if (name === undefined || asked.length > 0) return asked
  throw new SyncError('USAGE', `Cannot work on ${name} by ssh: it is a directory of this machine`)
}

/** Brings what is ours on another host up to date. What it says of itself is remembered. */
export async function updateHost<T>(here: Here & Asking, name: string, equipping: Equipping<T>): Promise<T> {
  await equipping.bringRuntime()
  await meet(requireConfig(here.home), name, here)
  return await equipping.bringKit()
}

/** Forgets a host that no root is on. */
export function removeHost(here: Here & Asking, name: string, options: EditOptions = {}): Promise<HostRow> {
  const edit = (): HostRow => {
    const row = hostRow(requireConfig(here.home), name, here)
    const [root] = row.roots
    if (root !== undefined) {
      throw new SyncError(
        'USAGE',
        `Cannot remove the host ${name}: ${row.roots.join(', ')} ${row.roots.length === 1 ? 'is' : 'are'} on it`,
        {
          hint: `dsync roots remove ${root} --on ${name}`,
        },
      )
    }
    if (options.dryRun !== true) editConfig(here.home, ['hosts', name], undefined)
    return row
  }
  return whileEditing(here, edit, options)
}

export function listHosts(here: Here): HostRow[] {
  const config = requireConfig(here.home)
  return Object.keys(config.hosts).map(name => hostRow(config, name, here))
}

/** Whether hosts can be reached and serve what they should. What they say of themselves is remembered. */
export async function checkHosts(here: Here & Asking, name: string | undefined): Promise<HostCheck[]> {
  const config = requireConfig(here.home)
  const names = name === undefined ? Object.keys(config.hosts) : [hostRow(config, name, here).name]
  return await Promise.all(names.map(each => checkHost(config, each, here)))
}

/** Throws USAGE for a name that no host has. */
export function hostRow(config: Config, name: string, here: Pick<Here, 'userHome'>): HostRow {
  const way = wayTo(config, name, here.userHome)
  if (way === undefined) throw unknownHost(config, name)
  const roots = Object.entries(config.roots).flatMap(([path, root]) => (root.on.includes(name) ? [path] : []))
  return { name, transport: way.kind, target: way.kind === 'pipe' ? way.directory : way.target, roots }
}

export function unknownHost(config: Config, name: string): SyncError {
  const names = Object.keys(config.hosts)
  const known = names.length === 0 ? 'there is none yet' : `known: ${names.join(', ')}`
  return new SyncError('USAGE', `Cannot find the host ${JSON.stringify(name)}; ${known}`, {
    hint: names.length === 0 ? `dsync hosts add ${name} --ssh USER@HOST` : 'dsync hosts list',
  })
}

async function checkHost(config: Config, name: string, here: Here & Asking): Promise<HostCheck> {
  const row = hostRow(config, name, here)
  try {
    const served = await meet(config, name, here)
    const problems = row.roots
      .filter(root => !served.served.includes(config.roots[root]?.id ?? ''))
      .map(root => ({ message: `${root} is not registered there`, hint: `dsync roots add ${root} --on ${name}` }))
    return { ...row, reachable: true, problems, ...(served.facts !== undefined && { facts: served.facts }) }
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    const { message, hint } = error
    return { ...row, reachable: false, problems: [{ message, ...(hint !== undefined && { hint }) }] }
  }
}

/** Looks at a host on this disk, or asks it over the network and remembers what it says. */
async function meet(
  config: Config,
  name: string,
  here: Here & Asking,
): Promise<{ readonly served: readonly string[]; readonly facts?: HostFacts }> {
  const way = wayTo(config, name, here.userHome)
  if (way === undefined) throw unknownHost(config, name)
  if (way.kind === 'pipe') {
    if (lookAtPlace(way.directory).kind !== 'directory')
      throw new SyncError('TRANSPORT_LOST', `${way.directory} is not there`, { hint: 'mount it, or put it back' })
    return { served: servedRoots(pipeHome(way.directory)).map(root => root.id) }
  }
  const facts = factsOf(name, await here.askHost({ ...way, name }, { ask: 'facts' }))
  if (facts.homeId === homeId(here.home)) {
    throw new SyncError('USAGE', `Cannot use ${way.target} as another host: it is this one`)
  }
  const same = hostWithHome(config, facts.homeId, here.home)
  if (same !== undefined && same !== name) {
    throw new SyncError('USAGE', `Cannot use ${way.target} as another host: it is ${same} already`, {
      hint: `dsync hosts remove ${same}`,
    })
  }
  rememberHost(here.home, name, { ...facts, target: way.target })
  return { served: facts.served, facts }
}

function refuseName(name: string, own: string): void {
  const wrong =
    name === own
      ? "it is this host's own"
      : !/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)
        ? "only letters, digits, '.', '_' and '-' are allowed, a letter or digit first"
        : ['newest', 'ask', 'both', 'mine', 'theirs'].includes(name)
          ? 'it is a word with a meaning of its own'
          : undefined
  if (wrong !== undefined) throw new SyncError('USAGE', `Cannot call a host ${JSON.stringify(name)}: ${wrong}`)
}

/** A host that is there already is not given another place under the same name. */
function refuseOther(config: Config, name: string, wanted: NewHost, here: Here): void {
  const known = wayTo(config, name, here.userHome)
  if (known === undefined) return
  const isSame =
    known.kind === 'pipe'
      ? 'pipe' in wanted && wanted.pipe === known.directory
      : 'ssh' in wanted && wanted.ssh === known.target
  if (isSame) return
  const target = known.kind === 'pipe' ? contractHome(known.directory, here.userHome) : known.target
  throw new SyncError('EXISTS', `Cannot add the host ${name}: it is ${target} already`, {
    hint: `dsync hosts remove ${name}`,
  })
}

function pipeDirectory(directory: string, name: string, config: Config, here: Here): string {
  const path = expandHome(directory, here.userHome)
  refuseOther(config, name, { pipe: path }, here)
  const place = lookAtPlace(path)
  const wrong =
    place.kind === 'other'
      ? 'it is not a directory'
      : place.real === realPath(here.userHome) || place.real === '/'
        ? "it is this host's own home or the whole disk"
        : isAtOrBelow(place.real, realPath(here.home.directory))
          ? `it lies in dsync's own home`
          : undefined
  if (wrong !== undefined) throw new SyncError('USAGE', `Cannot make a host of ${path}: ${wrong}`)
  return path
}
