import { SyncError, codeOf } from '../core/errors.ts'
import { chunkBytes } from '../core/limits.ts'
import type { Path } from '../core/path.ts'
import type { DirectoryHandle, Stat } from '../ports/disk.ts'
import { isRefusal } from './refusal.ts'
import type { Copying } from './slot-journal.ts'
import type { Work } from './work.ts'

/** One name in a pinned directory of the root. */
export interface Place {
  readonly parent: DirectoryHandle
  readonly name: string
  readonly path: Path
}

/**
 * Gives what lies in a slot a name that must be free: `EEXIST` when it is not, and nothing is changed. By exclusive
 * rename, else by link. On a disk with neither a file is copied: the one case where half of it can be seen, and be
 * written to by others; recovery takes halves away.
 */
export function install(work: Work, slot: string, stat: Stat, place: Place): void {
  const { abilities } = work.area
  const { directory } = work.slots
  const { parent, name } = place
  if (abilities.exclusiveRename) directory.rename(slot, parent, name, 'exclusive')
  else if (stat.kind === 'symlink') {
    parent.symlink(name, directory.readlink(slot))
    directory.unlink(slot)
  } else if (stat.kind === 'directory') {
    // At worst an empty directory, made this instant, is replaced by one with something in it.
    if (parent.lookup(name) !== undefined) throw taken(place)
    directory.rename(slot, parent, name, 'replace')
  } else if (abilities.hardLinks) {
    directory.link(slot, parent, name)
    directory.unlink(slot)
  } else if (stat.kind === 'file') {
    copyIn(work, slot, stat, place)
    directory.unlink(slot)
  } else
    throw new SyncError('EOPNOTSUPP', `Cannot put a ${stat.kind} at ${place.path}: this disk has no exclusive rename`)
}

function copyIn(work: Work, slot: string, stat: Stat, place: Place): void {
  const copying: Copying = { copying: slot, path: place.path, aside: work.slots.newOut(place.path) }
  work.journal.beginCopy(copying)
  try {
    const made = writeCopy(work.slots.directory, slot, stat, place)
    if (place.parent.lookup(place.name)?.inode === made.inode) {
      if (work.area.abilities.modes) place.parent.setMode(place.name, stat.mode & 0o777)
      place.parent.setTimes(place.name, stat.mtimeMs)
    }
  } catch (error) {
    if (codeOf(error) === 'EEXIST') work.journal.endCopy(slot)
    else if (isRefusal(error)) takeBackCopy(work, copying, place)
    throw error
  }
  work.journal.endCopy(slot)
}

function writeCopy(from: DirectoryHandle, slot: string, stat: Stat, place: Place): Stat {
  const source = from.read(slot)
  try {
    const target = place.parent.create(place.name)
    try {
      for (let at = 0; at < stat.size;) {
        const piece = source.read(at, Math.min(copyBytes, stat.size - at))
        if (piece.length === 0) break
        target.write(piece)
        at += piece.length
      }
      target.sync()
      return target.stat()
    } finally {
      target.close()
    }
  } finally {
    source.close()
  }
}

/**
 * Takes away a copy that was broken off, while what was copied is still there. It is captured first; if it turns out
 * to be anything else it goes to the trash, for it is somebody's.
 */
export function takeBackCopy(work: Work, copying: Copying, place: Place | undefined): void {
  const { journal, slots, trash } = work
  const source = { directory: slots.directory, name: copying.copying }
  if (place !== undefined && isRestOf(source, { directory: place.parent, name: place.name })) {
    place.parent.rename(place.name, slots.directory, copying.aside, 'replace')
  }
  if (slots.directory.lookup(copying.aside) !== undefined) {
    if (isRestOf(source, { directory: slots.directory, name: copying.aside })) slots.drop(copying.aside)
    else trash.recover(copying.aside, copying.path)
  }
  journal.endCopy(copying.copying)
}

interface Name {
  readonly directory: DirectoryHandle
  readonly name: string
}

/** True when a file is what a crash or power cut leaves of a copy: not all of it, and every byte is the source's or was never written. */
function isRestOf(source: Name, rest: Name): boolean {
  const stat = rest.directory.lookup(rest.name)
  const whole = source.directory.lookup(source.name)
  if (stat?.kind !== 'file' || whole?.kind !== 'file' || stat.size > whole.size || stat.inode === whole.inode)
    return false
  const original = source.directory.read(source.name)
  try {
    const found = rest.directory.read(rest.name)
    try {
      let isWhole = stat.size === whole.size
      for (let at = 0; at < stat.size; at += copyBytes) {
        const length = Math.min(copyBytes, stat.size - at)
        const bytes = original.read(at, length)
        const copied = found.read(at, length)
        if (!copied.every((byte, i) => byte === 0 || byte === bytes[i])) return false
        isWhole &&= copied.every((byte, i) => byte === bytes[i])
      }
      return !isWhole
    } finally {
      found.close()
    }
  } finally {
    original.close()
  }
}

/** Copied at once (bytes). */
const copyBytes = 16 * chunkBytes

function taken(place: Place): SyncError {
  return new SyncError('EEXIST', `Cannot put a directory at ${place.path}: the name is taken`)
}
