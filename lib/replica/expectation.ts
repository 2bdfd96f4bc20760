import type { SyncedEntry } from '../core/entry.ts'
import { captureHashBytes } from '../core/limits.ts'
import type { Stat } from '../ports/disk.ts'
import type { Hands } from './hands.ts'
import type { Place } from './install.ts'
import { inspect, isEntry, isSameContent, mayBe } from './inspect.ts'
import type { Vouched } from './slot-journal.ts'

/** What stands at a place, compared with what an operation expects there and what it would leave. */
export type Standing =
  | { readonly is: 'nothing' | 'other' }
  /** What is expected. `vouched`: see `Capture`. */
  | { readonly is: 'before'; readonly vouched: Vouched | undefined; readonly stat: Stat }
  /** What is wanted, already. */
  | { readonly is: 'after'; readonly stat: Stat }
  /** A large file of which the replica is not certain, or that somebody is writing to. */
  | { readonly is: 'unsure' }

/**
 * Looks before anything is touched, so that a version that is known to be another one is not even disturbed. What the
 * replica is certain of is not read; what it swaps is compared once more when it was captured.
 */
export function standing(
  hands: Hands,
  place: Place,
  before: SyncedEntry | undefined,
  after: SyncedEntry | undefined,
): Standing {
  const { parent, name } = place
  const { modes } = hands.work.area.abilities
  const stat = parent.lookup(name)
  if (stat === undefined) return { is: 'nothing' }
  const may = [before, after].filter(entry => entry !== undefined && mayBe(stat, entry, modes))
  if (may.length === 0 || isOtherName(hands, place)) return { is: 'other' }
  if (stat.kind === 'file' && may.includes(before) && isKnown(hands, place, before, stat)) return expected(place, stat)
  if (stat.kind === 'file' && stat.size > captureHashBytes) {
    return may.includes(after) && isKnown(hands, place, after, stat) ? { is: 'after', stat } : { is: 'unsure' }
  }
  const seen = inspect(parent, name, captureHashBytes)
  if (seen === undefined) return { is: 'nothing' }
  if (before !== undefined && isEntry(seen.entry, before, modes))
    return { is: 'before', stat: seen.stat, vouched: undefined }
  if (after !== undefined && isEntry(seen.entry, after, modes)) return { is: 'after', stat: seen.stat }
  return { is: 'other' }
}

/** A file too large to hash when it is captured is recognised by its identity then, if nobody has it open for writing now. */
function expected(place: Place, stat: Stat): Standing {
  if (stat.size <= captureHashBytes) return { is: 'before', stat, vouched: undefined }
  const seen = inspect(place.parent, place.name, captureHashBytes)
  if (seen === undefined) return { is: 'nothing' }
  return seen.unwritten === false || !isSameContent(seen.stat, stat)
    ? { is: 'unsure' }
    : { is: 'before', stat, vouched: stat }
}

/** True when the replica is certain of a file's content without reading it. */
function isKnown(hands: Hands, place: Place, entry: SyncedEntry | undefined, stat: Stat): boolean {
  const known = hands.known(place.path)
  if (known === undefined || entry?.kind !== 'file' || known.digest !== entry.digest) return false
  const { size, mtimeMs, ctimeMs, inode } = known.identity
  return size === stat.size && mtimeMs === stat.mtimeMs && ctimeMs === stat.ctimeMs && inode === stat.inode
}

/** On a disk that takes two names for one, what was found may be called otherwise. */
export function isOtherName(hands: Hands, place: Place): boolean {
  const { caseSensitive, normalising } = hands.work.area.abilities
  if (caseSensitive && !normalising) return false
  if (hands.known(place.path) !== undefined) return false
  return !place.parent.list().some(item => item.name === place.name)
}
