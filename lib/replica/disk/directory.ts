import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs'
import { codeOf, invariant } from '../../core/errors.ts'
import type { DirectoryHandle, DirectoryItem, ReadHandle, Stat, WriteHandle } from '../../ports/disk.ts'
import { attempt, diskError } from './errors.ts'
import { listingOf } from './listing.ts'
import type { Native } from './native-calls.ts'
import type { Place } from './names.ts'
import { nameFrom, onDeno, placeOf, replacement } from './names.ts'
import { noAccessTime, toAppend, toCreate, toRead, toSync } from './open-flags.ts'
import { OpenForReading, OpenForWriting } from './open-file.ts'
import { statFrom, timeFrom } from './stat.ts'
import type { Unsynced } from './unsynced.ts'

/** What the directories of one disk share. */
export interface DiskParts {
  readonly native: Native | undefined
  /** Where the system cannot sync a whole file system: what must be synced one by one. */
  readonly unsynced: Unsynced | undefined
}

/**
 * A directory reached through node:fs. How a child is addressed so that no link is followed on the way is the
 * subclass's matter; all calls that work on such an address are here, once.
 */
export abstract class ReachedDirectory implements DirectoryHandle {
  /** Absolute path by which it was reached, for people. */
  readonly path: string
  readonly parts: DiskParts
  #reportedIn = -1

  constructor(path: string, parts: DiskParts) {
    this.path = path
    this.parts = parts
  }

  /** The address of a child, good for one call made at once. Throws when this directory may not be reached any more. */
  protected abstract place(name: string): Place
  /** The address of this directory itself. */
  protected abstract here(): Place
  abstract stat(): Stat
  abstract child(name: string): ReachedDirectory
  abstract copy(name: string, to: DirectoryHandle, newName: string): Promise<void>
  abstract readonly address: string
  abstract setMode(name: string, mode: number): void
  abstract close(): void

  list(): DirectoryItem[] {
    return attempt('list', this.path, () => listingOf(this.here()))
  }

  lookup(name: string): Stat | undefined {
    return this.on('examine', name, () => {
      const stats = lstatSync(this.place(name), { throwIfNoEntry: false })
      return stats === undefined ? undefined : statFrom(stats)
    })
  }

  read(name: string): ReadHandle {
    const descriptor = this.on('read', name, () => openRegular(this.place(name)))
    if (typeof descriptor === 'string') throw diskError(descriptor, 'read', this.nameFor(name))
    return new OpenForReading(descriptor, this.nameFor(name), this.parts.native)
  }

  readlink(name: string): string {
    const target = this.on('read the link', name, () =>
      nameFrom(onDeno ? readlinkSync(this.place(name)) : readlinkSync(this.place(name), 'buffer')),
    )
    if (onDeno && target.includes(replacement)) throw diskError('EILSEQ', 'read the link', this.nameFor(name))
    return target
  }

  create(name: string): WriteHandle {
    return this.openToWrite('create', name, toCreate)
  }

  append(name: string): WriteHandle {
    return this.openToWrite('write', name, toAppend)
  }

  symlink(name: string, target: string): void {
    this.change('link', name, () => symlinkSync(placeOf(target), this.place(name)))
  }

  /** The umask has no say: a synced directory has the mode its source has. */
  mkdir(name: string, mode: number): void {
    this.change('make the directory', name, () => mkdirSync(this.place(name), mode & 0o777))
    const made = this.lookup(name)
    if (made !== undefined && (made.mode & 0o777) !== (mode & 0o777)) this.setMode(name, mode)
  }

  rmdir(name: string): void {
    this.change('remove the directory', name, () => rmdirSync(this.place(name)))
  }

  /** Deno's unlink removes empty directories too (seen), which no caller asked for. */
  unlink(name: string): void {
    if (onDeno && this.lookup(name)?.kind === 'directory') throw diskError('EISDIR', 'remove', this.nameFor(name))
    this.change('remove', name, () => unlinkSync(this.place(name)))
  }

  link(name: string, to: DirectoryHandle, newName: string): void {
    const target = reached(to)
    target.willChange()
    attempt('link', this.pairOf(name, target, newName), () => linkSync(this.place(name), target.place(newName)))
  }

  rename(name: string, to: DirectoryHandle, newName: string, how: 'replace' | 'exclusive' | 'exchange'): void {
    const target = reached(to)
    const what = how === 'exchange' ? 'exchange' : 'move'
    const pair = this.pairOf(name, target, newName)
    this.willChange()
    target.willChange()
    attempt(what, pair, () => {
      if (how === 'replace') return renameSync(this.place(name), target.place(newName))
      const { native } = this.parts
      const failure = native === undefined ? 'ENOSYS' : native.rename(this.place(name), target.place(newName), how)
      if (failure !== undefined) throw diskError(failure, what, pair)
    })
  }

  setTimes(name: string, mtimeMs: number): void {
    this.change('set the time of', name, () => {
      const place = this.place(name)
      const stats = lstatSync(place)
      if (stats.isSymbolicLink()) throw diskError('EOPNOTSUPP', 'set the time of', this.nameFor(name))
      this.willTouch(place)
      lutimesSync(place, stats.atimeMs / 1000, timeFrom(mtimeMs))
    })
  }

  sync(): void {
    attempt('make durable', this.path, () => {
      const descriptor = openSync(this.here(), toSync)
      try {
        fsyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
    })
  }

  /** Runs one call about a child. */
  protected on<T>(what: string, name: string, call: () => T): T {
    return attempt(what, this.nameFor(name), call)
  }

  /** Runs one call that changes a child. */
  protected change<T>(what: string, name: string, call: () => T): T {
    this.willChange()
    return this.on(what, name, call)
  }

  /** Absolute path of a child, for people. */
  protected nameFor(name: string): string {
    return this.path.endsWith('/') ? this.path + name : `${this.path}/${name}`
  }

  protected pairOf(name: string, to: ReachedDirectory, newName: string): string {
    return `${this.nameFor(name)} to ${to.nameFor(newName)}`
  }

  /** The next flush covers names and metadata in here. Told before the change: a change that was made must not fail. */
  private willChange(): void {
    const { unsynced } = this.parts
    if (unsynced === undefined || this.#reportedIn === unsynced.round) return
    unsynced.add(attempt('open', this.path, () => openSync(this.here(), toSync)))
    this.#reportedIn = unsynced.round
  }

  /** The next flush covers mode and times of the file or directory at `place`, unless it may not be read. */
  protected willTouch(place: Place): void {
    const { unsynced } = this.parts
    if (unsynced === undefined) return
    try {
      unsynced.add(openToRead(place))
    } catch (error) {
      if (codeOf(error) !== 'EACCES') throw error
    }
  }

  /** A descriptor for a new file, the caller's to close. */
  protected made(name: string): number {
    return this.change('create', name, () => openSync(this.place(name), toCreate, 0o600))
  }

  private openToWrite(what: string, name: string, flags: number): WriteHandle {
    const descriptor = this.change(what, name, () => onlyRegular(openSync(this.place(name), flags, 0o600)))
    if (typeof descriptor === 'string') throw diskError(descriptor, what, this.nameFor(name))
    return new OpenForWriting(descriptor, this.nameFor(name), this.parts)
  }
}

/** Renames, links and copies work between directories of disks of one kind: that is what makes them one call. */
export function reached(directory: DirectoryHandle): ReachedDirectory {
  invariant(directory instanceof ReachedDirectory, 'Both directories must be on real disks')
  return directory
}

/** A link, socket or fifo fails to open in its own way; to callers it is no regular file. */
export function openRegular(place: Place): number | 'EINVAL' {
  try {
    return onlyRegular(openToRead(place))
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ELOOP' || code === 'ENXIO') return 'EINVAL'
    throw error
  }
}

function onlyRegular(descriptor: number): number | 'EINVAL' {
  if (fstatSync(descriptor).isFile()) return descriptor
  closeSync(descriptor)
  return 'EINVAL'
}

/** Only a file's owner may read it without touching its access time. */
function openToRead(place: Place): number {
  try {
    return openSync(place, toRead | noAccessTime)
  } catch (error) {
    if (codeOf(error) !== 'EPERM' || noAccessTime === 0) throw error
    return openSync(place, toRead)
  }
}
