import type { Digest } from '../core/entry.ts'
import type { IgnoreRules } from '../core/ignore-rules.ts'
import type { ReplicaFacts } from '../core/messages.ts'
import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import type { OpenWatcher } from '../ports/watcher.ts'
import type { HashFile } from './hashing.ts'
import type { Remark } from './remarks.ts'
import type { Work } from './work.ts'

/** What a replica of a root on this host is made of. */
export interface LocalReplicaOptions {
  readonly root: Disk
  /** The directory that holds the root, to notice when the root itself is removed or replaced. */
  readonly holder: { readonly disk: Disk; readonly name: string }
  readonly work: Work
  /** Keeps other processes off the root until the replica is closed. */
  readonly lock: { release(): void }
  /** What was noticed while the root was opened: told to every session. */
  readonly remarks: readonly Remark[]
  /** Room the trash may take (bytes); `trashBytes` unless given. */
  readonly trashBytes?: number
  readonly openWatcher: OpenWatcher
  readonly clock: Clock
  readonly hashFile: HashFile
  readonly digest: (bytes: Uint8Array) => Digest
  readonly ignore: IgnoreRules
  readonly facts: Omit<ReplicaFacts, 'watcher'>
  /** How long a time stamp may stand still while content changes, on this disk (ms). */
  readonly racyMs: number
  /** Makes the replica's hashes unpredictable to whoever chooses names. */
  readonly seed: number
  /** Between two slow rounds over everything (ms); events are hints, and hints get lost. */
  readonly safetyMs: number
}
