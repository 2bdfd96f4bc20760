import type { Place } from './names.ts'

/**
 * System calls that node:fs does not have. They never throw: failures come back as the errno's name. A call that this
 * system lacks is undefined.
 */
export interface Native {
  /** `exclusive`: fails with EEXIST when `to` is taken. `exchange`: both names swap what they name. Undefined: done. */
  readonly rename: (from: Place, to: Place, how: 'exclusive' | 'exchange') => string | undefined
  /** Pins the directory at `path` below a pinned one, following no link. The descriptor, or the errno's name. */
  readonly openBeneath: ((directory: number, path: Place) => number | string) | undefined
  /** Whether nobody has the file behind a descriptor opened for reading open for writing; undefined: it cannot be known. */
  readonly unwritten: ((descriptor: number) => boolean | undefined) | undefined
  /** Writes out the file system that holds the file behind a readable descriptor, off this thread. */
  readonly syncFileSystem: ((descriptor: number) => Promise<string | undefined>) | undefined
  /** Orders the file's bytes before everything written later, without waiting for the disk's own cache. */
  readonly barrier: ((descriptor: number) => string | undefined) | undefined
  /** Takes an exclusive lock on an open file or directory without waiting (flock); it ends when the descriptor is closed. */
  readonly lock: (descriptor: number) => string | undefined
}
