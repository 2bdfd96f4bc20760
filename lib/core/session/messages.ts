import type { Digest } from '../entry.ts'
import type { ReplicaCommand, ReplicaEvent, ReplicaFacts, Tracked } from '../messages.ts'
import type { Conflict, GuardKind, Move, Side } from '../operation.ts'
import type { Path } from '../path.ts'
import type { Change, Tree } from '../tree.ts'
import type { Override } from './override.ts'
import type { Needs } from './task.ts'

/** Everything that can happen to a session. */
export type SessionEvent =
  /** What a replica said. */
  | { readonly type: 'replica'; readonly side: Side; readonly event: ReplicaEvent }
  /** Both sides are there: the first event. */
  | { readonly type: 'start' }
  /** A person's orders. */
  | { readonly type: 'pause' | 'resume' }
  | { readonly type: 'approve'; readonly guard: GuardKind | undefined; readonly prefer: Side | undefined }
  | { readonly type: 'resolve'; readonly path: Path; readonly take: Side }
  /** Versions of these ids were brought back from a side's trash to these paths. */
  | { readonly type: 'restored'; readonly side: Side; readonly paths: readonly Path[]; readonly ids: readonly string[] }
  /** The same for all below, whether or not the session is paused; `id` is that of the barrier at which its end is told. */
  | { readonly type: 'override'; readonly id: number; readonly override: Override }
  | {
      readonly type: 'barrier'
      readonly id: number
      readonly path: Path
      readonly verify: boolean
      readonly of?: 'hearing'
    }
  | { readonly type: 'barrier-over'; readonly id: number }
  /** So much of a content ordered by `carry` is there. */
  | { readonly type: 'carrying'; readonly side: Side; readonly digest: Digest; readonly bytes: number }
  /** A content ordered by `carry` cannot go that way. */
  | { readonly type: 'not-carried'; readonly side: Side; readonly digest: Digest }
  /** A gate opened or shut: these subtrees are shut now. */
  | { readonly type: 'gates'; readonly shut: readonly Path[] }
  /** Time went by; see the effect `wake`. */
  | { readonly type: 'tick' }

/** What a session wants done, in this order. */
export type Effect =
  | { readonly type: 'command'; readonly side: Side; readonly command: ReplicaCommand }
  /** Bring large content into a slot of this side by a connection of its own; `staged` or `not-carried` follows. */
  | ({ readonly type: 'carry'; readonly side: Side } & Needs)
  /** Nobody wants that content any more. */
  | { readonly type: 'end-carry'; readonly side: Side; readonly digest: Digest }
  /** The ancestor changed: both sides hold this. */
  | { readonly type: 'remember'; readonly changes: readonly (Change | Move)[] }
  /** Everything remembered up to the mark taken with this id is durable on both sides. */
  | { readonly type: 'mark'; readonly id: number }
  | { readonly type: 'fold'; readonly id: number }
  | { readonly type: 'save-conflict'; readonly conflict: OpenConflict }
  | { readonly type: 'remove-conflict'; readonly path: Path }
  | { readonly type: 'log'; readonly line: LogLine }
  | { readonly type: 'barrier'; readonly id: number; readonly state: BarrierState }
  /** Call `step` with a tick at the latest at this time (monotonic ms). */
  | { readonly type: 'wake'; readonly at: number }

/** How a barrier ended. Anything but `synced` says what stands in the way. */
export type BarrierState = 'synced' | 'conflicts' | 'held' | 'problems' | 'paused' | 'halted'

/** A line for the audit log; the loop adds time, root and host. */
export interface LogLine {
  readonly level: 'info' | 'notice' | 'warning' | 'error'
  readonly event: string
  readonly path?: Path
  readonly side?: Side
  readonly [detail: string]: unknown
}

/** A conflict that stands, with the copies that were kept of it. */
export interface OpenConflict extends Conflict {
  /** ms since 1970 */
  readonly since: number
  /** Where each host keeps the other's version, once it does. */
  readonly copies: { readonly alpha: string | undefined; readonly beta: string | undefined }
}

/** A guard of the session or of one side that holds something until a person approves. */
export interface Hold {
  readonly guard: GuardKind
  readonly side: Side
  readonly why: string
  readonly paths: readonly Path[]
}

/** Both replicas of a session, by side. */
export type Both<T> = Readonly<Record<Side, T>>

export const sides: readonly Side[] = ['alpha', 'beta']

/** A side as it is when a session begins. */
export interface SideStart {
  readonly tree: Tree
  readonly facts: ReplicaFacts
  readonly tracked: Tracked
}

/** What a session must be told before its first step: it lives while both sides are there. */
export interface SessionStart {
  /** Undefined: these two have never agreed on anything. */
  readonly ancestor: Tree | undefined
  readonly sides: Both<SideStart>
  readonly conflicts: readonly Pick<OpenConflict, 'path' | 'kind' | 'since' | 'copies'>[]
  readonly paused: boolean
  /** The only side whose changes are taken; undefined: both. */
  readonly source: Side | undefined
  /** Content from this size on goes by a connection of its own (bytes): see the effect `carry`. Infinite where there is none. */
  readonly laneBytes: number
  /** Ids of commands start above this, so that answers to an earlier session are not taken for answers to this one. */
  readonly lastId: number
}
