import { guestPieceBytes, guestRequestBytes, newsBytes } from './bounds.ts'
import type { Codec } from './codec.ts'
import { bytes, choice, flag, record, size, union, words } from './codec.ts'

/*
 * A guest is somebody who runs a command on the agent's host. Its requests travel to the hub, whose session drives the
 * root, and the replies back, beside all that the session and the replica say to each other. Parameters and replies are
 * JSON, which neither the agent nor this layer reads.
 */

export interface GuestRequest {
  /** Of the program that asks: another version than the hub's is told so. */
  readonly version: string
  readonly verb: string
  /** JSON. */
  readonly parameters: string
}

/** Any number of events, then one result or error. `json` is what the hub said, to be believed by nobody. */
export interface GuestReply {
  readonly what: 'event' | 'result' | 'error'
  readonly json: string
}

/** From the agent: a request, and that whoever asked is gone. */
export type GuestWord =
  | {
      readonly type: 'guest'
      readonly id: number
      readonly version: string
      readonly verb: string
      readonly parameters: Uint8Array
    }
  | { readonly type: 'guest-gone'; readonly id: number }

export const guestWord: Codec<GuestWord> = union('type', {
  guest: record({ id: size, version: words, verb: words, parameters: bytes(guestRequestBytes) }),
  'guest-gone': record({ id: size }),
})

/** From the hub, in the lane of pieces: a piece of a reply, and what its agent is to know while the hub is away. */
export type HostWord =
  | {
      readonly type: 'guest-reply'
      readonly id: number
      readonly what: GuestReply['what']
      readonly piece: Uint8Array
      readonly isLast: boolean
    }
  | { readonly type: 'news'; readonly piece: Uint8Array; readonly isLast: boolean }

export const hostWord: Codec<HostWord> = union('type', {
  'guest-reply': record({
    id: size,
    what: choice('event', 'result', 'error'),
    piece: bytes(guestPieceBytes),
    isLast: flag,
  }),
  news: record({ piece: bytes(guestPieceBytes), isLast: flag }),
})

/** A text in pieces, at least one. */
export function* piecesOf(text: string): Generator<{ readonly piece: Uint8Array; readonly isLast: boolean }> {
  const whole = Buffer.from(text, 'utf8')
  let at = 0
  do {
    const piece = whole.subarray(at, at + guestPieceBytes)
    at += guestPieceBytes
    yield { piece, isLast: at >= whole.length }
  } while (at < whole.length)
}

/** Puts pieces together again. */
export class PieceJoiner {
  readonly #limit: number
  #pieces: Uint8Array[] = []
  #bytes = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The text once it is whole; `long` when it is longer than the limit. */
  push(piece: Uint8Array, isLast: boolean): { readonly text: string } | 'long' | undefined {
    this.#bytes += piece.length
    if (this.#bytes > this.#limit) return 'long'
    this.#pieces.push(piece)
    if (!isLast) return undefined
    const text = Buffer.concat(this.#pieces).toString('utf8')
    this.#pieces = []
    this.#bytes = 0
    return { text }
  }
}

export const newsJoiner = (): PieceJoiner => new PieceJoiner(newsBytes)
