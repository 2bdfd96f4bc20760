import type { SyncedEntry } from '../core/entry.ts'
import { codeOf, invariant } from '../core/errors.ts'
import type { TrashReason } from '../core/messages.ts'
import type { Put } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import type { Stat } from '../ports/disk.ts'
import type { Carried } from './carried.ts'
import { done, resulting, stale } from './carried.ts'
import { isOtherName, standing } from './expectation.ts'
import type { Hands } from './hands.ts'
import type { Place } from './install.ts'
import { install } from './install.ts'
import { hasContent, isSameContent, mayBe } from './inspect.ts'
import type { ContentEntry } from './slot-journal.ts'
import { isContent } from './slot-journal.ts'
import type { Prepared } from './staging.ts'
import type { Staged } from './slots.ts'
import type { SwapOrder, Swapped } from './swap.ts'
import { replace } from './swap.ts'

/** What goes into the trash by an operation belongs to a plan. */
export interface Purpose {
  readonly group: string
  /** Why a version goes; `replaced` or `deleted` unless given. */
  readonly why: TrashReason | undefined
}

export interface PutOptions extends Purpose {
  readonly prepared: Prepared | undefined
  /** See `SwapOrder`. */
  readonly aside: string | undefined
}

/** Creates, replaces or changes the mode of one entry. Content that is not used stays in its slot. */
export function carryOutPut(hands: Hands, place: Place, put: Put, options: PutOptions): Carried {
  const { path, before, after } = put
  if (after.kind === 'symlink' && !hands.allowsLink(path, after.target)) {
    const message = `Cannot put a link at ${path}: its target ${after.target} is not inside the root`
    return resulting({ result: 'failed', path, code: 'SYMLINK', message, verdict: 'problem' })
  }
  if (before === undefined) return create(hands, place, after, options.prepared)
  const stands = standing(hands, place, before, after)
  switch (stands.is) {
    case 'after':
      return done(path, stands.stat)
    case 'unsure':
      return resulting({ result: 'busy', path })
    case 'nothing':
    case 'other':
      return stale(path)
    case 'before': {
      if (hasContent(before, after) && options.prepared === undefined) return changeMode(hands, place, put, stands.stat)
      if (!isContent(before) || !isContent(after)) return stale(path)
      const { why = 'replaced', group, aside, prepared } = options
      return swapIn(hands, { place, before, vouched: stands.vouched, why, group, aside }, after, prepared)
    }
  }
}

function create(hands: Hands, place: Place, after: SyncedEntry, prepared: Prepared | undefined): Carried {
  const { parent, name, path } = place
  try {
    if (after.kind === 'symlink') parent.symlink(name, after.target)
    else if (after.kind === 'directory') parent.mkdir(name, after.mode & 0o777)
    else {
      invariant(prepared !== undefined, `The content for ${path} was prepared`)
      install(hands.work, prepared.staged.slot, prepared.staged.stat, place)
      const stat = parent.lookup(name)
      return done(path, stat !== undefined && isSameContent(stat, prepared.staged.stat) ? stat : undefined)
    }
    const stat = parent.lookup(name)
    return done(path, stat?.kind === after.kind ? stat : undefined)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return createdBefore(hands, place, after)
    if (codeOf(error) === 'ENOENT' && isGone(place)) return stale(path)
    if (isNameRefused(error) && after.kind !== 'symlink') return refused(path, 'NAME', 'that disk cannot hold its name')
    throw error
  }
}

/** Where the parent stands, only the name can be wrong. Sources: vfat(5) says EINVAL, exFAT for FUSE ENOENT, ZFS EILSEQ. */
function isNameRefused(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'EINVAL' || code === 'ENOENT' || code === 'EILSEQ'
}

function refused(path: Path, code: string, why: string): Carried {
  return resulting({ result: 'failed', path, code, message: `Cannot create ${path}: ${why}`, verdict: 'problem' })
}

function swapIn(hands: Hands, order: SwapOrder, after: ContentEntry, prepared: Prepared | undefined): Carried {
  const { path } = order.place
  const staged = toSwap(hands, { path, after }, prepared)
  let swapped: Swapped | undefined
  try {
    swapped = replace(hands.work, order, { entry: after, staged })
  } finally {
    if (swapped?.done !== true && staged !== undefined) hands.staging.giveBack({ staged, isDurable: true })
  }
  return swapped.done ? done(path, swapped.stat, swapped.settled) : stale(path, swapped.settled)
}

/** What goes to the path, in a slot that may be swapped. */
function toSwap(
  hands: Hands,
  { path, after }: { readonly path: Path; readonly after: ContentEntry },
  prepared: Prepared | undefined,
): Staged | undefined {
  const { slots, area } = hands.work
  if (after.kind === 'symlink') return area.abilities.exchange ? slots.writeLink(after, path) : undefined
  invariant(prepared !== undefined, 'The content of a swap was prepared')
  const { staged } = prepared
  const now = area.clock.now()
  const isFresh = hands.sourceTimes || now - staged.stat.mtimeMs < freshMs
  return slots.confirm(isFresh ? staged : slots.touch(staged, now), path)
}

/**
 * A replaced file is as young as its swap, so that make sees it change. Content written this long before counts as
 * written now (ms): a kernel's clock ticks as slowly.
 */
const freshMs = 5

/** Changes the mode of what stands there, which was found to be what is expected. */
function changeMode(hands: Hands, place: Place, put: Put, found: Stat): Carried {
  const { parent, name, path } = place
  const { after } = put
  const { modes } = hands.work.area.abilities
  // It got another name this instant: the next try puts a file of its own here.
  if (after.kind === 'file' && found.links > 1) return resulting({ result: 'busy', path })
  try {
    if ('mode' in after && modes) parent.setMode(name, after.mode & 0o777)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return stale(path)
    throw error
  }
  const stat = parent.lookup(name)
  // Whoever replaced it this instant is looked at anew.
  if (stat === undefined || !mayBe(stat, after, modes)) return stale(path)
  const isSame = stat.kind === 'directory' ? stat.inode === found.inode : isSameContent(stat, found)
  return isSame ? done(path, stat) : stale(path)
}

/** The name was taken: by the very entry, or by something else. */
function createdBefore(hands: Hands, place: Place, after: SyncedEntry): Carried {
  const stands = standing(hands, place, undefined, after)
  if (stands.is === 'after') return done(place.path, stands.stat)
  const stat = place.parent.lookup(place.name)
  if (stat !== undefined && isOtherName(hands, place))
    return refused(place.path, 'SPELLING', 'that disk takes its name for that of another')
  if (after.kind !== 'directory' || stat?.kind !== 'directory') return stale(place.path)
  // A directory kept for what is untracked in it becomes the one that is made there.
  return changeMode(hands, place, { kind: 'put', path: place.path, before: undefined, after }, stat)
}

/** True when the pinned directory was removed meanwhile: nothing can be made in it. */
function isGone(place: Place): boolean {
  return place.parent.stat().links === 0
}
