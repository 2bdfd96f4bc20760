import { SyncError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import {
  guestBacklogBytes,
  guestReplyBytes,
  guestsLimit,
  newsBytes,
  newsLatestMs,
  newsMs,
  firstNewsMs,
} from './bounds.ts'
import type { Channel } from './channel.ts'
import type { GuestReply, GuestRequest, HostWord } from './guest.ts'
import { guestWord, hostWord, piecesOf } from './guest.ts'
import type { Message } from './message.ts'
import { violation } from './violation.ts'

export interface GuestCall {
  /** Aborts when the guest is gone, or the link. */
  readonly signal: AbortSignal
  readonly emit: (event: unknown) => void
}

/** What the hub does for those who run commands at the other end of a link. */
export interface GuestDesk {
  /** What the other host is to know of its root while we are away: JSON, without the time. Asked for every few seconds. */
  news(): string
  /** Never rejects: what went wrong is an `error`. */
  answer(
    request: GuestRequest,
    call: GuestCall,
  ): Promise<{ readonly what: 'result' | 'error'; readonly value: unknown }>
}

/**
 * The hub's end of what guests ask. Bounded: in requests at once, in the size of each, and in what waits for a link that
 * takes nothing. An agent that goes beyond what ours does breaks the protocol.
 */
export class GuestDoor {
  readonly #channel: Channel
  readonly #desk: GuestDesk | undefined
  readonly #clock: Clock
  readonly #calls = new Map<number, AbortController>()
  #told = ''
  #toldAt = 0
  #isOpen = false
  #cancelNews = (): void => {}

  /** @param options without a desk every request is refused */
  constructor(channel: Channel, options: { readonly clock: Clock; readonly guests?: GuestDesk | undefined }) {
    this.#channel = channel
    this.#desk = options.guests
    this.#clock = options.clock
  }

  /** From now on guests are let in, and the agent is told what it needs while we are away. */
  open(): void {
    this.#isOpen = true
    const desk = this.#desk
    // The session takes a moment to see what the link has brought.
    if (desk !== undefined) this.#cancelNews = this.#clock.after(firstNewsMs, () => this.#tell(desk))
  }

  #tell(desk: GuestDesk): void {
    const news = desk.news()
    const now = this.#clock.monotonic()
    if ((news !== this.#told || now - this.#toldAt >= newsLatestMs) && this.#mayTell(news)) {
      this.#told = news
      this.#toldAt = now
      for (const each of piecesOf(`${this.#clock.now()} ${news}`)) this.#say({ type: 'news', ...each })
    }
    this.#cancelNews = this.#clock.after(newsMs, () => this.#tell(desk))
  }

  #mayTell(news: string): boolean {
    return Buffer.byteLength(news) <= newsBytes && this.#channel.piecesWaiting < guestBacklogBytes
  }

  /** Takes a word of a guest. Throws PROTOCOL. */
  take(message: Message): void {
    if (!this.#isOpen) throw violation('it let guests in before its tree was read')
    const word = guestWord.decode(message)
    if (word.type === 'guest-gone') {
      this.#calls.get(word.id)?.abort(new SyncError('INTERRUPTED', 'The guest is gone'))
      return
    }
    if (this.#calls.has(word.id)) throw violation('it asked two things under one number')
    if (this.#calls.size >= guestsLimit) throw violation(`it asked more than ${guestsLimit} things at once`)
    const { id, version, verb } = word
    if (this.#channel.piecesWaiting >= guestBacklogBytes)
      return this.#reply(id, 'error', { code: 'BUSY', message: 'Cannot answer: earlier answers wait for the link' })
    if (this.#desk === undefined)
      return this.#reply(id, 'error', { code: 'REFUSED', message: 'Cannot answer: this hub has nobody for that' })
    const parameters = Buffer.from(word.parameters).toString('utf8')
    void this.#answer(this.#desk, id, { version, verb, parameters })
  }

  async #answer(desk: GuestDesk, id: number, request: GuestRequest): Promise<void> {
    const gone = new AbortController()
    this.#calls.set(id, gone)
    const emit = (event: unknown): void => {
      // Progress that does not get through is not missed; whoever follows the log hears what the link carries.
      if (this.#calls.has(id) && this.#channel.piecesWaiting < guestBacklogBytes) this.#reply(id, 'event', event)
    }
    const { what, value } = await desk.answer(request, { signal: gone.signal, emit })
    if (this.#calls.delete(id)) this.#reply(id, what, value)
  }

  #reply(id: number, what: GuestReply['what'], value: unknown): void {
    const json = JSON.stringify(value ?? null)
    if (Buffer.byteLength(json) > guestReplyBytes) {
      const message = `Cannot send the answer: it has more than ${guestReplyBytes} bytes`
      return this.#reply(id, 'error', { code: 'REFUSED', message, hint: 'Ask for less: a PATH, or a --limit' })
    }
    for (const each of piecesOf(json)) this.#say({ type: 'guest-reply', id, what, ...each })
  }

  #say(word: HostWord): void {
    this.#channel.send(hostWord.encode(word) as Message)
  }

  close(): void {
    this.#isOpen = false
    this.#cancelNews()
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    for (const gone of calls) gone.abort(new SyncError('TRANSPORT_LOST', 'The link to the guest is lost'))
  }
}
