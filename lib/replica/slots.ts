import type { Digest, FileEntry, SymlinkEntry } from '../core/entry.ts'
import { invariant } from '../core/errors.ts'
import { chunkBytes } from '../core/limits.ts'
import type { Path } from '../core/path.ts'
import { toBytes } from '../core/path.ts'
import type { DirectoryHandle, Stat } from '../ports/disk.ts'
import type { Seen } from './inspect.ts'
import { digest } from './hash.ts'
import { isRefusal } from './refusal.ts'
import type { SlotKind } from './slot-name.ts'
import { parsedSlot, slotName } from './slot-name.ts'
import type { WorkArea } from './work-area.ts'

/** Content of ours in a slot, verified. */
export interface Staged {
  readonly slot: string
  readonly digest: Digest
  /** As it was after the last thing we did to it. */
  readonly stat: Stat
}

export interface FileFacts {
  readonly digest: Digest
  readonly mode: number
  /** What its time becomes; the moment of writing unless given (ms since 1970). */
  readonly mtimeMs: number | undefined
}

/** See `SlotKind`. */
export class Slots {
  readonly directory: DirectoryHandle
  readonly #area: WorkArea

  constructor(area: WorkArea) {
    this.#area = area
    this.directory = area.slots
    for (const { name } of area.slots.list()) area.continueAfter(parsedSlot(name).id)
  }

  /** A slot for content on its way in. */
  newPart(digest: Digest): string {
    return this.#newName('part', digest, '')
  }

  /** A slot for content that another program writes. */
  newLane(digest: Digest): string {
    return this.#newName('lane', digest, '')
  }

  /** A slot for what stands at a path. */
  newOut(path: Path): string {
    return this.#newName('out', '', path)
  }

  /**
   * Writes content whose digest was checked into a `part` slot.
   * @param durable true: it is on the disk when this returns; else the caller flushes before anybody sees it
   */
  write(bytes: Uint8Array, facts: FileFacts, durable: boolean): Staged {
    const slot = this.newPart(facts.digest)
    const file = this.directory.create(slot)
    try {
      for (let at = 0; at < bytes.length; at += writeBytes) file.write(bytes.subarray(at, at + writeBytes))
      if (this.#area.abilities.modes) file.setMode(facts.mode & 0o777)
      if (facts.mtimeMs !== undefined) file.setTimes(facts.mtimeMs)
      if (durable) file.sync()
      return { slot, digest: facts.digest, stat: file.stat() }
    } catch (error) {
      this.discard(slot)
      throw error
    } finally {
      file.close()
    }
  }

  /** What was written to a slot without `durable` is on the disk when this returns; a slot of which the disk will not say so is dropped. */
  sync(slot: string): void {
    const file = this.directory.read(slot)
    try {
      file.sync()
    } catch (error) {
      this.discard(slot)
      throw error
    } finally {
      file.close()
    }
  }

  /** Gives a received slot its mode and time. */
  finish(staged: Staged, facts: FileFacts): Staged {
    if (this.#area.abilities.modes) this.directory.setMode(staged.slot, facts.mode & 0o777)
    if (facts.mtimeMs !== undefined) this.directory.setTimes(staged.slot, facts.mtimeMs)
    return { ...staged, stat: this.directory.lookup(staged.slot) ?? staged.stat }
  }

  touch(staged: Staged, mtimeMs: number): Staged {
    this.directory.setTimes(staged.slot, mtimeMs)
    return { ...staged, stat: this.#present(staged.slot) }
  }

  /** Makes a link in a slot, to be swapped with what stands at a path. */
  writeLink(entry: SymlinkEntry, path: Path): Staged {
    const digest = linkDigest(entry.target)
    const slot = this.#newName('link', digest, path)
    this.directory.symlink(slot, entry.target)
    return { slot, digest, stat: this.#present(slot) }
  }

  /** From now on the slot may be swapped with what stands at a path, somebody's: never delete it by its name alone. */
  confirm(staged: Staged, path: Path): Staged {
    const named = parsedSlot(staged.slot)
    if (named.kind !== 'part' && named.path === path) return staged
    const slot = this.#newName('in', staged.digest, path)
    this.#area.move(this.directory, staged.slot, this.directory, slot)
    return { ...staged, slot }
  }

  /** Deletes what is known to be ours. */
  drop(slot: string): void {
    this.directory.unlink(slot)
  }

  /** Deletes what is ours, or leaves it to the next start where the disk refuses. */
  discard(slot: string): void {
    try {
      this.drop(slot)
    } catch (error) {
      if (!isRefusal(error)) throw error
    }
  }

  /** True when the slot holds what its name says: content of ours, that may be deleted. */
  isOwn(slot: string, seen: Seen): boolean {
    const { kind, digest } = parsedSlot(slot)
    if (kind === 'part' || kind === 'lane') return true
    if (kind === 'in') return seen.entry?.kind === 'file' && seen.entry.digest === digest
    return kind === 'link' && seen.entry?.kind === 'symlink' && linkDigest(seen.entry.target) === digest
  }

  /** Copies a file of ours, or one that others can still write to, into a `part` slot, byte by byte. */
  copy(from: DirectoryHandle, name: string, entry: FileEntry, mtimeMs: number): Staged | undefined {
    const file = from.read(name)
    try {
      if (file.stat().size !== entry.size) return undefined
      const bytes = file.read(0, entry.size)
      return digest(bytes) === entry.digest
        ? this.write(bytes, { digest: entry.digest, mode: entry.mode, mtimeMs }, true)
        : undefined
    } finally {
      file.close()
    }
  }

  #newName(kind: SlotKind, digest: Digest, path: Path): string {
    return slotName({ kind, digest, id: this.#area.newId(), path }, this.#area.nameBytes)
  }

  #present(slot: string): Stat {
    const stat = this.directory.lookup(slot)
    invariant(stat !== undefined, `The slot ${slot} is there: nobody else works in this area`)
    return stat
  }
}

/** Written at once (bytes). */
const writeBytes = 16 * chunkBytes

function linkDigest(target: string): Digest {
  return digest(toBytes(target))
}
