import type { Exemption } from '../core/messages.ts'
import type { Path } from '../core/path.ts'
import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import type { Watcher } from '../ports/watcher.ts'
import type { DirectoryNode } from './directory-nodes.ts'
import type { DirtyName, DirtyNames } from './dirty-names.ts'
import type { LookRules } from './look.ts'
import type { Remark } from './remarks.ts'
import type { View } from './view.ts'

/** What git's indexes keep from being ignored by default, as far as looks and moves have to do with it. */
export interface Tracking {
  /** To be run before the names of a directory are judged. @param isRepository it has an entry `.git` */
  listed(node: DirectoryNode, isRepository: boolean): Generator<void, void, undefined>
  /** The repository in this directory may be another than before, or none. */
  note(node: DirectoryNode): void
  /** A directory stands at another place. */
  moved(move: { readonly from: Path; readonly to: Path }): void
  /** Why no default ignores a path; undefined: none would, or one does. */
  exemption(path: Path): Exemption | undefined
}

/** Everything a look needs to be turned into knowledge. */
export interface Surroundings {
  readonly view: View
  readonly root: Disk
  readonly watcher: Watcher
  readonly dirty: DirtyNames
  readonly rules: LookRules
  /** What git's indexes keep from being ignored by default. */
  readonly tracked: Tracking
  readonly clock: Clock
  /** Directories to list again: `soon` before the next quiet moment, else when nothing else is to do. */
  readonly relist: (node: DirectoryNode, soon: boolean) => void
  /** Lists a directory again after a while; nothing counts as known before. */
  readonly relistAfter: (node: DirectoryNode, ms: number) => void
  /** The root itself refuses to be listed. */
  readonly rootUnreadable: () => void
  /** A file too large to read at once: hashed by a worker, then looked at again. */
  readonly hashLater: (dirty: DirtyName, path: Path, wasClosed: boolean) => void
  /** Something that people should hear of once. */
  readonly remark: (remark: Remark) => void
  /** How long a time stamp may stand still while content changes, on this disk (ms). */
  readonly racyMs: number
  /** An operation of ours was broken off there by a failing disk, and will be finished or undone. */
  readonly isUnfinishedAt: (path: Path) => boolean
}
