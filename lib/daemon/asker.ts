import type { Log } from '../ports/log.ts'
import type { GuestDesk } from '../protocol/guest-door.ts'
import type { SessionSpec } from '../sync/session-spec.ts'
import type { ConflictAnswers } from './conflict-answers.ts'
import type { Answer, Call } from './control-server.ts'
import type { Roster } from './roster.ts'
import type { SessionList } from './sessions.ts'
import type { DaemonStatus } from './verbs.ts'

/** Somebody who asks a daemon: what they may know of, and what they were shown. */
export interface Asker {
  readonly sessions: SessionList
  readonly conflicts: ConflictAnswers
}

/** What a hub can do for those who ask from another host. */
export interface HubSide {
  readonly version: string
  readonly sessions: SessionList
  readonly log: Log
  /** What whoever takes its place has to know. */
  roster(): Roster
  answer(verb: string, parameters: unknown, call: Call, asker: Asker): Promise<unknown>
}

/** Makes, for each session, the desk where those who run commands on its other host are answered. */
export type OpenDesks = (hub: HubSide) => (spec: SessionSpec) => GuestDesk

/** Answers on a host whose roots a hub on another host drives. */
export interface Following {
  /** Whether this is such a host. */
  follows(): boolean
  readonly answer: Answer
  /** How the roots are as far as it was told, for a shell's prompt; undefined where it is no such host. */
  known(): DaemonStatus | undefined
}
