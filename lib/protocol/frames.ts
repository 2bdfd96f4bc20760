import { frameBytesLimit } from '../core/limits.ts'
import { violation } from './violation.ts'

/** Before each payload, big-endian: its length, the epoch of the connection, the frame's number. */
export const frameHeaderBytes = 12

/** One frame with its header. `sequence` counts from 0 in each direction and wraps at 2^32. */
export function encodeFrame(payload: Uint8Array, epoch: number, sequence: number): Buffer {
  const frame = Buffer.allocUnsafe(frameHeaderBytes + payload.length)
  frame.writeUInt32BE(payload.length, 0)
  frame.writeUInt32BE(epoch, 4)
  frame.writeUInt32BE(sequence, 8)
  frame.set(payload, frameHeaderBytes)
  return frame
}

/**
 * Takes a byte stream apart into payloads, wherever it was cut. A frame is refused by its header, before room is made
 * for it, when it is empty, too long, of another epoch, repeated or not the next.
 */
export class FrameReader {
  readonly #epoch: number
  readonly #limit: number
  readonly #header = Buffer.alloc(frameHeaderBytes)
  /** Bytes gathered of the header or, once `#payload` is there, of the payload. */
  #gathered = 0
  #payload: Uint8Array | undefined
  #sequence = 0

  constructor(epoch: number, limit: number = frameBytesLimit) {
    this.#epoch = epoch
    this.#limit = limit
  }

  /** The payloads that these bytes complete. A payload may be a view of `bytes`: copy what is kept. Throws PROTOCOL. */
  *read(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
    let at = 0
    while (at < bytes.length) {
      if (this.#payload === undefined) {
        at += this.#gather(this.#header, bytes, at)
        if (this.#gathered < frameHeaderBytes) return
        const length = this.#acceptHeader()
        this.#gathered = 0
        if (bytes.length - at >= length) {
          yield bytes.subarray(at, at + length)
          at += length
        } else this.#payload = Buffer.allocUnsafe(length)
        continue
      }
      at += this.#gather(this.#payload, bytes, at)
      if (this.#gathered < this.#payload.length) return
      const payload = this.#payload
      this.#payload = undefined
      this.#gathered = 0
      yield payload
    }
  }

  #gather(into: Uint8Array, bytes: Uint8Array, at: number): number {
    const count = Math.min(into.length - this.#gathered, bytes.length - at)
    into.set(bytes.subarray(at, at + count), this.#gathered)
    this.#gathered += count
    return count
  }

  /** Checks the gathered header and returns the length of its payload. */
  #acceptHeader(): number {
    const length = this.#header.readUInt32BE(0)
    const epoch = this.#header.readUInt32BE(4)
    const sequence = this.#header.readUInt32BE(8)
    if (length === 0 || length > this.#limit)
      throw violation(`it announced a frame of ${length} bytes; the limit is ${this.#limit}`)
    if (epoch !== this.#epoch)
      throw violation(`it sent a frame of epoch ${epoch} on a connection of epoch ${this.#epoch}`)
    if (sequence !== this.#sequence) throw violation(`it sent frame ${sequence} where frame ${this.#sequence} was due`)
    this.#sequence = (sequence + 1) >>> 0
    return length
  }
}
