import { closeSync, fdatasyncSync, fstatSync, fsync, fsyncSync } from 'node:fs'
import { promisify } from 'node:util'
import { codeOf } from '../../core/errors.ts'
import { translated } from './errors.ts'

const fsyncBehind = promisify(fsync)

/** Descriptors that may wait for a flush. */
const waitingLimit = 64

/** Opens for reading what a descriptor opened for writing is of; `path` is where it was made. */
export type Reopen = (descriptor: number, path: string) => number

/**
 * What was written since the last flush, for systems without syncfs: a descriptor for each file and directory, because
 * a name may be another file's by then. For reading only, because a file that is open for writing cannot be run
 * (ETXTBSY) and counts as not yet saved.
 */
export class Unsynced {
  /** Goes up with every flush: whoever reported a directory before must report it again. */
  round = 0
  readonly #reopen: Reopen
  readonly #waiting = new Map<string, number>()

  constructor(reopen: Reopen) {
    this.#reopen = reopen
  }

  /** Takes over the descriptor of what is written or about to be. One more than can wait is synced at once. */
  add(descriptor: number): void {
    const identity = identityOf(descriptor)
    if (this.#waiting.size < waitingLimit && !this.#waiting.has(identity)) {
      this.#waiting.set(identity, descriptor)
      return
    }
    try {
      if (!this.#waiting.has(identity)) fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }

  /** Takes over the descriptor of a file that was written. */
  addWritten(descriptor: number, path: string): void {
    try {
      const readable = this.#readable(descriptor, path)
      if (readable === undefined) fdatasyncSync(descriptor)
      else this.add(readable)
    } finally {
      closeSync(descriptor)
    }
  }

  /** Undefined when it may not be read, or another file has its name. */
  #readable(descriptor: number, path: string): number | undefined {
    try {
      const readable = this.#reopen(descriptor, path)
      if (identityOf(readable) === identityOf(descriptor)) return readable
      closeSync(readable)
    } catch (error) {
      if (codeOf(error) === undefined) throw error
    }
    return undefined
  }

  /** Syncs all, off this thread; the first failure is thrown after the rest was tried. `path` is for its message. */
  async flush(path: string): Promise<void> {
    this.round++
    const descriptors = [...this.#waiting.values()]
    this.#waiting.clear()
    const failures: unknown[] = []
    for (const descriptor of descriptors) {
      try {
        await fsyncBehind(descriptor)
      } catch (error) {
        failures.push(error)
      } finally {
        closeSync(descriptor)
      }
    }
    if (failures.length > 0) throw translated(failures[0], 'make durable', path)
  }

  /** Lets go of everything: without a flush nothing was promised. */
  close(): void {
    for (const descriptor of this.#waiting.values()) closeSync(descriptor)
    this.#waiting.clear()
  }
}

function identityOf(descriptor: number): string {
  const { dev, ino } = fstatSync(descriptor)
  return `${dev}:${ino}`
}
