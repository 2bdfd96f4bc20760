import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { messageBytesLimit } from './bounds.ts'
import type { Message } from './message.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import { violation } from './violation.ts'

/** A link that takes more than this (bytes/ms) is as fast as compressing, which would only cost time. */
const fastBytesPerMs = 5000

/** What is shorter (bytes) is not worth a look. */
const leastBytes = 256

/** How much one measurement counts against all before it. */
const weight = 0.3

/** Measures how fast a link takes what is written, and says when it pays to make it less. */
export class Pace {
  #bytesPerMs = Number.POSITIVE_INFINITY
  #since = 0
  #bytes = 0

  /** Bytes were written; when the link has `taken` them all at once it says nothing of its pace. */
  wrote(bytes: number, now: number, taken: boolean): void {
    if (this.#bytes === 0) this.#since = now
    this.#bytes = taken ? 0 : this.#bytes + bytes
  }

  /** The link wants more. */
  drained(now: number): void {
    if (this.#bytes === 0) return
    const measured = this.#bytes / Math.max(now - this.#since, 0.1)
    this.#bytes = 0
    const before = Number.isFinite(this.#bytesPerMs) ? this.#bytesPerMs : measured
    this.#bytesPerMs = before + (measured - before) * weight
  }

  get isSlow(): boolean {
    return this.#bytesPerMs < fastBytesPerMs
  }
}

/** A payload as a message that holds it compressed, when that is shorter. */
export function squeezed(payload: Uint8Array): Uint8Array {
  if (payload.length < leastBytes) return payload
  const deflated = deflateRawSync(payload, { level: 1 })
  return deflated.length < payload.length * 0.9 ? encodeMessage(['squeezed', deflated]) : payload
}

/** The payload and the message in a compressed one. Throws PROTOCOL for what is none, or holds another. */
export function unsqueezed(fields: readonly unknown[]): { readonly payload: Uint8Array; readonly message: Message } {
  const [bytes] = fields
  if (!(bytes instanceof Uint8Array)) throw violation('it sent nothing that was compressed')
  const payload = inflate(bytes)
  const message = decodeMessage(payload)
  if (message[0] === 'squeezed') throw violation('it compressed twice')
  return { payload, message }
}

function inflate(bytes: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: messageBytesLimit })
  } catch (error) {
    throw violation('it sent something compressed that cannot be read', error)
  }
}
