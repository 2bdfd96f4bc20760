import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Way } from '../sync/session-spec.ts'
import type { Config } from './config.ts'
import { expandHome } from './host-paths.ts'
import type { HostFacts } from './host-question.ts'
import { isRecord } from './host-question.ts'
import type { KitHome } from './kit-home.ts'
import { kitHome } from './kit-home.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { parsedJson } from './parsed-json.ts'

/** Where things lie on another host. */
export interface HostPlaces {
  readonly userHome: string
  readonly kitHome: string
}

/** How the settings say that a host is reached; undefined for a host they do not know. */
export function wayTo(config: Config, name: string, userHome: string): Way | undefined {
  const host = config.hosts[name]
  if (host?.pipe !== undefined) return { kind: 'pipe', directory: expandHome(host.pipe, userHome) }
  if (host?.ssh === undefined) return undefined
  const { program = 'ssh', config: file } = config.ssh ?? {}
  return {
    kind: 'ssh',
    target: host.ssh,
    program,
    configFile: file === undefined ? undefined : expandHome(file, userHome),
  }
}

/** The hosts of the settings that are reached by ssh, by name with what it is told. */
export function sshTargets({ hosts }: Config): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(hosts).flatMap(([name, { ssh }]) => (ssh === undefined ? [] : [[name, ssh]])),
  )
}

/** The kit's home of a directory that plays a host. */
export function pipeHome(directory: string): KitHome {
  return kitHome(join(directory, '.dsync'))
}

/** Where things lie on a host; undefined for one that was never asked. */
export function placesOn(way: Way, name: string, home: KitHome): HostPlaces | undefined {
  if (way.kind === 'pipe') {
    return { userHome: way.directory, kitHome: pipeHome(way.directory).directory }
  }
  const known = readKnown(home, name)
  return known?.target === way.target ? { userHome: known.userHome, kitHome: known.kitHome } : undefined
}

/** What is remembered of a host that is reached by ssh. */
interface KnownHost extends HostPlaces {
  readonly target: string
  /** Of its kit's home: two hosts that have the same are one. */
  readonly homeId?: string
  /** Absolute paths of programs there, by name: what a command over ssh finds by itself may be less. */
  readonly programs?: Readonly<Record<string, string>>
  /** Its shells were set up from here, and are taken back from here: it had no installation of its own. */
  readonly isShellOurs?: boolean
}

/** Remembers what a host that is reached by ssh said of itself. Its programs are remembered until others are told. */
export function rememberHost(
  home: KitHome,
  name: string,
  {
    userHome,
    kitHome: directory,
    target,
    homeId,
    programs,
    isShellOurs,
  }: Omit<KnownHost, keyof HostPlaces> & Pick<HostFacts, 'userHome' | 'kitHome'>,
): void {
  const before = readKnown(home, name)
  const kept = programs ?? (before?.target === target ? before.programs : undefined)
  const id = homeId ?? (before?.target === target ? before.homeId : undefined)
  const isOurs = isShellOurs ?? (before?.target === target ? before.isShellOurs : undefined)
  const known = {
    ...{ target, userHome, kitHome: directory },
    ...(id !== undefined && { homeId: id }),
    ...(kept !== undefined && { programs: kept }),
    ...(isOurs === true && { isShellOurs: true }),
  }
  mkdirSync(join(home.state, 'hosts'), { recursive: true, mode: 0o700 })
  writePrivateFile(fileOf(home, name), `${JSON.stringify(known, undefined, 2)}\n`)
}

/** Remembers where programs lie on a host that has been asked where it lies itself. */
export function rememberPrograms(home: KitHome, name: string, programs: Readonly<Record<string, string>>): void {
  const known = readKnown(home, name)
  if (known !== undefined) rememberHost(home, name, { ...known, programs })
}

/** Remembers that the shells of a host were set up from here. */
export function rememberShell(home: KitHome, name: string): void {
  const known = readKnown(home, name)
  if (known !== undefined) rememberHost(home, name, { ...known, isShellOurs: true })
}

/** Whether the shells of a host were set up from here. */
export function isShellOurs(home: KitHome, name: string, target: string): boolean {
  const known = readKnown(home, name)
  return known?.target === target && known.isShellOurs === true
}

/** The host of the settings whose kit's home has this id, as far as it was asked; undefined when none has. */
export function hostWithHome(config: Config, homeId: string, home: KitHome): string | undefined {
  return Object.entries(config.hosts).find(([name, { ssh }]) => {
    const known = ssh === undefined ? undefined : readKnown(home, name)
    return known?.homeId === homeId && known.target === ssh
  })?.[0]
}

/** The id of the kit's home on a host, as far as it was asked. */
export function homeIdOn(way: Way, name: string, home: KitHome): string | undefined {
  const known = way.kind === 'pipe' ? undefined : readKnown(home, name)
  return way.kind === 'ssh' && known?.target === way.target ? known.homeId : undefined
}

/** Where a program lies on a host, as far as that is remembered. */
export function programOn(way: Way, name: string, program: string, home: KitHome): string | undefined {
  if (way.kind === 'pipe') return undefined
  const known = readKnown(home, name)
  return known?.target === way.target ? known.programs?.[program] : undefined
}

function readKnown(home: KitHome, name: string): KnownHost | undefined {
  const text = readPrivateFile(fileOf(home, name))
  if (text === undefined) return undefined
  const value = parsedJson(text)
  if (!isRecord(value)) return undefined
  const { target, userHome, kitHome: directory, homeId, programs, isShellOurs: isOurs } = value
  if (typeof target !== 'string' || typeof userHome !== 'string' || typeof directory !== 'string') return undefined
  return {
    ...{ target, userHome, kitHome: directory },
    ...(typeof homeId === 'string' && { homeId }),
    ...(isRecord(programs) && { programs: absolutePaths(programs) }),
    ...(isOurs === true && { isShellOurs: true }),
  }
}

function absolutePaths(programs: Readonly<Record<string, unknown>>): Record<string, string> {
  const paths = Object.entries(programs).flatMap(([name, path]) =>
    typeof path === 'string' && /^\/[^\0\n]*$/.test(path) ? [[name, path] as const] : [],
  )
  return Object.fromEntries(paths)
}

function fileOf(home: KitHome, name: string): string {
  return join(home.state, 'hosts', `${name}.json`)
}
