import type { Digest } from '../entry.ts'
import { chunkBytes, chunksInFlight } from '../limits.ts'
import type { ReplicaCommand } from '../messages.ts'
import type { Path } from '../path.ts'
import type { Needs } from './task.ts'

/** Large files on their way at once, each way of going by itself. */
const transfersAtOnce = 2

/** Contents remembered as having failed on the lane. */
const refusedLimit = 1000

/** `pieces`: asked of the sender and passed on · `lane`: carried by a connection of its own. */
type Way = 'pieces' | 'lane'

interface Transfer {
  readonly digest: Digest
  readonly size: number
  readonly path: Path
  readonly way: Way
  /** A conflict's copy wants it, whatever becomes of tasks. */
  isKept: boolean
  /** Bytes asked for, and bytes passed on. */
  asked: number
  passed: number
  /** Pieces between being asked for and being taken. */
  chunks: number
  mtimeMs: number
  isCarried: boolean
}

/** What a piece that arrived is good for. */
export type Piece =
  | { readonly is: 'stage'; readonly command: ReplicaCommand }
  /** The sender still has the content, and its time is known: the lane may carry it. */
  | { readonly is: 'carry'; readonly needs: Needs }
  | { readonly is: 'gone'; readonly digest: Digest }
  /** Of a transfer that is over. */
  | { readonly is: 'nothing' }

/** Large content on its way to the receiver's slots, beside everything else. */
export class Transfers {
  readonly #laneBytes: number
  readonly #open = new Map<Digest, Transfer>()
  readonly #requests = new Map<number, { readonly transfer: Transfer; readonly offset: number }>()
  /** What the lane did not bring goes in pieces from then on: no content may be stuck. */
  readonly #refused = new Set<Digest>()

  constructor(laneBytes: number) {
    this.#laneBytes = laneBytes
  }

  get bytesLeft(): number {
    let bytes = 0
    for (const transfer of this.#open.values()) bytes += transfer.size - transfer.passed
    return bytes
  }

  /** @param isKept whatever becomes of tasks: a conflict's copy needs it */
  start({ digest, size, path }: Needs, isKept = false): void {
    const open = this.#open.get(digest)
    if (open !== undefined) {
      open.isKept ||= isKept
      return
    }
    const way = size >= this.#laneBytes && !this.#refused.has(digest) ? 'lane' : 'pieces'
    const counts = { asked: 0, passed: 0, chunks: 0, mtimeMs: 0, isCarried: false }
    this.#open.set(digest, { digest, size, path, way, isKept, ...counts })
  }

  end(digest: Digest): void {
    this.#open.delete(digest)
  }

  /** It did not come as it should: the next time it goes in pieces, if the lane was to bring it. */
  failed(digest: Digest): void {
    if (this.#open.get(digest)?.way === 'lane') this.#refuse(digest)
    this.end(digest)
  }

  /** The lane does not bring it: it begins anew, in pieces. */
  notCarried(digest: Digest): void {
    const transfer = this.#open.get(digest)
    if (transfer?.way !== 'lane') return
    this.#refuse(digest)
    this.end(digest)
    this.start(transfer, transfer.isKept)
  }

  carrying(digest: Digest, bytes: number): void {
    const transfer = this.#open.get(digest)
    if (transfer?.way === 'lane') transfer.passed = Math.min(bytes, transfer.size)
  }

  /** Ends what the lane is bringing and nobody wants any more. */
  endUnwanted(isWanted: (needs: Needs) => boolean): readonly Digest[] {
    const ended: Digest[] = []
    for (const transfer of this.#open.values()) {
      if (transfer.isCarried && !transfer.isKept && !isWanted(transfer)) ended.push(transfer.digest)
    }
    for (const digest of ended) this.end(digest)
    return ended
  }

  /** Asks for the next pieces; of what the lane shall bring for one byte, which tells its time and that it is there. */
  *requests(takeId: () => number): Generator<ReplicaCommand, void, undefined> {
    const moving = { pieces: 0, lane: 0 }
    for (const transfer of this.#open.values()) {
      if (moving[transfer.way]++ >= transfersAtOnce) continue
      const end = transfer.way === 'lane' ? 1 : transfer.size
      while (transfer.chunks < chunksInFlight && transfer.asked < end) {
        const id = takeId()
        const { digest, path, asked: offset } = transfer
        const length = Math.min(chunkBytes, end - offset)
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
    const { digest, size, path } = transfer
    // A piece of a transfer that is over says nothing about one begun since.
    if (this.#open.get(digest) !== transfer) return { is: 'nothing' }
    if (bytes === undefined || bytes.length === 0) {
      this.end(digest)
      return { is: 'gone', digest }
    }
    transfer.mtimeMs = mtimeMs
    if (transfer.way === 'pieces') return { is: 'stage', command: { type: 'stage', digest, size, offset, bytes } }
    transfer.isCarried = true
    return { is: 'carry', needs: { digest, size, path } }
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

  #refuse(digest: Digest): void {
    if (this.#refused.size >= refusedLimit) this.#refused.clear()
    this.#refused.add(digest)
  }
}
