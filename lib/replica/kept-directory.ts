import { holdsOnlyUntracked } from '../core/carry.ts'
import type { Entry } from '../core/entry.ts'
import { isDirectory, isSynced } from '../core/entry.ts'
import { codeOf } from '../core/errors.ts'
import type { Path } from '../core/path.ts'
import { join } from '../core/path.ts'
import { children } from '../core/tree.ts'
import type { DirectoryHandle } from '../ports/disk.ts'
import type { LookRules } from './look.ts'

/** A directory with something in it and nothing that is synced: it is no part of the tree, but it is watched. */
export const keptEntry: Entry = { kind: 'untracked', why: 'kept' }

export function isKept(entry: Entry | undefined): boolean {
  return entry?.kind === 'untracked' && entry.why === 'kept'
}

/** True when something of the other side's, or for it, lies in what is known of a directory. A directory for what is untracked is neither. */
export function holdsSynced(entry: Entry | undefined): boolean {
  return [...children(entry)].some(([, below]) => isSynced(below) && !(isDirectory(below) && holdsOnlyUntracked(below)))
}

/**
 * True when all below a directory is ignored, and there is something. Ends at the first thing that is not, so it costs
 * little for any ordinary directory. What cannot be read counts as something that is synced.
 */
export function holdsOnlyIgnored(parent: DirectoryHandle, name: string, path: Path, rules: LookRules): boolean {
  const directory = parent.child(name)
  try {
    const items = directory.list()
    return items.length > 0 && items.every(item => isIgnoredBelow(directory, item.name, join(path, item.name), rules))
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return false
  } finally {
    directory.close()
  }
}

function isIgnoredBelow(directory: DirectoryHandle, name: string, path: Path, rules: LookRules): boolean {
  const isDirectory = directory.lookup(name)?.kind === 'directory'
  return rules.ignores(path, isDirectory) || (isDirectory && holdsOnlyIgnored(directory, name, path, rules))
}
