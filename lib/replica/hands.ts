import type { Digest } from '../core/entry.ts'
import type { Path } from '../core/path.ts'
import { nameOf, parentOf } from '../core/path.ts'
import type { Disk, Stat } from '../ports/disk.ts'
import type { Identity } from './identity-table.ts'
import type { Staging } from './staging.ts'
import { staysInside } from './look.ts'
import type { View } from './view.ts'
import type { Work } from './work.ts'

/** What carrying out operations on one root needs. */
export interface Hands {
  readonly root: Disk
  readonly work: Work
  readonly staging: Staging
  /** The digest of the file at a path, and the disk identity it was taken under; undefined when it is not certain now. */
  readonly known: (path: Path) => { readonly digest: Digest; readonly identity: Identity } | undefined
  /** True when this is the directory that the replica knows at the path. */
  readonly isKnownDirectory: (path: Path, stat: Stat) => boolean
  /** Whether a link with this target may stand at the path. */
  readonly allowsLink: (path: Path, target: string) => boolean
  /** Replaced files get the source's time too, instead of the moment of the swap. */
  readonly sourceTimes: boolean
}

/** Hands that know what the replica's view knows. */
export function handsOf(root: Disk, work: Work, staging: Staging, view: View): Hands {
  return {
    root,
    work,
    staging,
    known: path => {
      const entry = view.entryAt(path)
      const node = view.nodes.at(parentOf(path))
      const identity = node && view.identities.get(node.key, nameOf(path))
      return entry?.kind === 'file' && identity !== undefined ? { digest: entry.digest, identity } : undefined
    },
    isKnownDirectory: (path, stat) => {
      const node = view.nodes.at(path)
      return node !== undefined && node.inode === stat.inode && node.device === stat.device
    },
    allowsLink: staysInside,
    sourceTimes: false,
  }
}
