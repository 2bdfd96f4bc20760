/** All that is needed to take everything of one run away again, whoever does it. Plain JSON. */
export type RunRecord = PipeRecord | HostRecord

/** A folder of this machine with two hosts and a daemon of their own in it. */
export interface PipeRecord {
  readonly kind: 'pipe'
  readonly top: string
}

/** A root on another host, in a home that is in use. */
export interface HostRecord {
  readonly kind: 'host'
  /** The kit's home here. */
  readonly home: string
  readonly host: string
  /** The root on this host, and what the other host is told: below its home. */
  readonly root: string
  readonly folder: string
  /** The process that made it, and in which run of the system: while it lives, it takes it away itself. */
  readonly pid: number
  readonly boot: string
  /** The settings' texts before; `null` where there was no file. */
  readonly before: SettingsTexts
  /** What the root is called in the homes. */
  readonly id?: string
  /** Absolute paths there: the root, the kit's home. */
  readonly there?: { readonly root: string; readonly kitHome: string }
  /** Whether the other host had a list of roots that it serves before. */
  readonly servedThere?: boolean
}

/** Files of the home that a run touches. */
export interface SettingsTexts {
  readonly config: string | null
  readonly paths: string | null
  /** Which sessions are paused. */
  readonly paused: string | null
}
