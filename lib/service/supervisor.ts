import type { SupervisorKind } from '../daemon/supervisor-kind.ts'

/** What a program of the system did. */
export interface ToolEnd {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program of the system to its end, without a shell. Undefined: there is no such program here. */
export type RunTool = (
  command: readonly [program: string, ...words: string[]],
  input?: string,
) => Promise<ToolEnd | undefined>

/** `running` · `waiting`: it failed and is started again in a moment · `stopped`: by a person, or it ended well · `failed`: given up on. */
export type JobState = 'running' | 'waiting' | 'stopped' | 'failed'

/** What a supervisor says of the daemon. */
export interface JobLook {
  /** It knows the job. */
  readonly isLoaded: boolean
  /** It will start it at the next login or boot. */
  readonly isEnabled: boolean
  readonly state: JobState
  readonly pid?: number
  /** How often it was started again since it was last started by a person. */
  readonly restarts?: number
  /** How it ended last, in words. */
  readonly lastEnd?: string
}

/** A file that tells a supervisor of a job. */
export interface ServiceFile {
  readonly path: string
  readonly text: string
}

/** A link to such a file. */
export interface ServiceLink {
  readonly path: string
  readonly target: string
}

/**
 * What keeps a service up. Calls must not overlap. Every one may be made again: what is so already is fine. Throws
 * REFUSED with what the supervisor said when it would not.
 */
export interface Supervisor {
  readonly kind: SupervisorKind
  /** What must stand on the disk before `load`, and may go after `unload`. */
  readonly files: readonly ServiceFile[]
  /** Links that it would make by itself to what comes without being asked for. */
  readonly links: readonly ServiceLink[]
  /** Empty files by whose times it knows when a timer fired last: made before, none stays behind. */
  readonly stamps: readonly string[]
  look(): Promise<JobLook>
  /** Takes up the files as they are now, so that daemon and timers come by themselves from now on. Starts no daemon. */
  load(): Promise<void>
  /** Stops the daemon and the timers, which come by themselves no longer. */
  unload(): Promise<void>
  /** Forgets the files, which have gone. */
  forget(): Promise<void>
  /** Starts the daemon. It may not answer yet. */
  start(): Promise<void>
  /** Stops the daemon until `start` or the next login or boot, also while it waits for its next start. */
  stop(): Promise<void>
}
