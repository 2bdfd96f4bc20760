import type { Path } from '../core/path.ts'
import { nameOf, parentOf } from '../core/path.ts'
import type { Disk } from '../ports/disk.ts'
import { inspect } from './inspect.ts'
import type { Place } from './install.ts'
import { takeBackCopy } from './install.ts'
import { openDirectory } from './open-directory.ts'
import { isRefusal } from './refusal.ts'
import { settle } from './settle.ts'
import type { Capture, Copying, Unfinished } from './slot-journal.ts'
import { parsedSlot } from './slot-name.ts'
import type { Work } from './work.ts'

/** Something that recovery found and that somebody may want to know of. */
export interface Recovered {
  /** '' when it is not known. */
  readonly path: Path
  /** `returned`: put back to its path · `trashed`: it lies in the trash under `id` · `left`: the disk refused, it stays in its slot. */
  readonly what: 'returned' | 'trashed' | 'left'
  readonly id: string | undefined
  readonly why: string
}

/**
 * Finishes or undoes what a process before this one left in the middle, before the first scan. Every slot is looked at:
 * what is certainly ours goes, what is somebody's goes back to its path or to the trash. May be repeated, also after a
 * crash in it; what the disk refuses stays for the next start.
 */
export function recover(root: Disk, work: Work): Recovered[] {
  const { journal, slots } = work
  const unfinished = journal.pending
  // Before anything new comes there: what has lost its line is younger than the last line.
  const found = adoptLost(work)
  found.push(...takeBackCopies(root, work, unfinished.copies))
  // The newest first: what somebody saved last belongs at the path.
  const names = slots.directory.list().map(item => item.name)
  for (const slot of names.toSorted((a, b) => (parsedSlot(a).id < parsedSlot(b).id ? 1 : -1))) {
    found.push(...attempted(unfinished.captures.get(slot)?.path ?? '', () => recoverSlot(root, work, slot, unfinished)))
  }
  if (journal.isQuiet) journal.clear()
  return found
}

/** Lists what lies in the trash and is not listed. */
function adoptLost({ trash }: Work): Recovered[] {
  return attempted('', () =>
    trash.lost().flatMap(name =>
      attempted('', () => {
        const item = trash.adopt(name)
        return item === undefined ? [] : [{ path: item.path, what: 'trashed', id: item.id, why: lostLine }]
      }),
    ),
  )
}

const lostLine = 'a power cut took what was written down of it'

/** Tries again what this process could not put in order because the disk failed. */
export function retryPending(root: Disk, work: Work): Recovered[] {
  if (work.journal.isQuiet) return []
  const unfinished = work.journal.pending
  const found = takeBackCopies(root, work, unfinished.copies)
  for (const capture of [...unfinished.captures.values()].toReversed()) {
    found.push(...attempted(capture.path, () => settleAgain(root, work, capture)))
  }
  return found
}

function recoverSlot(root: Disk, work: Work, slot: string, unfinished: Unfinished): Recovered[] {
  const { slots, trash } = work
  const capture = unfinished.captures.get(slot)
  if (capture !== undefined) return settleAgain(root, work, capture)
  const { kind, path } = parsedSlot(slot)
  if (kind === 'part') {
    slots.drop(slot)
    return []
  }
  if (kind === 'lane') return []
  const seen = inspect(slots.directory, slot, Infinity)
  if (seen !== undefined && slots.isOwn(slot, seen)) {
    slots.drop(slot)
    return []
  }
  const { id } = trash.recover(slot, path)
  return [{ path, what: 'trashed', id, why: lostLine }]
}

function settleAgain(root: Disk, work: Work, capture: Capture): Recovered[] {
  return atPlace(root, capture.path, place => {
    // Only where the old one was moved aside may the new one not have come to its place.
    const installed = parsedSlot(capture.slot).kind !== 'out'
    const settled = settle(work, capture, place, { hashBytes: Infinity, ours: undefined, installed })
    switch (settled.what) {
      case 'dropped':
        return []
      case 'returned':
        return [{ path: capture.path, what: 'returned', id: undefined, why: 'a replacement was broken off' }]
      case 'trashed':
        return [{ path: capture.path, what: 'trashed', id: settled.trashed.id, why: capture.why }]
      case 'recovered':
        return [
          { path: capture.path, what: 'trashed', id: settled.trashed.id, why: 'it was changed while it was replaced' },
        ]
    }
  })
}

function takeBackCopies(root: Disk, work: Work, copies: readonly Copying[]): Recovered[] {
  return copies.flatMap(copying =>
    attempted(copying.path, () =>
      atPlace(root, copying.path, place => {
        takeBackCopy(work, copying, place)
        return []
      }),
    ),
  )
}

function atPlace<T>(root: Disk, path: Path, act: (place: Place | undefined) => T): T {
  const parent = openDirectory(root, parentOf(path))
  try {
    return act(parent && { parent, name: nameOf(path), path })
  } finally {
    parent?.close()
  }
}

/** One slot that the disk refuses to handle must not keep the others, or the root, from coming up. */
function attempted(path: Path, act: () => Recovered[]): Recovered[] {
  try {
    return act()
  } catch (error) {
    if (!isRefusal(error)) throw error
    return [{ path, what: 'left', id: undefined, why: error.message }]
  }
}
