import { join } from 'node:path'
import type { Config, RootConfig } from './config.ts'
import { bytesPerSecond } from './bandwidth.ts'
import { ignoreOf, watcherOf } from './config.ts'
import { contractHome, expandHome, samePlace } from './host-paths.ts'
import type { KitHome } from './kit-home.ts'
import { placesOn, programOn, wayTo } from './other-host.ts'
import type { SessionSpec } from '../sync/session-spec.ts'
import type { ConfigProblem } from './verbs.ts'

/** This host as its settings are read. */
export interface Here {
  readonly host: string
  readonly userHome: string
  readonly home: KitHome
}

/** The key under which `config.json` keeps a root. */
export function rootKey(path: string, userHome: string): string {
  return contractHome(expandHome(path, userHome), userHome)
}

/** A root's settings by any spelling of its path. */
export function findRoot(
  config: Config,
  path: string,
  userHome: string,
): { readonly key: string; readonly root: RootConfig } | undefined {
  const wanted = rootKey(path, userHome)
  for (const [key, root] of Object.entries(config.roots)) if (rootKey(key, userHome) === wanted) return { key, root }
  return undefined
}

/**
 * The sessions that settings ask for: one for each root that is switched on and each host it is on.
 * A line of `paths.txt` that nothing is known of is a problem, and the rest goes on.
 * @param paused names of sessions (`ID/HOST`) that start paused.
 */
export function sessionSpecs(
  config: Config,
  here: Here,
  paused: ReadonlySet<string>,
): { readonly specs: readonly SessionSpec[]; readonly problems: readonly ConfigProblem[] } {
  const specs: SessionSpec[] = []
  const problems: ConfigProblem[] = []
  for (const path of config.paths) {
    const hint = `dsync roots add ${path}`
    const root = findRoot(config, path, here.userHome)?.root
    if (root === undefined || root.on.length === 0) {
      problems.push({ file: here.home.paths, message: `${path} is not set up on another host yet`, hint })
      continue
    }
    for (const host of root.on) {
      const spec = specOf(config, { path, root, host }, here, paused)
      if ('id' in spec) specs.push(spec)
      else problems.push({ file: here.home.config, ...spec })
    }
  }
  return { specs, problems }
}

function specOf(
  config: Config,
  on: { readonly path: string; readonly root: RootConfig; readonly host: string },
  here: Here,
  paused: ReadonlySet<string>,
): SessionSpec | Pick<ConfigProblem, 'message' | 'hint'> {
  const { root, host } = on
  const path = expandHome(on.path, here.userHome)
  const way = wayTo(config, host, here.userHome)
  const there = way === undefined ? undefined : placesOn(way, host, here.home)
  if (way === undefined || there === undefined) {
    return { message: `${host} was never asked where things lie on it`, hint: `dsync hosts check ${host}` }
  }
  const place = placeOn(path, root, { host, otherHome: there.userHome, userHome: here.userHome })
  if (place === undefined) {
    const message = `${on.path} is not under the home, so where does it lie on ${host}?`
    return { message, hint: `dsync roots add ${on.path} --at ${host}=PATH` }
  }
  const rsync = programOn(way, host, 'rsync', here.home)
  return {
    id: root.id,
    way,
    alpha: {
      host: here.host,
      root: path,
      userHome: here.userHome,
      kitHome: here.home.directory,
      watcher: watcherOf(root, here.host),
    },
    beta: { host, root: place, ...there, watcher: watcherOf(root, host), ...(rsync !== undefined && { rsync }) },
    state: join(here.home.state, root.id, host),
    conflict: root.conflict ?? 'ask',
    ...(root.bandwidth !== undefined && { bandwidth: bytesPerSecond(root.bandwidth) }),
    ignore: ignoreOf(config, root),
    mode: root.mode ?? 'two-way',
    paused: paused.has(sessionName(root.id, host)),
  }
}

/** What a session is called in the records of this home. */
export function sessionName(id: string, host: string): string {
  return `${id}/${host}`
}

/** Where a root lies on a host: what `at` says, else the same place under that host's home. */
export function placeOn(
  path: string,
  root: Pick<RootConfig, 'at'>,
  on: { readonly host: string; readonly otherHome: string; readonly userHome: string },
): string | undefined {
  const at = root.at?.[on.host]
  return at === undefined ? samePlace(path, on.userHome, on.otherHome) : expandHome(at, on.otherHome)
}
