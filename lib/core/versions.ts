import type { Directory, Entry } from './entry.ts'
import { isDirectory } from './entry.ts'
import { emptyPage } from './page.ts'
import { child } from './tree.ts'

/** What the three trees hold at one path. */
export interface Versions {
  readonly ancestor: Entry | undefined
  readonly alpha: Entry | undefined
  readonly beta: Entry | undefined
}

/** What the three trees hold under a name of the directories given. */
export function childVersions({ ancestor, alpha, beta }: Versions, name: string): Versions {
  return { ancestor: child(ancestor, name), alpha: child(alpha, name), beta: child(beta, name) }
}

/** Directories in all three. */
export interface DirectoryVersions extends Versions {
  readonly ancestor: Directory
  readonly alpha: Directory
  readonly beta: Directory
}

export function areDirectories(versions: Versions): versions is DirectoryVersions {
  return isDirectory(versions.ancestor) && isDirectory(versions.alpha) && isDirectory(versions.beta)
}

/** No mode that a readable directory has: stands in the ancestor where both sides made one with different modes. */
const undecidedMode = 0

/** What the ancestor holds of a directory that both sides made: its mode only if they agree on it. */
export function agreedDirectory(alpha: Directory, beta: Directory): Directory {
  return { kind: 'directory', mode: alpha.mode === beta.mode ? alpha.mode : undecidedMode, children: emptyPage }
}
