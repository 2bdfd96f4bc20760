import { SyncError, codeOf } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Link } from '../ports/link.ts'
import { messageBytesLimit, partBytes, probeMs, silenceMs } from './bounds.ts'
import { flag, size } from './codec.ts'
import { FrameReader } from './frames.ts'
import type { Heartbeat } from './heartbeat.ts'
import { startHeartbeat } from './heartbeat.ts'
import type { Message } from './message.ts'
import { decodeMessage } from './message.ts'
import { Outbox } from './outbox.ts'
import { RoundTrips } from './round-trips.ts'
import { unsqueezed } from './squeeze.ts'
import { violation } from './violation.ts'

export interface ChannelOptions {
  readonly clock: Clock
  readonly epoch: number
  /** The most this end sends in a second (bytes). */
  readonly bandwidth?: number | undefined
  /** Takes each whole message, in order within its lane. What it throws ends the channel. */
  receive(message: Message): void
  /** The channel is over, by an error of either end; called at most once, never after `close`. */
  failed(error: SyncError): void
}

/** Messages that may come between the parts of another. */
const urgentTypes: ReadonlySet<string> = new Set(['beat', 'probe', 'alive', 'credit', 'closed', 'bye'])

/** Messages that travel in the lane of pieces; their receiver credits them. */
const pieceTypes: ReadonlySet<string> = new Set(['stage', 'content', 'guest-reply', 'news'])

/** Both directions of a connection after the greeting: frames, lanes, credit, long messages in parts, heartbeats. */
export class Channel {
  readonly #options: ChannelOptions
  readonly #reader: FrameReader
  readonly #outbox: Outbox
  readonly #heartbeat: Heartbeat
  #parts: Uint8Array[] = []
  #partsBytes = 0
  #closed = false
  #cancelProbe: (() => void) | undefined
  readonly #roundTrips: RoundTrips
  #measures = false
  /** Told once anything comes, each with how it is no longer waited for. */
  readonly #listening = new Map<() => void, () => void>()

  constructor(link: Link, options: ChannelOptions) {
    const { clock, epoch } = options
    this.#options = options
    this.#roundTrips = new RoundTrips(clock)
    this.#reader = new FrameReader(epoch)
    this.#outbox = new Outbox(link, { clock, epoch, failed: error => this.fail(error) })
    if (options.bandwidth !== undefined) this.limit(options.bandwidth)
    this.#heartbeat = startHeartbeat(
      clock,
      () => this.#beat(),
      () =>
        this.fail(new SyncError('TRANSPORT_LOST', `Nothing was heard for ${silenceMs / 1000} s`, { verdict: 'retry' })),
    )
  }

  /** How long a message and its answer take of late (ms); undefined until that was measured. */
  get roundTripMs(): number | undefined {
    return this.#roundTrips.medianMs
  }

  /** What waits in the lane of pieces (bytes). */
  get piecesWaiting(): number {
    return this.#outbox.piecesWaiting
  }

  /** Stays within so many bytes a second from now on. */
  limit(bytesPerSecond: number): void {
    this.#outbox.limit(bytesPerSecond)
  }

  send(message: Message): void {
    if (pieceTypes.has(message[0])) this.#outbox.piece(message)
    else this.#outbox.ordered([message])
  }

  /** Sends messages that nothing ordered comes between, made when the link takes them; undefined lets others take a turn. */
  sendSeries(series: Iterable<Message | undefined>): void {
    this.#outbox.ordered(series)
  }

  /** Takes bytes as they came from the link. */
  feed(bytes: Uint8Array): void {
    for (const heard of [...this.#listening.keys()]) heard()
    try {
      for (const payload of this.#reader.read(bytes)) {
        if (this.#closed) return
        this.#heartbeat.heard()
        this.#take(payload)
      }
    } catch (error) {
      this.fail(error)
    }
  }

  /** Ends the channel with an error; only `finish` may still say something. */
  fail(error: unknown): void {
    if (this.#closed) return
    this.#stop()
    this.#options.failed(asSyncError(error))
  }

  /** From now on measures how long the other end takes to answer: at once, and with every heartbeat. */
  measure(): void {
    this.#measures = true
    this.#ask()
  }

  /** Makes sure that the other end is there: the channel fails unless it says so soon. */
  probe(): void {
    if (this.#closed || this.#cancelProbe !== undefined) return
    this.#cancelProbe = this.#options.clock.after(probeMs, () =>
      this.fail(
        new SyncError('TRANSPORT_LOST', `The other end did not say within ${probeMs / 1000} s that it is there`, {
          verdict: 'retry',
        }),
      ),
    )
    this.#ask()
  }

  /** Asks the other end to say something, and tells once whether anything came from it in time. Not told when the channel is over. */
  ask(withinMs: number, tell: (isThere: boolean) => void): void {
    if (this.#closed) return
    const over = (isThere: boolean): void => {
      cancel()
      this.#listening.delete(heard)
      tell(isThere)
    }
    const heard = (): void => over(true)
    const cancel = this.#options.clock.after(withinMs, () => over(false))
    this.#listening.set(heard, cancel)
    this.#ask()
  }

  /** Says one last thing, drops what else waits to be said, and listens no more. */
  finish(message: Message): void {
    this.#stop()
    this.#outbox.last(message)
  }

  /** Nothing is sent or received any more. The link stays as it is. */
  close(): void {
    this.#stop()
    this.#outbox.close()
  }

  #beat(): void {
    this.#outbox.urgent(['beat'])
    if (this.#measures) this.#ask()
  }

  #ask(): void {
    this.#roundTrips.asked()
    this.#outbox.urgent(['probe'])
  }

  #stop(): void {
    this.#closed = true
    this.#heartbeat.stop()
    this.#cancelProbe?.()
    for (const cancel of this.#listening.values()) cancel()
    this.#listening.clear()
  }

  #take(payload: Uint8Array): void {
    const message = decodeMessage(payload)
    if (message[0] !== 'squeezed') return this.#takeMessage(message, payload)
    const inner = unsqueezed(message.slice(1))
    this.#takeMessage(inner.message, inner.payload)
  }

  #takeMessage(message: Message, payload: Uint8Array): void {
    const [type, ...fields] = message
    if (type === 'beat') return
    if (type === 'probe') return this.#outbox.urgent(['alive'])
    if (type === 'alive') return this.#answered()
    if (type === 'credit') return this.#outbox.credit(size.decode(fields[0]))
    if (pieceTypes.has(type)) {
      this.#options.receive(message)
      this.#outbox.urgent(['credit', payload.length])
      return
    }
    if (type === 'part') return this.#takePart(fields)
    if (this.#parts.length > 0 && !urgentTypes.has(type)) throw violation('it began a message within another')
    this.#options.receive(message)
  }

  /** An answer to an earlier question may have been on its way before the link broke: only the last one counts. */
  #answered(): void {
    this.#roundTrips.answered()
    if (this.#roundTrips.waiting > 0) return
    this.#cancelProbe?.()
    this.#cancelProbe = undefined
  }

  #takePart(fields: readonly unknown[]): void {
    const [part, more] = fields
    if (!(part instanceof Uint8Array) || (flag.decode(more) && part.length !== partBytes))
      throw violation('it sent a part of a message that is no full part')
    this.#parts.push(Uint8Array.from(part))
    this.#partsBytes += part.length
    if (this.#partsBytes > messageBytesLimit)
      throw violation(`it sent a message of more than ${messageBytesLimit} bytes`)
    if (more === true) return
    const whole = Buffer.concat(this.#parts)
    this.#parts = []
    this.#partsBytes = 0
    const message = decodeMessage(whole)
    if (message[0] === 'part' || pieceTypes.has(message[0])) throw violation('it sent in parts what never is')
    this.#options.receive(message)
  }
}

/** What a channel says of anything thrown while it worked. */
function asSyncError(error: unknown): SyncError {
  if (error instanceof SyncError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new SyncError('INVARIANT', `Cannot go on: ${message} (${codeOf(error) ?? 'no code'})`, {
    verdict: 'bug',
    cause: error,
  })
}
