import type { SyncError } from '../core/errors.ts'
import { codeOf, invariant } from '../core/errors.ts'
import { captureHashBytes } from '../core/limits.ts'
import type { TrashReason } from '../core/messages.ts'
import type { Stat } from '../ports/disk.ts'
import type { Place } from './install.ts'
import { install } from './install.ts'
import { isSameContent } from './inspect.ts'
import { isRefusal } from './refusal.ts'
import type { Settled } from './settle.ts'
import { settle } from './settle.ts'
import type { Capture, ContentEntry, Vouched } from './slot-journal.ts'
import type { Staged } from './slots.ts'
import type { Work } from './work.ts'

/** What is to change at a place where `before` was seen. */
export interface SwapOrder {
  readonly place: Place
  readonly before: ContentEntry
  /** See `Capture`. */
  readonly vouched: Vouched | undefined
  readonly why: TrashReason
  readonly group: string
  /** A slot for what stands there, written down already; see `planAsides`. */
  readonly aside: string | undefined
}

/** What a file or link is replaced by. A link needs a slot only where it is exchanged. */
export interface Incoming {
  readonly entry: ContentEntry
  readonly staged: Staged | undefined
}

export interface Swapped {
  /** False: something else than `before` stood there. */
  readonly done: boolean
  /** What became of what stood there; undefined when nothing did. */
  readonly settled: Settled | undefined
  /** What stands at the path now, when that is ours. */
  readonly stat: Stat | undefined
}

const nothingThere: Swapped = { done: false, settled: undefined, stat: undefined }

/**
 * Replaces a file or link, and checks what came out. By exchange no reader ever misses the path; else the old one is
 * moved aside and the new one put there back to back. When it is not done the slot may still hold what it held.
 */
export function replace(work: Work, order: SwapOrder, incoming: Incoming): Swapped {
  const { entry, staged } = incoming
  if (!work.area.abilities.exchange) return replaceAside(work, order, incoming)
  invariant(staged !== undefined, 'What is exchanged lies in a slot')
  return replaceByExchange(work, order, { entry, staged })
}

/** Moves a file or link away from its place into the trash, and checks that it was the right one. */
export function takeAway(work: Work, order: SwapOrder): Swapped {
  const capture = captureOf(order, work.slots.newOut(order.place.path), undefined)
  work.journal.begin(capture, false)
  if (!moveAside(work, capture, order.place)) return nothingThere
  const settled = settle(work, capture, order.place, { hashBytes: captureHashBytes, ours: undefined, installed: true })
  return { done: settled.what === 'trashed', settled, stat: undefined }
}

function replaceByExchange(work: Work, order: SwapOrder, incoming: Incoming & { readonly staged: Staged }): Swapped {
  const { entry, staged } = incoming
  const { parent, name } = order.place
  const capture = captureOf(order, staged.slot, entry)
  work.journal.begin(capture, false)
  try {
    // In this order: who watches the path by its directory hears that it was replaced, not that it went away.
    parent.rename(name, work.slots.directory, staged.slot, 'exchange')
  } catch (error) {
    if (!isRefusal(error) || !isStillOurs(work, staged)) throw error
    work.journal.end(staged.slot)
    if (error.code === 'ENOENT' && parent.lookup(name) === undefined) return nothingThere
    throw error
  }
  try {
    const settled = settle(work, capture, order.place, {
      hashBytes: captureHashBytes,
      ours: staged.stat,
      installed: true,
    })
    return swapped(order, settled, staged.stat)
  } catch (error) {
    if (isRefusal(error)) undoExchange(work, order, staged)
    throw error
  }
}

/**
 * Puts back what the disk would not let us look at: until it is known, nothing may be taken for done. What then lies in
 * the slot is put in order when the disk lets it.
 */
function undoExchange(work: Work, order: SwapOrder, staged: Staged): void {
  if (isStillOurs(work, staged)) return
  try {
    order.place.parent.rename(order.place.name, work.slots.directory, staged.slot, 'exchange')
  } catch (error) {
    if (!isRefusal(error)) throw error
  }
}

function replaceAside(work: Work, order: SwapOrder, incoming: Incoming): Swapped {
  const { place } = order
  const capture = captureOf(order, order.aside ?? work.slots.newOut(place.path), incoming.entry)
  // A power cut between the two steps leaves the path empty: then this line must be there to mend it.
  work.journal.begin(capture, true)
  if (!moveAside(work, capture, place)) return nothingThere
  const failure = putNew(work, place, incoming)
  const { exclusiveRename, hardLinks } = work.area.abilities
  const ours = failure === undefined && (exclusiveRename || hardLinks) ? incoming.staged?.stat : undefined
  const settled = settle(work, capture, place, { hashBytes: captureHashBytes, ours, installed: failure === undefined })
  if (failure === undefined) return swapped(order, settled, ours)
  if (failure.code !== 'EEXIST' && failure.code !== 'ENOENT') throw failure
  return { done: false, settled, stat: undefined }
}

/** What came of putting the new one there. Thrown on while half of it may stand there: that is for another try. */
function putNew(work: Work, place: Place, incoming: Incoming): SyncError | undefined {
  const { entry, staged } = incoming
  try {
    if (entry.kind === 'symlink') place.parent.symlink(place.name, entry.target)
    else if (staged !== undefined) install(work, staged.slot, staged.stat, place)
    return undefined
  } catch (error) {
    const isHalf = staged !== undefined && work.journal.isCopying(staged.slot)
    if (!isRefusal(error) || isHalf) throw error
    return error
  }
}

/** Captures what stands at a place. False: nothing did. */
function moveAside(work: Work, capture: Capture, place: Place): boolean {
  try {
    place.parent.rename(place.name, work.slots.directory, capture.slot, 'replace')
    return true
  } catch (error) {
    if (!isRefusal(error) || work.slots.directory.lookup(capture.slot) !== undefined) throw error
    work.journal.end(capture.slot)
    if (codeOf(error) === 'ENOENT' && place.parent.lookup(place.name) === undefined) return false
    throw error
  }
}

function swapped(order: SwapOrder, settled: Settled, ours: Stat | undefined): Swapped {
  const { parent, name } = order.place
  const done = settled.what === 'trashed' || settled.what === 'dropped'
  const stat = done && ours !== undefined ? parent.lookup(name) : undefined
  return {
    done,
    settled,
    stat: stat !== undefined && ours !== undefined && isSameContent(stat, ours) ? stat : undefined,
  }
}

function isStillOurs(work: Work, staged: Staged): boolean {
  const stat = work.slots.directory.lookup(staged.slot)
  return stat !== undefined && isSameContent(stat, staged.stat)
}

function captureOf(order: SwapOrder, slot: string, after: ContentEntry | undefined): Capture {
  const { place, before, vouched, why, group } = order
  return { slot, path: place.path, expected: before, after, why, group, own: false, vouched }
}
