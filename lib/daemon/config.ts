import type { IgnoreSettings } from '../core/ignore-settings.ts'
import type { ConflictRule, SyncMode, WatcherChoice } from '../sync/session-spec.ts'
import type { ConfigProblem } from './verbs.ts'

/** What `config.json` and `paths.txt` say, as they say it: paths may begin with `~`. */
export interface Config {
  readonly name?: string
  readonly hosts: Readonly<Record<string, HostConfig>>
  readonly ssh?: SshConfig
  readonly ignore?: readonly string[]
  readonly gitignore?: boolean
  readonly roots: Readonly<Record<string, RootConfig>>
  /** The roots that are switched on: the lines of `paths.txt`. */
  readonly paths: readonly string[]
}

/** How a host is reached: one of the two. */
export interface HostConfig {
  /** A directory of this machine that plays the host. */
  readonly pipe?: string
  /** What `ssh` is told: an alias, `user@host` or `ssh://user@host:port`. */
  readonly ssh?: string
}

/** How `ssh` is run. */
export interface SshConfig {
  readonly program?: string
  /** A configuration file instead of the user's own. */
  readonly config?: string
}

export interface RootConfig {
  readonly id: string
  readonly on: readonly string[]
  readonly at?: Readonly<Record<string, string>>
  readonly watcher?: WatcherChoice | Readonly<Record<string, WatcherChoice>>
  readonly conflict?: ConflictRule
  /** The most that either host sends in a second, such as `500 KB`. */
  readonly bandwidth?: string
  readonly ignore?: readonly string[]
  readonly gitignore?: boolean
  readonly mode?: SyncMode
  readonly afterSync?: readonly AfterSyncConfig[]
}

/** A command for when changes have arrived. */
export interface AfterSyncConfig {
  readonly command: readonly string[]
  /** Default: this host. */
  readonly on?: string
  readonly timeoutSeconds?: number
}

/** Settings with a mistake have no `config`: whoever had good ones keeps them. */
export interface ReadConfig {
  readonly config?: Config
  readonly problems: readonly ConfigProblem[]
}

export const noConfig: Config = { hosts: {}, roots: {}, paths: [] }

/** The watcher that a root's settings name for a host. */
export function watcherOf(root: RootConfig, host: string): WatcherChoice {
  if (typeof root.watcher === 'string') return root.watcher
  return root.watcher?.[host] ?? 'auto'
}

/** What is left alone in a root: what is said for all roots, then what is said for this one. */
export function ignoreOf(config: Config, root: RootConfig): IgnoreSettings {
  return {
    patterns: [...(config.ignore ?? []), ...(root.ignore ?? [])],
    gitignore: root.gitignore ?? config.gitignore ?? false,
  }
}
