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
  return known?.target === way.target ? known : undefined
}

/** Remembers what a host that is reached by ssh said of itself. */
export function rememberHost(
  home: KitHome,
  name: string,
  known: Pick<HostFacts, 'userHome' | 'kitHome'> & { readonly target: string },
): void {
  const { userHome, kitHome: directory, target } = known
  mkdirSync(join(home.state, 'hosts'), { recursive: true, mode: 0o700 })
  writePrivateFile(fileOf(home, name), `${JSON.stringify({ target, userHome, kitHome: directory }, undefined, 2)}\n`)
}

function readKnown(home: KitHome, name: string): (HostPlaces & { readonly target: string }) | undefined {
  const text = readPrivateFile(fileOf(home, name))
  if (text === undefined) return undefined
  const value = parsed(text)
  if (!isRecord(value)) return undefined
  const { target, userHome, kitHome: directory } = value
  if (typeof target !== 'string' || typeof userHome !== 'string' || typeof directory !== 'string') return undefined
  return { target, userHome, kitHome: directory }
}

/** What is no JSON is as good as never asked: it is asked again. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function fileOf(home: KitHome, name: string): string {
  return join(home.state, 'hosts', `${name}.json`)
}
