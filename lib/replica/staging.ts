import type { Digest } from '../core/entry.ts'
import { captureHashBytes, chunkBytes, inlineContentBytes } from '../core/limits.ts'
import type { ReadHandle, WriteHandle } from '../ports/disk.ts'
import { inspect, isSameContent } from './inspect.ts'
import { isRefusal } from './refusal.ts'
import type { Hasher } from './hash.ts'
import { createHasher, digest as digestOf } from './hash.ts'
import { parsedSlot } from './slot-name.ts'
import type { FileFacts, Staged } from './slots.ts'
import type { Work } from './work.ts'

/** How far a piece of content got. `wrong`: it is not what it was sent as, or out of order. `full`: the disk refused. */
export type Received = 'more' | 'complete' | 'wrong' | 'full'

export interface Piece {
  readonly digest: Digest
  /** Of the whole content (bytes). */
  readonly size: number
  readonly offset: number
  readonly bytes: Uint8Array
}

/** Contents that can be on their way in at once for one session; the one begun first makes room for another. */
const partsLimit = 16

/** Whole content that no operation asked for is dropped after this (ms): its plan was given up. */
const unusedMs = 3600_000

/** Copied between two pauses (bytes). */
const cloneBytes = 16 * chunkBytes

interface Part {
  readonly slot: string
  readonly size: number
  readonly file: WriteHandle
  readonly hash: Hasher
  written: number
}

/** Content in a slot for one operation. */
export interface Prepared {
  readonly staged: Staged
  /** False: to be flushed before anybody sees it. */
  readonly isDurable: boolean
}

interface Whole extends Prepared {
  readonly at: number
}

/** Gives others a turn. */
export type Pause = () => Promise<void>

/** Whose pieces they are: each session's come in an order of its own, also where several bring the same. */
export type Bringer = object

/** Content of ours in slots: arriving in pieces, or whole and waiting for an operation. */
export class Staging {
  readonly #work: Work
  readonly #parts = new Map<Bringer, Map<Digest, Part>>()
  readonly #whole = new Map<Digest, Whole>()

  constructor(work: Work) {
    this.#work = work
  }

  /** Takes a piece; they come in order. A piece at 0 begins anew. Repeating the whole of complete content is harmless. */
  receive(piece: Piece, by: Bringer = this): Received {
    const { digest, size, offset, bytes } = piece
    if (this.#whole.has(digest)) {
      this.#dropPart(by, digest)
      return 'complete'
    }
    try {
      if (offset === 0) this.#begin(by, digest, size)
      const part = this.#parts.get(by)?.get(digest)
      if (part === undefined || part.written !== offset || part.size !== size || offset + bytes.length > size) {
        this.#dropPart(by, digest)
        return 'wrong'
      }
      part.file.write(bytes)
      part.hash.update(bytes)
      part.written += bytes.length
      return part.written < size ? 'more' : this.#complete(by, digest, part)
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#dropPart(by, digest)
      return 'full'
    }
  }

  /** Takes in content that did not come in pieces: whole, verified, durable. */
  adopt(staged: Staged): void {
    if (this.#whole.has(staged.digest)) return this.#work.slots.discard(staged.slot)
    this.#whole.set(staged.digest, { staged, isDurable: true, at: this.#work.area.clock.now() })
  }

  has(digest: Digest): boolean {
    return this.#whole.has(digest)
  }

  /** Hands out content received before, with the mode and time it shall have; undefined when it is not here. */
  take(facts: FileFacts): Prepared | undefined {
    const whole = this.#whole.get(facts.digest)
    if (whole === undefined) return undefined
    this.#whole.delete(facts.digest)
    return { staged: this.#work.slots.finish(whole.staged, facts), isDurable: whole.isDurable }
  }

  /** Copies content received before, because more than one path wants it. */
  async takeCopy(facts: FileFacts, pause: Pause): Promise<Prepared | undefined> {
    const whole = this.#whole.get(facts.digest)
    if (whole === undefined) return undefined
    const file = this.#work.slots.directory.read(whole.staged.slot)
    try {
      return await this.clone(file, facts, pause)
    } finally {
      file.close()
    }
  }

  /** Small content that came with its operation; undefined when it is not what its digest says. */
  write(bytes: Uint8Array, facts: FileFacts, isDurable: boolean): Prepared | undefined {
    if (digestOf(bytes) !== facts.digest) return undefined
    return { staged: this.#work.slots.write(bytes, facts, isDurable), isDurable }
  }

  /** Copies an open file whose content may be what is wanted: undefined when it is not. */
  async clone(file: ReadHandle, facts: FileFacts, pause: Pause): Promise<Prepared | undefined> {
    const { slots } = this.#work
    const slot = slots.newPart(facts.digest)
    const hash = createHasher()
    let isWhole = false
    const out = slots.directory.create(slot)
    try {
      for (let at = 0; ; at += cloneBytes) {
        const bytes = file.read(at, cloneBytes)
        out.write(bytes)
        hash.update(bytes)
        if (bytes.length < cloneBytes) break
        await pause()
      }
      isWhole = hash.digest() === facts.digest
      if (!isWhole) return undefined
      return { staged: slots.finish({ slot, digest: facts.digest, stat: out.stat() }, facts), isDurable: false }
    } finally {
      out.close()
      if (!isWhole) slots.discard(slot)
    }
  }

  /**
   * Takes back what an operation did not use, if it is still there: kept for another try unless it is quickly sent
   * again. What the disk refuses to drop is dropped at the next start.
   */
  giveBack(prepared: Prepared): void {
    const { slots, area, journal } = this.#work
    const { staged, isDurable } = prepared
    if (journal.isCopying(staged.slot)) return
    try {
      const stat = slots.directory.lookup(staged.slot)
      if (stat === undefined || !isSameContent(stat, staged.stat)) return
      // What has another name, at a path, may be written to there.
      if (stat.links > 1) return slots.drop(staged.slot)
      const isWanted = stat.size > inlineContentBytes && !this.#whole.has(staged.digest)
      // To keep what its times vouch for loses nothing; only bytes allow to drop it.
      if (!this.#isUntouched(staged, isWanted)) return
      if (isWanted) this.#whole.set(staged.digest, { staged, isDurable, at: area.clock.now() })
      else slots.drop(staged.slot)
    } catch (error) {
      if (!isRefusal(error)) throw error
    }
  }

  /**
   * True unless somebody may have written to it while it stood at a path: times can be set back, so its bytes tell, as
   * far as captures are read at once. What was written to is left to the next start, which finds somebody's version in it.
   * @param unread what to say of content too large for that
   */
  #isUntouched({ slot, digest }: Staged, unread: boolean): boolean {
    if (parsedSlot(slot).kind === 'part') return true
    const seen = inspect(this.#work.slots.directory, slot, captureHashBytes)
    if (seen === undefined || seen.unwritten === false) return false
    if (seen.stat.size > captureHashBytes) return unread
    return seen.entry?.kind === 'file' && seen.entry.digest === digest
  }

  /** Drops what nobody asked for. */
  expire(): void {
    const { slots, area } = this.#work
    for (const [digest, { staged, at }] of this.#whole) {
      if (area.clock.now() - at < unusedMs) continue
      this.#whole.delete(digest)
      slots.discard(staged.slot)
    }
  }

  /** A session is gone, and what it was bringing with it. What came whole stays. */
  left(by: Bringer): void {
    for (const digest of [...(this.#parts.get(by)?.keys() ?? [])]) this.#dropPart(by, digest)
  }

  close(): void {
    for (const by of [...this.#parts.keys()]) this.left(by)
  }

  #begin(by: Bringer, digest: Digest, size: number): void {
    this.#dropPart(by, digest)
    const parts = this.#parts.get(by) ?? new Map<Digest, Part>()
    this.#parts.set(by, parts)
    const [oldest] = parts.keys()
    if (parts.size >= partsLimit && oldest !== undefined) this.#dropPart(by, oldest)
    const { slots } = this.#work
    const slot = slots.newPart(digest)
    parts.set(digest, { slot, size, file: slots.directory.create(slot), hash: createHasher(), written: 0 })
  }

  #complete(by: Bringer, digest: Digest, part: Part): Received {
    if (part.hash.digest() !== digest) {
      this.#dropPart(by, digest)
      return 'wrong'
    }
    this.#parts.get(by)?.delete(digest)
    const staged = { slot: part.slot, digest, stat: part.file.stat() }
    part.file.close()
    this.#whole.set(digest, { staged, isDurable: false, at: this.#work.area.clock.now() })
    return 'complete'
  }

  #dropPart(by: Bringer, digest: Digest): void {
    const parts = this.#parts.get(by)
    const part = parts?.get(digest)
    if (part === undefined) return
    parts?.delete(digest)
    if (parts?.size === 0) this.#parts.delete(by)
    part.file.close()
    this.#work.slots.discard(part.slot)
  }
}
