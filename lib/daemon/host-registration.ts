import { mkdirSync } from 'node:fs'
import { SyncError } from '../core/errors.ts'
import type { Config } from './config.ts'
import { editConfig, whileEditing } from './config-edit.ts'
import { requireConfig } from './config-reader.ts'
import { contractHome, expandHome, isAtOrBelow } from './host-paths.ts'
import { ensureKitHome } from './kit-home.ts'
import { lookAtPlace, realPath } from './root-place.ts'
import { servedRoots } from './served-roots.ts'
import type { Here } from './session-specs.ts'
import { otherKitHome } from './session-specs.ts'

/** A host as `dsync hosts list` shows it. */
export interface HostRow {
  readonly name: string
  readonly transport: 'pipe'
  readonly directory: string
  /** The roots that are on it, as in `paths.txt`. */
  readonly roots: readonly string[]
}

export interface HostCheck extends HostRow {
  readonly reachable: boolean
  readonly problems: readonly string[]
}

/** Makes a directory of this machine a host: gives it a kit home and names it. The same again changes nothing. */
export function addHost(here: Here, name: string, directory: string): Promise<HostRow> {
  return whileEditing(here.home, here.host, () => {
    const config = requireConfig(here.home)
    const path = expandHome(directory, here.userHome)
    refuseName(name, config.name ?? here.host)
    refuseDirectory(path, name, config, here)
    mkdirSync(path, { recursive: true })
    ensureKitHome(otherKitHome(path))
    editConfig(here.home, ['hosts', name], { pipe: contractHome(path, here.userHome) })
    return hostRow(requireConfig(here.home), name, here)
  })
}

/** Forgets a host that no root is on. */
export function removeHost(here: Here, name: string): Promise<HostRow> {
  return whileEditing(here.home, here.host, () => {
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
    editConfig(here.home, ['hosts', name], undefined)
    return row
  })
}

export function listHosts(here: Here): HostRow[] {
  const config = requireConfig(here.home)
  return Object.keys(config.hosts).map(name => hostRow(config, name, here))
}

/** Whether hosts can be reached and serve what they should. */
export function checkHosts(here: Here, name?: string): HostCheck[] {
  const config = requireConfig(here.home)
  const names = name === undefined ? Object.keys(config.hosts) : [hostRow(config, name, here).name]
  return names.map(each => {
    const row = hostRow(config, each, here)
    if (lookAtPlace(row.directory).kind !== 'directory') {
      return { ...row, reachable: false, problems: [`${row.directory} is not there`] }
    }
    const served = new Set(servedRoots(otherKitHome(row.directory)).map(root => root.id))
    const problems = row.roots
      .filter(root => !served.has(config.roots[root]?.id ?? ''))
      .map(root => `${root} is not registered there: dsync roots add ${root} --on ${each}`)
    return { ...row, reachable: true, problems }
  })
}

/** Throws USAGE for a name that no host has. */
export function hostRow(config: Config, name: string, here: Here): HostRow {
  const host = config.hosts[name]
  if (host === undefined) throw unknownHost(config, name)
  const roots = Object.entries(config.roots).flatMap(([path, root]) => (root.on.includes(name) ? [path] : []))
  return { name, transport: 'pipe', directory: expandHome(host.pipe, here.userHome), roots }
}

export function unknownHost(config: Config, name: string): SyncError {
  const names = Object.keys(config.hosts)
  const known = names.length === 0 ? 'there is none yet' : `known: ${names.join(', ')}`
  return new SyncError('USAGE', `Cannot find the host ${JSON.stringify(name)}; ${known}`, {
    hint: names.length === 0 ? `dsync hosts add ${name} --pipe DIR` : 'dsync hosts list',
  })
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

function refuseDirectory(path: string, name: string, config: Config, here: Here): void {
  const known = config.hosts[name]
  if (known !== undefined && expandHome(known.pipe, here.userHome) !== path) {
    throw new SyncError('EXISTS', `Cannot add the host ${name}: it is ${known.pipe} already`, {
      hint: `dsync hosts remove ${name}`,
    })
  }
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
}
