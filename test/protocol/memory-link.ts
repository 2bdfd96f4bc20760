import type { Link, LinkEnd, OutgoingLink } from '../../lib/ports/link.ts'

export interface PairOptions {
  /** Bytes come in chunks of at most this many. */
  readonly chunk?: number
  /** Chunks of one direction that pass before the wire is cut. */
  readonly cutAfter?: { readonly direction: 'toHub' | 'toAgent'; readonly writes: number }
}

export interface LinkPair {
  readonly hub: OutgoingLink
  readonly agent: Link
  /** Every write so far, in order. */
  readonly toHub: Uint8Array[]
  readonly toAgent: Uint8Array[]
  /** Both ends lose the other. */
  cut(): void
}

/** Two ends of a wire within this process. Bytes arrive in later turns; the wire takes 64 KiB before it says wait. */
export function linkPair(options: PairOptions = {}): LinkPair {
  const toHub: Uint8Array[] = []
  const toAgent: Uint8Array[] = []
  const ends: { readonly hub: End; readonly agent: End } = {
    hub: new End(toAgent, options.chunk),
    agent: new End(toHub, options.chunk),
  }
  ends.hub.peer = ends.agent
  ends.agent.peer = ends.hub
  const cut = (): void => {
    ends.hub.lose('the wire was cut')
    ends.agent.lose('the wire was cut')
  }
  const { cutAfter } = options
  if (cutAfter !== undefined) {
    const end = cutAfter.direction === 'toHub' ? ends.agent : ends.hub
    end.limit = { writes: cutAfter.writes, run: cut }
  }
  return { hub: ends.hub, agent: ends.agent, toHub, toAgent, cut }
}

class End implements OutgoingLink {
  peer: End | undefined
  limit: { writes: number; readonly run: () => void } | undefined
  readonly #written: Uint8Array[]
  readonly #chunk: number
  #underWay = 0
  #waiting = false
  #lost = false
  #data: (bytes: Uint8Array) => void = () => {}
  #drain: () => void = () => {}
  #close: ((end: LinkEnd) => void) | undefined

  constructor(written: Uint8Array[], chunk = Number.MAX_SAFE_INTEGER) {
    this.#written = written
    this.#chunk = chunk
  }

  write(bytes: Uint8Array): boolean {
    if (this.#lost) return true
    if (this.limit !== undefined && this.limit.writes-- <= 0) {
      this.limit.run()
      return true
    }
    this.#written.push(bytes)
    for (let at = 0; at < bytes.length; at += this.#chunk) this.#send(bytes.slice(at, at + this.#chunk))
    this.#waiting = this.#underWay > 64 * 1024
    return !this.#waiting
  }

  onOpen(listen: () => void): void {
    listen()
  }

  onData(listen: (bytes: Uint8Array) => void): void {
    this.#data = listen
  }

  onDrain(listen: () => void): void {
    this.#drain = listen
  }

  onClose(listen: (end: LinkEnd) => void): void {
    this.#close = listen
  }

  /** What was written before still arrives, as through a pipe. */
  close(): void {
    this.lose('closed on this end')
    setImmediate(() => this.peer?.lose('the other end closed'))
  }

  lose(why: string): void {
    if (this.#lost) return
    this.#lost = true
    setImmediate(() => this.#close?.({ code: 'TRANSPORT_LOST', why }))
  }

  #send(bytes: Uint8Array): void {
    this.#underWay += bytes.length
    setImmediate(() => {
      this.#underWay -= bytes.length
      const peer = this.peer
      if (peer !== undefined && !peer.#lost) peer.#data(bytes)
      if (this.#waiting && this.#underWay === 0) {
        this.#waiting = false
        this.#drain()
      }
    })
  }
}
