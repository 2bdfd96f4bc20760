import type { Directory, Entry, SyncedEntry } from './entry.ts'
import { isDirectory, isSynced } from './entry.ts'
import type { Side } from './operation.ts'
import { otherSide } from './operation.ts'
import type { Path } from './path.ts'
import { join } from './path.ts'
import type { Draft } from './plan.ts'
import { children } from './tree.ts'

/** True when nothing can be put there. A directory kept for its untracked entries takes in others again. */
export function isObstacle(current: Entry | undefined, after: SyncedEntry): boolean {
  return current?.kind === 'untracked' && !(current.why === 'kept' && isDirectory(after))
}

/** True for a directory with something in it and nothing that can be synced, at any depth. */
export function holdsOnlyUntracked(entry: Directory): boolean {
  let isEmpty = true
  for (const [, below] of children(entry)) {
    if (below.kind !== 'untracked' && !(isDirectory(below) && holdsOnlyUntracked(below))) return false
    isEmpty = false
  }
  return !isEmpty
}

export interface Carried {
  /** Who receives it. */
  readonly side: Side
  readonly path: Path
  /** What the receiver has there: nothing, a file, a link. */
  readonly before: SyncedEntry | undefined
  readonly after: SyncedEntry
}

/** Puts an entry with all below on one side, parents first. What is untracked or unknown below stays where it is. */
export function carry(draft: Draft, { side, path, before, after }: Carried): void {
  if (before !== undefined && isDirectory(after)) draft.clear(side, path, before)
  draft.put(side, path, isDirectory(after) ? undefined : before, after)
  const directories = isDirectory(after) ? [{ at: path, directory: after }] : []
  for (let next = directories.pop(); next !== undefined; next = directories.pop()) {
    for (const [name, entry] of children(next.directory)) {
      const below = join(next.at, name)
      if (entry.kind === 'problem') draft.problem({ path: below, side: otherSide(side), why: entry.why })
      else if (isSynced(entry) && !(isDirectory(entry) && holdsOnlyUntracked(entry))) {
        draft.put(side, below, undefined, entry)
        if (isDirectory(entry)) directories.push({ at: below, directory: entry })
      }
    }
  }
}
