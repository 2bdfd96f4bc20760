import { SyncError } from '../core/errors.ts'
import { sliceMs } from '../core/limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { Link } from '../ports/link.ts'
import { bulkWindowBytes, messageBytesLimit, partBytes, queuedMessagesLimit } from './bounds.ts'
import { encodeFrame } from './frames.ts'
import type { Message } from './message.ts'
import { encodeMessage } from './message.ts'
import { Pace, squeezed } from './squeeze.ts'
import { Throttle } from './throttle.ts'
import { violation } from './violation.ts'

export interface OutboxOptions {
  readonly clock: Clock
  readonly epoch: number
  /** What could not be sent: the connection is over. */
  failed(error: unknown): void
}

/**
 * What waits to be written, in three lanes. `urgent`: heartbeats and credit, before all else. `ordered`: commands and
 * events, one stream. `pieces`: contents of large files, only when the other lanes are empty, and no more of them on
 * their way than the other end has credited, so that a small message never waits behind a file. Messages are encoded
 * when the link takes them, so a long row of them costs no memory, and compressed while the link is slower than that.
 */
export class Outbox {
  readonly #link: Link
  readonly #options: OutboxOptions
  readonly #urgent: Message[] = []
  readonly #ordered: Iterable<Message | undefined>[] = []
  readonly #pieces: Uint8Array[] = []
  /** The message series being sent, and the parts of its present message that were not sent yet. */
  #series: Iterator<Message | undefined> | undefined
  #parts: Iterator<Uint8Array> | undefined
  readonly #pace = new Pace()
  #throttle: Throttle | undefined
  #cancelWait = (): void => {}
  #sequence = 0
  #uncredited = 0
  #piecesWaiting = 0
  #scheduled = false
  #blocked = false
  #closed = false

  constructor(link: Link, options: OutboxOptions) {
    this.#link = link
    this.#options = options
    link.onDrain(() => {
      this.#blocked = false
      this.#pace.drained(this.#options.clock.monotonic())
      this.#schedule()
    })
  }

  /** Pieces that the link has not taken (bytes). */
  get piecesWaiting(): number {
    return this.#piecesWaiting
  }

  /** From now on stays within so many bytes a second: heartbeats and credit go at once, and count. */
  limit(bytesPerSecond: number): void {
    this.#throttle = new Throttle(bytesPerSecond, this.#options.clock.monotonic())
  }

  urgent(message: Message): void {
    this.#enqueue(this.#urgent, message)
  }

  /** A series of messages that nothing of this lane comes between; an undefined lets others take a turn. */
  ordered(series: Iterable<Message | undefined>): void {
    this.#enqueue(this.#ordered, series)
  }

  piece(message: Message): void {
    const piece = encodeMessage(message)
    this.#piecesWaiting += piece.length
    this.#enqueue(this.#pieces, piece)
  }

  /** The other end has dealt with this many bytes of pieces. */
  credit(bytes: number): void {
    if (bytes > this.#uncredited) throw violation(`it credited ${bytes} bytes of which ${this.#uncredited} were sent`)
    this.#uncredited -= bytes
    this.#schedule()
  }

  /** Drops what waits and writes this at once, however much the link has still to carry: the end of it all. */
  last(message: Message): void {
    this.#drop()
    if (!this.#closed) this.#link.write(this.#frame(encodeMessage(message)))
  }

  close(): void {
    this.#closed = true
    this.#cancelWait()
    this.#drop()
  }

  #drop(): void {
    this.#series = undefined
    this.#parts = undefined
    for (const lane of [this.#urgent, this.#ordered, this.#pieces]) lane.length = 0
    this.#piecesWaiting = 0
  }

  #enqueue<T>(lane: T[], item: T): void {
    if (this.#closed) return
    lane.push(item)
    if (lane.length > queuedMessagesLimit) {
      const why = `Cannot keep up with the link: ${lane.length} messages wait for it`
      this.#options.failed(new SyncError('TRANSPORT_LOST', why, { verdict: 'retry' }))
    } else this.#schedule()
  }

  /** Writes at the end of the present turn, so that what one turn sends leaves in one piece. */
  #schedule(): void {
    if (this.#scheduled || this.#blocked || this.#closed) return
    this.#scheduled = true
    queueMicrotask(() => this.#pump())
  }

  #pump(): void {
    this.#scheduled = false
    const { clock, failed } = this.#options
    const until = clock.monotonic() + sliceMs
    try {
      while (!this.#blocked && !this.#closed) {
        const { frames, more } = this.#gather(until)
        if (frames.length > 0) this.#write(frames.length === 1 ? (frames[0] as Uint8Array) : Buffer.concat(frames))
        if (!more) return
        if (clock.monotonic() >= until) return this.#later()
      }
    } catch (error) {
      failed(error)
    }
  }

  #write(bytes: Uint8Array): void {
    const now = this.#options.clock.monotonic()
    this.#blocked = !this.#link.write(bytes)
    this.#pace.wrote(bytes.length, now, !this.#blocked)
  }

  #later(): void {
    this.#scheduled = true
    this.#options.clock.soon(() => this.#pump())
  }

  /** Up to about `partBytes` of frames; `more` says that the lanes may hold others. */
  #gather(until: number): { readonly frames: Uint8Array[]; readonly more: boolean } {
    const frames: Uint8Array[] = []
    for (let room = partBytes; room > 0;) {
      const payload = this.#next()
      if (payload === 'none') return { frames, more: false }
      if (payload === 'pause') {
        if (this.#options.clock.monotonic() >= until) break
      } else {
        frames.push(this.#frame(payload))
        room -= payload.length
      }
    }
    return { frames, more: true }
  }

  #frame(payload: Uint8Array): Buffer {
    const sent = this.#pace.isSlow || this.#throttle !== undefined ? squeezed(payload) : payload
    const frame = encodeFrame(sent, this.#options.epoch, this.#sequence)
    this.#throttle?.spend(frame.length)
    this.#sequence = (this.#sequence + 1) >>> 0
    return frame
  }

  #next(): Uint8Array | 'none' | 'pause' {
    const urgent = this.#urgent.shift()
    if (urgent !== undefined) return encodeMessage(urgent)
    if (!this.#mayGo()) return 'none'
    return this.#nextOrdered() ?? this.#nextPiece() ?? 'none'
  }

  /** False while a limit is reached; it is looked at again when there is room. */
  #mayGo(): boolean {
    const { clock } = this.#options
    const waitMs = this.#throttle?.waitMs(clock.monotonic()) ?? 0
    if (waitMs === 0) return true
    this.#cancelWait()
    this.#cancelWait = clock.after(waitMs, () => this.#schedule())
    return false
  }

  #nextOrdered(): Uint8Array | 'pause' | undefined {
    for (;;) {
      const part = this.#parts?.next()
      if (part !== undefined && part.done !== true) return part.value
      this.#parts = undefined
      const message = this.#series?.next()
      if (message !== undefined && message.done !== true) {
        if (message.value === undefined) return 'pause'
        this.#parts = partsOf(encodeMessage(message.value))
      } else {
        this.#series = this.#ordered.shift()?.[Symbol.iterator]()
        if (this.#series === undefined) return undefined
      }
    }
  }

  #nextPiece(): Uint8Array | undefined {
    const piece = this.#pieces[0]
    if (piece === undefined) return undefined
    if (this.#uncredited > 0 && this.#uncredited + piece.length > bulkWindowBytes) return undefined
    this.#uncredited += piece.length
    this.#piecesWaiting -= piece.length
    return this.#pieces.shift()
  }
}

/** A message as it is when it is small, else in parts; the last says that no more follow. */
function* partsOf(payload: Uint8Array): Generator<Uint8Array, void, undefined> {
  if (payload.length <= partBytes) return yield payload
  if (payload.length > messageBytesLimit)
    throw new SyncError('INVARIANT', `Cannot send a message of ${payload.length} bytes`, { verdict: 'bug' })
  for (let at = 0; at < payload.length; at += partBytes) {
    const end = Math.min(at + partBytes, payload.length)
    yield encodeMessage(['part', payload.subarray(at, end), end < payload.length])
  }
}
