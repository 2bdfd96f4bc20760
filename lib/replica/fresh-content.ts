import type { FileEntry } from '../core/entry.ts'
import type { Path } from '../core/path.ts'
import type { DirectoryHandle, ReadHandle, Stat } from '../ports/disk.ts'
import type { Hasher } from './hash.ts'
import { createHasher } from './hash.ts'
import { moved } from './look.ts'

/** Read at once (bytes; 0.2 ms of hashing): other work waits no longer for a turn. */
const pieceBytes = 256 * 1024

/** A file that moves under the reader is read this often before it counts as being written. */
const readingsLimit = 3

/** What may still be read before the answer goes out. */
export interface Room {
  /** Bytes; may end a little below zero. */
  bytes: number
  /** Lets everything else have its turn. Throws when nobody wants the answer any more. */
  readonly pause: () => Promise<void>
}

/** A file as it was read: `more` of it does not fit into this answer, `busy`: somebody writes to it. */
export type Fresh = { readonly entry: FileEntry; readonly isOpen: boolean } | 'more' | 'busy'

/** A file read in part. */
interface Part {
  readonly path: Path
  readonly stat: Stat
  readonly hasher: Hasher
  offset: number
}

/** Reads files from the disk in pieces, whatever is known of them, and goes on with a large one from answer to answer. */
export class FreshContent {
  #unfinished: Part | undefined

  async read(
    directory: DirectoryHandle,
    at: { readonly path: Path; readonly name: string },
    room: Room,
  ): Promise<Fresh> {
    for (let reading = 0; reading < readingsLimit; reading++) {
      const file = directory.read(at.name)
      try {
        const fresh = await this.#read(file, at.path, room)
        if (fresh !== undefined) return fresh
      } finally {
        file.close()
      }
    }
    return 'busy'
  }

  /** Undefined: it moved while it was read. */
  async #read(file: ReadHandle, path: Path, room: Room): Promise<Fresh | undefined> {
    const before = file.stat()
    const part = this.#partOf(path, before)
    while (part.offset < before.size) {
      if (room.bytes <= 0) {
        this.#unfinished = part
        return 'more'
      }
      const bytes = file.read(part.offset, Math.min(pieceBytes, before.size - part.offset))
      if (bytes.length === 0) return undefined
      part.hasher.update(bytes)
      part.offset += bytes.length
      room.bytes -= bytes.length
      await room.pause()
    }
    const isOpen = file.unwritten() === false
    const stat = file.stat()
    if (moved(before, stat)) return undefined
    const entry: FileEntry = { kind: 'file', mode: stat.mode & 0o777, digest: part.hasher.digest(), size: part.offset }
    return { entry, isOpen }
  }

  #partOf(path: Path, stat: Stat): Part {
    const known = this.#unfinished
    this.#unfinished = undefined
    if (known?.path === path && !moved(known.stat, stat)) return known
    return { path, stat, hasher: createHasher(), offset: 0 }
  }
}
