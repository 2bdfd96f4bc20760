import { codeOf } from '../core/errors.ts'
import type { Stat } from '../ports/disk.ts'
import type { Place } from './install.ts'
import { install } from './install.ts'
import type { Seen } from './inspect.ts'
import { hasContent, inspect, isEntry, isSameContent } from './inspect.ts'
import type { Capture, ContentEntry, Vouched } from './slot-journal.ts'
import type { Trashed } from './trash.ts'
import type { Work } from './work.ts'

/** What became of something captured. */
export type Settled =
  /** It was what was expected, and lies in the trash. */
  | { readonly what: 'trashed'; readonly trashed: Trashed }
  /** It was content of ours, or the very content that stands at the path now: nothing of anybody's. */
  | { readonly what: 'dropped' }
  /** It stands at its path again. */
  | { readonly what: 'returned' }
  /** It was not what was expected and its place was taken: it lies in the trash, to be told of. */
  | { readonly what: 'recovered'; readonly trashed: Trashed }

export interface SettleOptions {
  /** Files up to this size are hashed here (bytes); larger ones count as what `vouched` says. */
  readonly hashBytes: number
  /** What we put at the path, when that is known by more than its content. */
  readonly ours: Stat | undefined
  /** The new one was at the path for certain: if nothing is there now, somebody removed it. */
  readonly installed: boolean
}

/** A path swapped again and again under our hands is left alone after this many turns. */
const turnsLimit = 4

/**
 * Decides about what was captured, right after a swap or after the crash in one. What was expected goes to the trash.
 * Anything else a person wrote in between: it goes back to its path, and only if that is taken by something else than
 * ours to the trash. Nothing is deleted but what is certainly ours. May be repeated after a crash anywhere in it.
 * @param place undefined: the directory is gone
 */
export function settle(work: Work, capture: Capture, place: Place | undefined, options: SettleOptions): Settled {
  const seen = inspect(work.slots.directory, capture.slot, options.hashBytes)
  const settled: Settled =
    seen === undefined ? { what: 'dropped' } : settleSeen({ work, capture, seen }, place, options)
  work.journal.end(capture.slot)
  return settled
}

interface Captured {
  readonly work: Work
  readonly capture: Capture
  readonly seen: Seen
}

function settleSeen(captured: Captured, place: Place | undefined, options: SettleOptions): Settled {
  const { work, capture, seen } = captured
  const { slots } = work
  if (isOurs(captured, options)) {
    slots.drop(capture.slot)
    return { what: 'dropped' }
  }
  const isExpected = wasExpected(captured)
  const standing = place?.parent.lookup(place.name)
  if (standing !== undefined && standing.inode === seen.stat.inode && standing.device === seen.stat.device) {
    // A link that was not taken away after the other was made.
    slots.drop(capture.slot)
    return { what: 'returned' }
  }
  const isGap = capture.after !== undefined && standing === undefined && !options.installed
  if (place === undefined) return isExpected ? toTrash(captured) : recovered(work, capture)
  if (isExpected && !isGap) return toTrash(captured)
  if (standing !== undefined && capture.after !== undefined && isStill(place, capture.after, options)) {
    if (work.area.abilities.exchange) return swapBack(captured, place, { standing, ours: options.ours })
    takeOutOurs(captured, place, { after: capture.after, ours: options.ours })
  }
  return goHome(captured, place, isExpected)
}

/**
 * Content that its slot's name declares, or that was put at the path by us before. What somebody opened for writing in
 * the meantime is ours no more; and what came out of a swap is somebody's, whatever it holds, if that cannot be known.
 */
function isOurs({ work, capture, seen }: Captured, { installed }: SettleOptions): boolean {
  if (seen.unwritten === false) return false
  const isUncertain = seen.stat.kind === 'file' && seen.unwritten === undefined
  if (work.slots.isOwn(capture.slot, seen)) return !(installed && isUncertain)
  return capture.own && !isUncertain && isThatOne(seen, capture.expected, capture.vouched)
}

/** By content alone a save of the very same would be taken for ours, and its content may be nowhere else any more. */
function isThatOne(seen: Seen, entry: ContentEntry, ours: Vouched | undefined): boolean {
  return ours !== undefined && isSameContent(seen.stat, ours) && hasContent(seen.entry, entry)
}

function wasExpected({ work, capture, seen }: Captured): boolean {
  const { vouched, expected } = capture
  if (seen.entry !== undefined) return isEntry(seen.entry, expected, work.area.abilities.modes)
  return vouched !== undefined && isSameContent(seen.stat, vouched) && seen.unwritten !== false
}

/** True when what we put at the path still stands there. */
function isStill(place: Place, after: ContentEntry, options: SettleOptions): boolean {
  const { ours } = options
  if (ours === undefined) return hasContent(inspect(place.parent, place.name, Infinity)?.entry, after)
  const stat = place.parent.lookup(place.name)
  return stat !== undefined && isSameContent(stat, ours)
}

/**
 * Swaps theirs back to the path. What comes out must be what was seen there; else somebody saved once more, and the
 * newest of theirs belongs at the path: swap again.
 */
function swapBack(
  captured: Captured,
  place: Place,
  { standing, ours }: { readonly standing: Stat; readonly ours: Stat | undefined },
): Settled {
  const { work, capture, seen } = captured
  let inSlot = seen.stat
  let atPath = standing
  for (let turn = 0; turn < turnsLimit; turn++) {
    try {
      place.parent.rename(place.name, work.slots.directory, capture.slot, 'exchange')
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return goHome(captured, place, false)
      throw error
    }
    const out = work.slots.directory.lookup(capture.slot)
    if (out === undefined || isSameContent(out, atPath)) break
    atPath = inSlot
    inSlot = out
  }
  return leftBehind(captured, ours)
}

/** What is in the slot once theirs went back: ours, or something of theirs that was replaced by something newer. */
function leftBehind({ work, capture }: Captured, ours: Stat | undefined): Settled {
  const left = inspect(work.slots.directory, capture.slot, Infinity)
  if (left === undefined) return { what: 'returned' }
  const isAfter = capture.after !== undefined && hasContent(left.entry, capture.after)
  const isUnwritten = left.stat.kind !== 'file' || left.unwritten === true
  if (!isAfter || !isUnwritten) return recovered(work, capture)
  if (isThatOne(left, capture.after, ours)) work.slots.drop(capture.slot)
  else work.trash.recover(capture.slot, capture.path, capture.group)
  return { what: 'returned' }
}

/** Takes ours away from the path, where there is no exchange. If it turns out to be theirs it goes back at once. */
function takeOutOurs(
  { work, capture }: Captured,
  place: Place,
  { after, ours }: { readonly after: ContentEntry; readonly ours: Stat | undefined },
): void {
  const { path, group } = capture
  const slot = work.slots.newOut(path)
  const out: Capture = {
    slot,
    path,
    expected: after,
    after: undefined,
    why: 'recovered',
    group,
    own: true,
    vouched: ours,
  }
  work.journal.begin(out, true)
  try {
    place.parent.rename(place.name, work.slots.directory, slot, 'replace')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  settle(work, out, place, { hashBytes: Infinity, ours: undefined, installed: true })
}

/** Puts what was captured back where it was, unless the name is taken or the directory gone. */
function goHome(captured: Captured, place: Place, isExpected: boolean): Settled {
  const { work, capture } = captured
  const stat = work.slots.directory.lookup(capture.slot)
  if (stat === undefined) return { what: 'dropped' }
  try {
    install(work, capture.slot, stat, place)
    return { what: 'returned' }
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' && codeOf(error) !== 'ENOENT') throw error
    return isExpected ? toTrash(captured) : recovered(work, capture)
  }
}

function toTrash({ work, capture, seen }: Captured): Settled {
  const { path, why, group, expected } = capture
  return {
    what: 'trashed',
    trashed: work.trash.take(capture.slot, seen, { path, why, group, entry: seen.entry ?? expected }),
  }
}

function recovered(work: Work, capture: Capture): Settled {
  return { what: 'recovered', trashed: work.trash.recover(capture.slot, capture.path, capture.group) }
}
