import { holdsOnlyUntracked } from '../core/carry.ts'
import type { Directory, Entry } from '../core/entry.ts'
import { isDirectory, isSynced } from '../core/entry.ts'
import { codeOf } from '../core/errors.ts'
import type { IgnoreRules } from '../core/ignore-rules.ts'
import type { Path } from '../core/path.ts'
import { join } from '../core/path.ts'
import { children, directory } from '../core/tree.ts'
import type { DirectoryHandle } from '../ports/disk.ts'

export const ignoredEntry: Entry = { kind: 'untracked', why: 'ignored' }

/** A directory that was deleted elsewhere and holds nothing that is synced: it is no part of the tree, but it is watched. */
export const keptEntry: Entry = { kind: 'untracked', why: 'kept' }

export function isKept(entry: Entry | undefined): boolean {
  return entry?.kind === 'untracked' && entry.why === 'kept'
}

/** True when something of the other side's, or for it, lies in what is known of a directory. A directory for what is untracked is neither. */
export function holdsSynced(entry: Entry | undefined): boolean {
  return [...children(entry)].some(([, below]) => isSynced(below) && !(isDirectory(below) && holdsOnlyUntracked(below)))
}

/**
 * A directory of which all below is ignored, and there is something: as such it is no part of what is synced, unless it
 * was before. Undefined for any other; ends at the first thing that is not ignored, so it costs little for those. What
 * cannot be read counts as something that is synced.
 */
export function ignoredDirectory(
  parent: DirectoryHandle,
  at: { readonly name: string; readonly path: Path; readonly mode: number },
  ignore: IgnoreRules,
): Directory | undefined {
  const handle = parent.child(at.name)
  try {
    const entries: (readonly [string, Entry])[] = []
    for (const { name } of handle.list()) {
      const path = join(at.path, name)
      const stat = handle.lookup(name)
      const isDirectoryHere = stat?.kind === 'directory'
      const entry = ignore.ignores(path, isDirectoryHere)
        ? ignoredEntry
        : stat && isDirectoryHere && ignoredDirectory(handle, { name, path, mode: stat.mode & 0o777 }, ignore)
      if (entry === undefined || entry === false) return undefined
      entries.push([name, entry])
    }
    return entries.length === 0 ? undefined : directory(at.mode, entries)
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  } finally {
    handle.close()
  }
}
