import type { Digest } from '../entry.ts'
import type { ReplicaCommand } from '../messages.ts'
import type { Needs, Task } from './task.ts'

/** What can go out now, and what stands no more. */
export interface Outgoing {
  readonly toReceiver: ReplicaCommand[]
  readonly toSender: ReplicaCommand[]
  readonly voided: Task[]
  /** Contents that the lane need not bring any more. */
  readonly unwanted: readonly Digest[]
}

/** What was queued and no longer is. */
export interface Dropped {
  /** What a move among it was to move must be planned again. */
  readonly moves: readonly Task[]
  /** When the oldest of it was first heard of: what is planned in its place is as old. Infinity when nothing was queued. */
  readonly since: number
}

/** What came of a piece of content. */
export interface Passed {
  readonly toReceiver: readonly ReplicaCommand[]
  /** Tasks that wait for content the sender no longer has. */
  readonly voided: readonly Task[]
  readonly gone?: Digest
  /** To be brought by the lane. */
  readonly carry?: Needs
}
