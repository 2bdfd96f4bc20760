import { codeOf } from '../core/errors.ts'
import type { DirectoryHandle, ReadHandle, WriteHandle } from '../ports/disk.ts'

/** Read and written at once (bytes): a few hundred lines. */
const pieceBytes = 64 * 1024

/** A longer line is damage (bytes): a path and a link target escaped in full take 50 KB. */
const lineBytesLimit = 256 * 1024

const newLine = 0x0a
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** How long work lets others have a turn, and writes much at once. */
export interface Turns {
  readonly pause: () => Promise<void>
  readonly flush: () => Promise<void>
}

/**
 * A file of ours with one JSON value a line, written at its end. Each line has a newline on both sides, so that one torn
 * by a crash, a full disk or a power cut, which may leave zeros, spoils no other. What cannot be understood is skipped.
 */
export class LineFile<T> {
  readonly #directory: DirectoryHandle
  readonly #name: string
  readonly #revive: (value: unknown) => T | undefined
  #out: WriteHandle | undefined
  #isNamed = false

  /** @param revive makes a value of what was parsed; undefined when it is not one */
  constructor(directory: DirectoryHandle, name: string, revive: (value: unknown) => T | undefined) {
    this.#directory = directory
    this.#name = name
    this.#revive = revive
  }

  /** Adds a line. @returns its length in bytes */
  append(value: T): number {
    this.#out ??= this.#directory.append(this.#name)
    const line = encoder.encode(asLine(value))
    this.#out.write(line)
    return line.length
  }

  /** Everything appended so far is on the disk when this returns, the file's name too. */
  sync(): void {
    if (this.#out === undefined) return
    this.#out.sync()
    if (!this.#isNamed) this.#directory.sync()
    this.#isNamed = true
  }

  /**
   * All values, oldest first, in lists that may be empty, so that a caller can pause between them.
   * @param from where a line begins (bytes) @param until where one ends
   */
  *forward(from = 0, until = Infinity): Generator<readonly T[], void, undefined> {
    const file = this.#open()
    if (file === undefined) return
    try {
      const end = Math.min(file.stat().size, until)
      let rest: Uint8Array = new Uint8Array(0)
      for (let at = from; at < end;) {
        const piece = file.read(at, Math.min(pieceBytes, end - at))
        if (piece.length === 0) break
        at += piece.length
        const joined = concatenated(rest, piece)
        const cut = at < end ? joined.lastIndexOf(newLine) : joined.length
        rest = cut < 0 ? bounded(joined) : joined.slice(cut)
        yield cut < 0 ? [] : this.#values(joined.subarray(0, cut))
      }
    } finally {
      file.close()
    }
  }

  /** All values, newest first, reading only as far as the caller goes on asking. */
  *backward(): Generator<T, void, undefined> {
    const file = this.#open()
    if (file === undefined) return
    try {
      let rest: Uint8Array = new Uint8Array(0)
      for (let at = file.stat().size; at > 0;) {
        const length = Math.min(pieceBytes, at)
        at -= length
        const joined = concatenated(file.read(at, length), rest)
        const cut = at > 0 ? joined.indexOf(newLine) : 0
        rest = cut < 0 ? bounded(joined) : joined.slice(0, cut)
        if (cut >= 0) yield* this.#values(joined.subarray(cut)).toReversed()
      }
    } finally {
      file.close()
    }
  }

  /**
   * Writes the file anew without the values that `keeps` refuses, and replaces it in one step. What is appended
   * meanwhile is kept.
   */
  async rewrite(keeps: (value: T) => boolean, turns: Turns): Promise<void> {
    const until = this.#size()
    const out = this.#createNew()
    try {
      for (const values of this.forward(0, until)) {
        writeAll(out, values.filter(keeps))
        await turns.pause()
      }
      await turns.flush()
      // From here on nothing else runs, so nothing is appended between the last look and the rename.
      for (const values of this.forward(until)) writeAll(out, values)
      out.sync()
    } finally {
      out.close()
    }
    this.#putInPlace()
  }

  /** Writes the file anew with these values, durable, in one step and without a pause: for few. */
  renew(values: readonly T[]): void {
    const out = this.#createNew()
    try {
      writeAll(out, values)
      out.sync()
    } finally {
      out.close()
    }
    this.#putInPlace()
  }

  /** Begins anew with nothing in it. */
  clear(): void {
    this.close()
    if (this.#directory.lookup(this.#name) !== undefined) this.#directory.unlink(this.#name)
    this.#isNamed = false
  }

  close(): void {
    this.#out?.close()
    this.#out = undefined
  }

  get #newName(): string {
    return `${this.#name}.new`
  }

  #createNew(): WriteHandle {
    if (this.#directory.lookup(this.#newName) !== undefined) this.#directory.unlink(this.#newName)
    return this.#directory.create(this.#newName)
  }

  #putInPlace(): void {
    this.close()
    this.#directory.rename(this.#newName, this.#directory, this.#name, 'replace')
    this.#directory.sync()
    this.#isNamed = true
  }

  #size(): number {
    return this.#directory.lookup(this.#name)?.size ?? 0
  }

  #open(): ReadHandle | undefined {
    try {
      return this.#directory.read(this.#name)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
      return undefined
    }
  }

  #values(bytes: Uint8Array): T[] {
    const values: T[] = []
    for (const line of decoder.decode(bytes).split('\n')) {
      const value = line === '' ? undefined : this.#revive(parsed(line))
      if (value !== undefined) values.push(value)
    }
    return values
  }
}

function asLine(value: unknown): string {
  return `\n${JSON.stringify(value)}\n`
}

function writeAll(out: WriteHandle, values: readonly unknown[]): void {
  if (values.length > 0) out.write(encoder.encode(values.map(asLine).join('')))
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}

function concatenated(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}

/** What is left of a line without an end: nothing once it is too long to be one. */
function bounded(bytes: Uint8Array): Uint8Array {
  return bytes.length > lineBytesLimit ? new Uint8Array(0) : bytes
}
