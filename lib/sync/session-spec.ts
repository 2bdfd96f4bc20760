import type { IgnoreSettings } from '../core/ignore-settings.ts'

/** All a session has to be told. Paths are absolute. */
export interface SessionSpec {
  /** The root's id, the same on every host. */
  readonly id: string
  readonly way: Way
  readonly alpha: Placement
  readonly beta: Placement
  /** Directory of this session's own records (0700, made before the session opens). */
  readonly state: string
  readonly conflict: ConflictRule
  /** The most that either host sends in a second (bytes); absent: no limit. */
  readonly bandwidth?: number
  readonly ignore: IgnoreSettings
  readonly mode: SyncMode
  /** Start without planning or applying anything, as if `pause` had been called at once. */
  readonly paused: boolean
}

/** Where one replica lies on its host. */
export interface Placement {
  readonly host: string
  readonly root: string
  /** The user's home there: absolute links below it are mapped from home to home. */
  readonly userHome: string
  readonly kitHome: string
  readonly watcher: WatcherChoice
  /** Where rsync was seen on another host. */
  readonly rsync?: string
}

/** How the other host is reached. */
export type Way =
  /** It is a directory of this machine. */
  | { readonly kind: 'pipe'; readonly directory: string }
  | {
      readonly kind: 'ssh'
      /** An alias, `user@host` or `ssh://user@host:port`. */
      readonly target: string
      readonly program: string
      /** A configuration file instead of the user's own. */
      readonly configFile: string | undefined
    }

export type WatcherChoice = 'auto' | 'inotify' | 'fs-watch' | 'fsevents' | 'chokidar' | 'polling'

/** Which way changes of a root go: both, or only from this host, or only to it. */
export type SyncMode = 'two-way' | 'send' | 'receive'

/** `ask`: both sides keep their version until a person decides. */
export type ConflictRule = 'ask'
