import type { Digest } from '../entry.ts'
import { chunkBytes, chunksInFlight } from '../limits.ts'
import type { ReplicaCommand } from '../messages.ts'
import type { Path } from '../path.ts'
import type { Needs } from './task.ts'

/** Large files on their way at once. */
const transfersAtOnce = 2

interface Transfer {
  readonly digest: Digest
  readonly size: number
  readonly path: Path
  /** Bytes asked for, and bytes passed on. */
  asked: number
  passed: number
  /** Pieces between being asked for and being taken. */
  chunks: number
  mtimeMs: number
}

/** What a piece that arrived is good for. */
export type Piece =
  | { readonly is: 'stage'; readonly command: ReplicaCommand }
  | { readonly is: 'gone'; readonly digest: Digest }
  /** Of a transfer that is over. */
  | { readonly is: 'nothing' }

/** Large content on its way to the receiver's slots, in pieces beside everything else. */
export class Transfers {
  readonly #open = new Map<Digest, Transfer>()
  readonly #requests = new Map<number, { readonly transfer: Transfer; readonly offset: number }>()

  get bytesLeft(): number {
    let bytes = 0
    for (const transfer of this.#open.values()) bytes += transfer.size - transfer.passed
    return bytes
  }

  start({ digest, size, path }: Needs): void {
    if (!this.#open.has(digest))
      this.#open.set(digest, { digest, size, path, asked: 0, passed: 0, chunks: 0, mtimeMs: 0 })
  }

  end(digest: Digest): void {
    this.#open.delete(digest)
  }

  /** Asks for the next pieces. */
  *requests(takeId: () => number): Generator<ReplicaCommand, void, undefined> {
    let moving = 0
    for (const transfer of this.#open.values()) {
      if (moving++ >= transfersAtOnce) return
      while (transfer.chunks < chunksInFlight && transfer.asked < transfer.size) {
        const id = takeId()
        const { digest, path, asked: offset } = transfer
        const length = Math.min(chunkBytes, transfer.size - offset)
        this.#requests.set(id, { transfer, offset })
        transfer.asked += length
        transfer.chunks++
        yield { type: 'read', id, path, digest, offset, length }
      }
    }
  }

  /** A piece arrived; undefined when the answer is none to us. */
  arrived(id: number, bytes: Uint8Array | undefined, mtimeMs: number): Piece | undefined {
    const request = this.#requests.get(id)
    if (request === undefined) return undefined
    this.#requests.delete(id)
    const { transfer, offset } = request
    const { digest, size } = transfer
    // A piece of a transfer that is over says nothing about one begun since.
    if (this.#open.get(digest) !== transfer) return { is: 'nothing' }
    if (bytes === undefined || bytes.length === 0) return { is: 'gone', digest }
    transfer.mtimeMs = mtimeMs
    return { is: 'stage', command: { type: 'stage', digest, size, offset, bytes } }
  }

  /** The receiver took a piece. Returns the time of the source when that was the last one. */
  taken(digest: Digest, isLast: boolean): number | undefined {
    const transfer = this.#open.get(digest)
    if (transfer === undefined) return undefined
    transfer.chunks--
    transfer.passed = Math.min(transfer.size, transfer.passed + chunkBytes)
    if (!isLast) return undefined
    this.#open.delete(digest)
    return transfer.mtimeMs
  }
}
