import type { ReplicaCommand, ReplicaEvent } from '../core/messages.ts'
import type { Tree } from '../core/tree.ts'

/**
 * One side of a session: a root on a disk of this host, or the same behind a byte stream. Both ends are message
 * streams, so a session is a pure step function and a replica behind ssh is the same thing with a codec in between.
 */
export interface Replica {
  /** Queues a command. Never throws for a lost link: the `closed` event tells. */
  send(command: ReplicaCommand): void
  /** Looks whether the other end is still there, where there is one: `closed` follows within seconds if it is not. */
  probe?(): void
  /** How long a message and its answer take of late (ms), where there is another end and that was measured. */
  readonly roundTripMs?: number | undefined
  /** Releases disk, watches and link; no event follows. May be called twice and at any time. */
  close(): Promise<void>
}

export type ReplicaListener = (event: ReplicaEvent) => void

/**
 * Opens a replica; everything it has to say arrives at `listener`, in order, one at a time, never before this returns.
 * @param baseline a tree that is likely much like the new one, asked for once when it is needed: equal parts are
 *   neither sent again nor held twice.
 */
export type OpenReplica = (baseline: () => Tree, listener: ReplicaListener) => Replica
