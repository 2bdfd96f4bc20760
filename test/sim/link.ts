import type { Link, LinkEnd, OutgoingLink } from '../../lib/ports/link.ts'
import type { SimProcess } from './process.ts'
import type { Random } from './random.ts'

export interface SimLinkOptions {
  /** The processes at both ends: one's death is the other's lost link. */
  readonly near: SimProcess
  readonly far: SimProcess
  readonly random: Random
  /** How long bytes are under way (ms), at least and at most. */
  readonly latencyMs?: readonly [number, number]
  /** With more bytes under way than this, `write` asks to wait. */
  readonly queueBytes?: number
}

/** A byte stream between two processes: pieces of any size, in order, until it is cut. */
export class SimLink {
  readonly near: OutgoingLink
  readonly far: Link
  readonly #ends: readonly [End, End]
  readonly #random: Random

  constructor(options: SimLinkOptions) {
    const near = new End(options.near, options)
    const far = new End(options.far, options)
    near.meet(far)
    far.meet(near)
    this.near = near
    this.far = far
    this.#ends = [near, far]
    this.#random = options.random
  }

  /**
   * The wire breaks: what is under way is lost, and each end notices by itself, up to `noticeMs` later; Infinity: never.
   */
  cut(noticeMs = 50): void {
    for (const end of this.#ends) {
      end.lose()
      if (noticeMs !== Infinity)
        end.end({ code: 'TRANSPORT_LOST', why: 'the wire was cut' }, this.#random.fraction() * noticeMs)
    }
  }
}

/** Sums of times are off by less than this. */
const roundingMs = 1e-6

interface Piece {
  readonly bytes: Uint8Array
  /** When it arrives (monotonic ms). */
  readonly due: number
}

class End implements OutgoingLink {
  readonly #process: SimProcess
  readonly #random: Random
  readonly #latencyMs: readonly [number, number]
  readonly #queueBytes: number
  /** What is under way to this end. */
  #incoming: Piece[] = []
  #incomingBytes = 0
  #delivering = false
  #other: End | undefined
  /** The other end asked to wait and must be told. */
  #fullFor: End | undefined
  /** Nothing goes in or out any more. */
  #broken = false
  #ended: LinkEnd | undefined
  #data: ((bytes: Uint8Array) => void) | undefined
  #drain: (() => void) | undefined
  #close: ((end: LinkEnd) => void) | undefined

  constructor(process: SimProcess, options: SimLinkOptions) {
    this.#process = process
    this.#random = options.random
    this.#latencyMs = options.latencyMs ?? [0.1, 2]
    this.#queueBytes = options.queueBytes ?? 64 * 1024
  }

  meet(other: End): void {
    this.#other = other
    this.#process.onDeath(() => this.#hangUp())
  }

  write(bytes: Uint8Array): boolean {
    const other = this.#other
    if (this.#broken || other === undefined || bytes.length === 0) return true
    const [least, most] = this.#latencyMs
    const latency = least + this.#random.fraction() * (most - least)
    other.#accept(bytes.slice(), this.#process.clock.monotonic() + latency)
    if (other.#incomingBytes <= this.#queueBytes) return true
    other.#fullFor = this
    return false
  }

  onOpen(listen: () => void): void {
    listen()
  }

  onData(listen: (bytes: Uint8Array) => void): void {
    this.#data = listen
    this.#start()
  }

  onDrain(listen: () => void): void {
    this.#drain = listen
  }

  onClose(listen: (end: LinkEnd) => void): void {
    this.#close = listen
    if (this.#ended !== undefined) listen(this.#ended)
  }

  close(): void {
    if (this.#broken) return
    this.#hangUp()
    this.lose()
    this.end({ code: 'CLOSED', why: 'the link was closed' }, 0)
  }

  /** What is under way to this end is gone, and nothing more comes or goes. */
  lose(): void {
    this.#broken = true
    this.#incoming = []
    this.#incomingBytes = 0
  }

  /** Tells the process here, once, that the link is over. */
  end(end: LinkEnd, inMs: number): void {
    this.#process.clock.after(inMs, () => {
      if (this.#ended !== undefined) return
      this.lose()
      this.#ended = end
      this.#close?.(end)
    })
  }

  /** The other end hears of it after what was sent before, or loses some of that. */
  #hangUp(): void {
    const other = this.#other
    if (other === undefined || other.#broken) return
    const last = other.#incoming.at(-1)?.due ?? 0
    const now = this.#process.clock.monotonic()
    const whole = this.#random.chance(0.5)
    const inMs = Math.max(0, last - now) + this.#random.fraction() * 5
    if (!whole) other.lose()
    other.end({ code: 'TRANSPORT_LOST', why: 'the other end hung up' }, inMs)
  }

  #accept(bytes: Uint8Array, due: number): void {
    if (this.#broken) return
    this.#incoming.push({ bytes, due: Math.max(due, this.#incoming.at(-1)?.due ?? 0) })
    this.#incomingBytes += bytes.length
    this.#start()
  }

  #start(): void {
    const first = this.#incoming[0]
    if (this.#delivering || first === undefined || this.#data === undefined) return
    this.#delivering = true
    const { clock } = this.#process
    clock.after(Math.max(0, first.due - clock.monotonic()), () => this.#deliver())
  }

  /** Hands over what has arrived, in a piece that ends anywhere. */
  #deliver(): void {
    this.#delivering = false
    const now = this.#process.clock.monotonic()
    const later = this.#incoming.findIndex(piece => piece.due > now + roundingMs)
    const arrived = this.#incoming.splice(0, later < 0 ? this.#incoming.length : later)
    const all = joined(arrived)
    if (all.length === 0) return this.#start()
    const length = this.#random.chance(0.6) ? all.length : this.#random.between(1, all.length)
    if (length < all.length) this.#incoming.unshift({ bytes: all.slice(length), due: now + this.#random.fraction() })
    this.#incomingBytes -= length
    this.#start()
    this.#data?.(all.subarray(0, length))
    this.#relieve()
  }

  #relieve(): void {
    const waiting = this.#fullFor
    if (waiting === undefined || this.#incomingBytes > this.#queueBytes / 2) return
    this.#fullFor = undefined
    waiting.#process.clock.soon(() => waiting.#drain?.())
  }
}

function joined(pieces: readonly Piece[]): Uint8Array {
  const only = pieces[0]
  if (only !== undefined && pieces.length === 1) return only.bytes
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.bytes.length, 0))
  let at = 0
  for (const { bytes } of pieces) {
    all.set(bytes, at)
    at += bytes.length
  }
  return all
}
