import { closeSync, fchmodSync, fdatasyncSync, fstatSync, futimesSync, readSync, writeSync } from 'node:fs'
import { SyncError } from '../../core/errors.ts'
import type { ReadHandle, Stat, WriteHandle } from '../../ports/disk.ts'
import { attempt, diskError } from './errors.ts'
import type { Native } from './native-calls.ts'
import { shown } from './names.ts'
import { modeFor, statFrom, timeFrom } from './stat.ts'
import type { Unsynced } from './unsynced.ts'

/** A descriptor that belongs to one owner, who may not use it once it is closed: its number is another file's by then. */
export class OwnDescriptor {
  readonly path: string
  #number: number

  constructor(number: number, path: string) {
    this.#number = number
    this.path = path
  }

  get number(): number {
    if (this.#number < 0)
      throw new SyncError('INVARIANT', `Cannot use ${shown(this.path)}: it was closed`, { verdict: 'bug' })
    return this.#number
  }

  get isOpen(): boolean {
    return this.#number >= 0
  }

  /** Gives up the descriptor: the caller closes it. */
  release(): number {
    const number = this.number
    this.#number = -1
    return number
  }

  close(): void {
    if (this.isOpen) closeSync(this.release())
  }
}

/** A regular file open for reading. */
export class OpenForReading implements ReadHandle {
  readonly #own: OwnDescriptor
  readonly #native: Native | undefined

  constructor(descriptor: number, path: string, native: Native | undefined) {
    this.#own = new OwnDescriptor(descriptor, path)
    this.#native = native
  }

  get descriptor(): number {
    return this.#own.number
  }

  stat(): Stat {
    return attempt('examine', this.#own.path, () => statFrom(fstatSync(this.#own.number)))
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    let filled = 0
    attempt('read', this.#own.path, () => {
      while (filled < length) {
        const count = readSync(this.#own.number, bytes, filled, length - filled, offset + filled)
        if (count === 0) break
        filled += count
      }
    })
    return filled === length ? bytes : bytes.subarray(0, filled)
  }

  unwritten(): boolean | undefined {
    return this.#native?.unwritten?.(this.#own.number)
  }

  sync(): void {
    makeDurable(this.#own, this.#native)
  }

  close(): void {
    this.#own.close()
  }
}

export interface WritingParts {
  readonly native: Native | undefined
  /** Takes over the descriptor of what is closed without having been synced. */
  readonly unsynced: Unsynced | undefined
}

/** A regular file open for writing at its end. */
export class OpenForWriting implements WriteHandle {
  readonly #own: OwnDescriptor
  readonly #parts: WritingParts
  #synced = false
  /** Mode or times were set: `sync` leaves those to the next flush. */
  #touched = false

  constructor(descriptor: number, path: string, parts: WritingParts) {
    this.#own = new OwnDescriptor(descriptor, path)
    this.#parts = parts
  }

  write(bytes: Uint8Array): void {
    this.#synced = false
    attempt('write', this.#own.path, () => {
      let written = 0
      while (written < bytes.length) written += writeSync(this.#own.number, bytes, written, bytes.length - written)
    })
  }

  /** After a failure the bytes may be gone though a second call succeeds: write the file anew. */
  sync(): void {
    makeDurable(this.#own, this.#parts.native)
    this.#synced = true
  }

  setMode(mode: number): void {
    this.#touched = true
    attempt('set the mode of', this.#own.path, () => fchmodSync(this.#own.number, modeFor('file', 0, mode)))
  }

  setTimes(mtimeMs: number): void {
    this.#touched = true
    attempt('set the time of', this.#own.path, () => {
      futimesSync(this.#own.number, fstatSync(this.#own.number).atimeMs / 1000, timeFrom(mtimeMs))
    })
  }

  stat(): Stat {
    return attempt('examine', this.#own.path, () => statFrom(fstatSync(this.#own.number)))
  }

  close(): void {
    const { unsynced } = this.#parts
    if ((this.#synced && !this.#touched) || unsynced === undefined || !this.#own.isOpen) return this.#own.close()
    const { path } = this.#own
    attempt('make durable', path, () => unsynced.addWritten(this.#own.release(), path))
  }
}

function makeDurable({ number, path }: OwnDescriptor, native: Native | undefined): void {
  if (native?.barrier === undefined) return attempt('make durable', path, () => fdatasyncSync(number))
  const failure = native.barrier(number)
  if (failure !== undefined) throw diskError(failure, 'make durable', path)
}
