import { guestHeardMs, guestReplyBytes, guestRequestBytes, guestsLimit } from './bounds.ts'
import type { Channel } from './channel.ts'
import type { GuestReply, GuestRequest, GuestWord } from './guest.ts'
import { PieceJoiner, guestWord, hostWord, newsJoiner } from './guest.ts'
import type { Message } from './message.ts'
import { violation } from './violation.ts'

/** Hears the replies; `lost`: the link ended first, and nothing follows. */
export type GuestListener = (reply: GuestReply | 'lost') => void

interface OpenCall {
  readonly heard: GuestListener
  readonly joiner: PieceJoiner
  isSent: boolean
  isGone: boolean
}

/** The agent's end of what guests ask: hands requests to the hub, and replies to whoever asked. */
export class GuestWindow {
  readonly #channel: Channel
  readonly #told: (news: string) => void
  readonly #calls = new Map<number, OpenCall>()
  readonly #news = newsJoiner()
  #lastId = 0
  #isLive = false

  constructor(channel: Channel, told: (news: string) => void) {
    this.#channel = channel
    this.#told = told
  }

  /** Whether the hub is there and hears. */
  get isLive(): boolean {
    return this.#isLive
  }

  /** The hub hears from now on. */
  open(): void {
    this.#isLive = true
  }

  /**
   * Asks the hub, once it is heard to be there: what a hub that counts as away was never sent it does not do later. Of a
   * hub that goes without a sign while it works on the answer the listener hears with the heartbeats.
   * @returns how to leave before the last reply; why not, when it cannot be asked
   */
  ask({ version, verb, parameters }: GuestRequest, heard: GuestListener): (() => void) | string {
    const given = Buffer.from(parameters, 'utf8')
    if (given.length > guestRequestBytes) return `the request has more than ${guestRequestBytes} bytes`
    // Those who left count until the hub has said its last word to them.
    if (this.#calls.size >= guestsLimit) return `${guestsLimit} commands of this host ask already`
    const id = ++this.#lastId
    const call: OpenCall = { heard, joiner: new PieceJoiner(guestReplyBytes), isSent: false, isGone: false }
    this.#calls.set(id, call)
    this.#channel.ask(guestHeardMs, isThere => {
      if (this.#calls.get(id) !== call) return
      call.isSent = isThere
      if (isThere) return this.#say({ type: 'guest', id, version, verb, parameters: given })
      this.#calls.delete(id)
      heard('lost')
    })
    return () => {
      if (call.isGone || !this.#calls.has(id)) return
      call.isGone = true
      if (call.isSent) this.#say({ type: 'guest-gone', id })
      else this.#calls.delete(id)
    }
  }

  /** Takes a word of the hub. Throws PROTOCOL. */
  take(message: Message): void {
    const word = hostWord.decode(message)
    if (word.type === 'news') {
      const news = this.#news.push(word.piece, word.isLast)
      if (news === 'long') throw violation('it told more news than anybody wants to know')
      if (news !== undefined) this.#told(news.text)
      return
    }
    const call = this.#calls.get(word.id)
    if (call === undefined) throw violation('it replied to somebody who did not ask')
    const reply = call.joiner.push(word.piece, word.isLast)
    if (reply === 'long') throw violation('it sent too long a reply')
    if (reply === undefined) return
    if (word.what !== 'event') this.#calls.delete(word.id)
    if (!call.isGone) call.heard({ what: word.what, json: reply.text })
  }

  close(): void {
    this.#isLive = false
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    for (const { heard, isGone } of calls) if (!isGone) heard('lost')
  }

  #say(word: GuestWord): void {
    this.#channel.send(guestWord.encode(word) as Message)
  }
}
