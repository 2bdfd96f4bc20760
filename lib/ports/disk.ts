/**
 * A disk as the engine uses it: every call names one component below a pinned directory, so no link is ever followed
 * and nothing outside is reached, whoever renames what meanwhile (openat(2) style). Calls are synchronous: a local one
 * takes microseconds, a trip through a thread pool ten times that; long work is sliced by the caller.
 *
 * All calls throw SyncError with the errno's name as code (`ENOENT`, `ENOSPC`, `EACCES`, …; `ELOOP` or `ENOTDIR` for
 * a link where a directory was expected), unless said otherwise.
 */
export interface Disk {
  /** Pins the directory at a path below this disk's base ('' for the base), no link followed in any component. */
  open(path: string): DirectoryHandle
  /** Makes the base directory (0700 for a kit's own) when it is missing, with its parents. Says whether it made it. */
  ensureBase(mode: number): boolean
  /** Where the base is, for people and for watchers by path. */
  readonly base: string
  /** Makes everything written below so far durable, in one go (syncfs; a full flush on macOS). */
  flush(): Promise<void>
  close(): void
}

export interface DirectoryHandle {
  /** Names with kinds, unsorted, without '.' and '..'. A name the runtime cannot carry comes back as `problem`. */
  list(): DirectoryItem[]
  /** Of this directory itself. */
  stat(): Stat
  /** lstat of one child; undefined when there is none. */
  lookup(name: string): Stat | undefined
  /** Pins a child directory; `ENOTDIR`/`ELOOP` when it is something else. */
  child(name: string): DirectoryHandle
  /** Opens a regular file for reading, never blocking, never following; `EINVAL` when it is no regular file. */
  read(name: string): ReadHandle
  readlink(name: string): string
  /** Creates a file that must not exist, for writing. Made 0600; give it its mode with `setMode`. */
  create(name: string): WriteHandle
  /** Opens a file of our own (journal, index, part) for writing at its end; creates it 0600. */
  append(name: string): WriteHandle
  /**
   * Puts what a regular file holds into a new file of ours (0600), sharing its blocks where the disk can, off this
   * thread; no link is followed. Both directories may be closed meanwhile. What was written to it meanwhile may be in the
   * copy in part; a copy that failed may stand there in part.
   */
  copy(name: string, to: DirectoryHandle, newName: string): Promise<void>
  /** Where a process started from this one finds this very directory, while the handle is open. */
  readonly address: string
  symlink(name: string, target: string): void
  mkdir(name: string, mode: number): void
  rmdir(name: string): void
  unlink(name: string): void
  /** A second name for a file; `EEXIST` when taken. */
  link(name: string, to: DirectoryHandle, newName: string): void
  /**
   * `replace`: as rename(2). `exclusive`: `EEXIST` when the new name is taken. `exchange`: both names swap contents;
   * `this/name` is the path people see, `to/newName` the staged file (this order keeps editors' watchers alive).
   * `exclusive` and `exchange` throw `ENOSYS` or `EINVAL` where the disk cannot; `abilities` tells.
   */
  rename(name: string, to: DirectoryHandle, newName: string, how: 'replace' | 'exclusive' | 'exchange'): void
  /** Permission bits of a file or directory, by the inode: never through a link. */
  setMode(name: string, mode: number): void
  /** Modification time in ms since 1970, of a file or directory, never through a link. */
  setTimes(name: string, mtimeMs: number): void
  /** Makes names created, renamed or removed here durable (fsync of the directory). */
  sync(): void
  close(): void
}

export interface ReadHandle {
  /** For a thread of this process that reads the file too, while the handle is open. Absent where there is none. */
  readonly descriptor?: number
  stat(): Stat
  /** Up to `length` bytes from `offset`; fewer only at the end. */
  read(offset: number, length: number): Uint8Array
  /** True when nobody has it open for writing, false when somebody has, undefined where that cannot be known. */
  unwritten(): boolean | undefined
  /** What was written to it, through any handle, is on the disk when this returns (fdatasync; a barrier on macOS). */
  sync(): void
  close(): void
}

export interface WriteHandle {
  write(bytes: Uint8Array): void
  /** The file's bytes are on the disk when this returns (fdatasync; a barrier on macOS). */
  sync(): void
  /** Its permission bits. */
  setMode(mode: number): void
  /** Its modification time in ms since 1970; a later `write` moves it again. */
  setTimes(mtimeMs: number): void
  stat(): Stat
  close(): void
}

export interface DirectoryItem {
  readonly name: string
  /** `problem`: a name this runtime cannot carry. `unknown`: the disk did not say; look it up. */
  readonly kind: 'file' | 'directory' | 'symlink' | 'other' | 'unknown' | 'problem'
}

export interface Stat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'device'
  /** Permission bits and setuid, setgid, sticky: 0–07777. */
  readonly mode: number
  readonly size: number
  /** Milliseconds since 1970 with what fraction a double holds (0.25 µs). */
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly inode: number
  readonly device: number
  readonly links: number
  readonly owner: number
}

/** What a probe on a root found to work. */
export interface DiskAbilities {
  readonly exchange: boolean
  readonly exclusiveRename: boolean
  readonly hardLinks: boolean
  readonly symlinks: boolean
  /** Read leases tell whether a writer has a file open. */
  readonly leases: boolean
  readonly caseSensitive: boolean
  readonly normalising: boolean
  /** Mode bits are kept. */
  readonly modes: boolean
}
