import { codeOf } from '../core/errors.ts'
import type { Remove } from '../core/operation.ts'
import type { Carried } from './carried.ts'
import { done, resulting, stale } from './carried.ts'
import { standing } from './expectation.ts'
import type { Hands } from './hands.ts'
import type { Place } from './install.ts'
import type { Purpose } from './put.ts'
import { isContent } from './slot-journal.ts'
import { takeAway } from './swap.ts'

/** Moves a file or link to the trash, or removes an empty directory. What is gone already is done. */
export function carryOutRemove(hands: Hands, place: Place, remove: Remove, purpose: Purpose): Carried {
  const { path, before } = remove
  const stands = standing(hands, place, before, undefined)
  if (stands.is === 'nothing') return done(path, undefined)
  if (stands.is === 'unsure') return resulting({ result: 'busy', path })
  if (stands.is !== 'before') return stale(path)
  if (!isContent(before)) return removeDirectory(hands, place, remove, purpose)
  const { why = 'deleted', group } = purpose
  const order = { place, before, vouched: stands.vouched, why, group, aside: undefined }
  const swapped = takeAway(hands.work, order)
  return swapped.done ? done(path, undefined, swapped.settled) : stale(path, swapped.settled)
}

/** Never more than an empty directory: what was made in it this instant stays. */
function removeDirectory(hands: Hands, place: Place, remove: Remove, purpose: Purpose): Carried {
  const { path, before } = remove
  try {
    place.parent.rmdir(place.name)
  } catch (error) {
    switch (codeOf(error)) {
      case 'ENOTEMPTY':
      case 'EEXIST':
        return resulting({ result: 'kept', path })
      case 'ENOENT':
        return done(path, undefined)
      case 'ENOTDIR':
        return stale(path)
      default:
        throw error
    }
  }
  const trashed = hands.work.trash.note({ path, entry: before, why: 'deleted', group: purpose.group })
  return { ...done(path, undefined), trashed }
}
