import { carry, holdsOnlyUntracked, isObstacle } from './carry.ts'
import type { Directory, Entry, SyncedEntry } from './entry.ts'
import { isDirectory, isIgnored, isSynced } from './entry.ts'
import type { Problem, Side } from './operation.ts'
import { otherSide } from './operation.ts'
import type { Path } from './path.ts'
import { isWithin, join, parentOf } from './path.ts'
import type { Writing } from './plan.ts'
import { child, children, same, walk } from './tree.ts'
import type { Versions } from './versions.ts'

/** A directory that both sides had and one has lost. */
export interface Lost {
  /** Who still has it. */
  readonly side: Side
  readonly path: Path
  readonly ancestor: Directory
  readonly held: Directory
}

/**
 * The rules where `side` still has a directory and the other side has something else or nothing there.
 * Deleted: what this side edited or added survives with its parents, the rest is deleted; of that, a problem inside
 * freezes the whole directory. Replaced: the replacement is taken only if nothing here is edited, added, unknown or
 * untracked.
 */
export function reconcileLostDirectory(writing: Writing, lost: Lost, versions: Versions): void {
  const { draft } = writing
  const { side, path, held } = lost
  const instead = versions[otherSide(side)]
  const found = examine(writing, lost)
  for (const problem of found.problems) draft.problem(problem)
  const isEdited = found.surviving.has(path)
  if (isSynced(instead)) {
    if (isEdited || found.holdsUntracked || found.problems.length > 0) return draft.conflict(path, 'type', versions)
    for (const { path: below, entry } of found.entries.toReversed()) draft.clear(side, below, entry)
    draft.put(side, path, undefined, instead)
  } else if (isEdited && isObstacle(instead, held) && otherSide(side) !== draft.source)
    draft.conflict(path, 'type', versions)
  else {
    restore(writing, lost, found)
    remove(writing, lost, found)
  }
}

interface Held {
  readonly path: Path
  readonly entry: SyncedEntry
  /** Added or edited since it was agreed: listed with nothing below. */
  readonly isNew: boolean
}

interface Findings {
  /** The directory and all in it that is synced, parents first. */
  readonly entries: readonly Held[]
  /** Directories with something new in them, at any depth. */
  readonly surviving: ReadonlySet<Path>
  readonly holdsUntracked: boolean
  readonly problems: readonly Problem[]
}

function examine({ draft, digester }: Writing, { side, path, ancestor, held }: Lost): Findings {
  const found = { entries: [] as Held[], surviving: new Set<Path>(), holdsUntracked: false, problems: [] as Problem[] }
  const noteUnsynced = (at: Path, entry: Entry, known?: Entry): void => {
    if (entry.kind === 'untracked') found.holdsUntracked = true
    if (entry.kind === 'problem') found.problems.push({ path: at, side, why: entry.why })
    // Should it be synced again it is new, though the directory waits for a person meanwhile.
    if (isIgnored(entry) && known !== undefined) draft.agree(at, undefined)
  }
  found.entries.push({ path, entry: held, isNew: false })
  const directories = [{ at: path, known: ancestor, directory: held }]
  for (let next = directories.pop(); next !== undefined; next = directories.pop()) {
    for (const [name, entry] of children(next.directory)) {
      const below = join(next.at, name)
      const known = child(next.known, name)
      if (!isSynced(entry)) noteUnsynced(below, entry, known)
      else if (isDirectory(entry) && isDirectory(known)) {
        found.entries.push({ path: below, entry, isNew: false })
        directories.push({ at: below, known, directory: entry })
      } else if (isDirectory(entry) && holdsOnlyUntracked(entry)) found.holdsUntracked = true
      else if (same(known, entry, digester)) found.entries.push({ path: below, entry, isNew: false })
      else {
        found.entries.push({ path: below, entry, isNew: true })
        for (const [inside, odd] of walk(entry, below)) noteUnsynced(inside, odd)
        for (let above = next.at; isWithin(above, path) && !found.surviving.has(above); above = parentOf(above))
          found.surviving.add(above)
      }
    }
  }
  return found
}

/** Puts what is edited or added, with its parents, on the side that deleted it. */
function restore({ draft }: Writing, { side }: Lost, { entries, surviving }: Findings): void {
  const deleter = otherSide(side)
  for (const { path, entry, isNew } of entries) {
    if (isNew) {
      carry(draft, { side: deleter, path, before: undefined, after: entry })
      draft.notice({ path, kind: 'edit-beat-delete', side: deleter })
    } else if (surviving.has(path)) draft.put(deleter, path, undefined, entry)
  }
}

/** Deletes the rest, which is as it was agreed, but for directories that a problem inside freezes. */
function remove({ draft }: Writing, lost: Lost, found: Findings): void {
  const frozen = frozenBy(lost, found)
  const isFrozen = (path: Path): boolean => {
    for (let above = path; isWithin(above, lost.path); above = parentOf(above)) if (frozen.has(above)) return true
    return false
  }
  for (const { path, entry, isNew } of found.entries.toReversed()) {
    if (!isNew && !found.surviving.has(path) && !isFrozen(path)) draft.delete(lost.side, path, entry)
  }
}

/** The highest directory over each problem that would be deleted as a whole. */
function frozenBy({ path }: Lost, { problems, surviving }: Findings): ReadonlySet<Path> {
  const frozen = new Set<Path>()
  for (const problem of problems) {
    let top: Path | undefined
    for (let above = parentOf(problem.path); isWithin(above, path) && !surviving.has(above); above = parentOf(above))
      top = above
    if (top !== undefined) frozen.add(top)
  }
  return frozen
}
