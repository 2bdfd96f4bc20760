import { SyncError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Link } from '../ports/link.ts'
import { handshakeMs, introductionBytesLimit, protocolVersion } from './bounds.ts'
import { FrameReader } from './frames.ts'
import type { HubGreeting } from './greeting.ts'
import { agentLine, hubGreetingReader } from './greeting.ts'
import type { RootRequest } from './handshake.ts'
import { settling } from './handshake.ts'
import { decodeMessage } from './message.ts'

/** A hub that greeted and said what it wants. */
export interface HeardHub {
  readonly epoch: number
  /** What it asks for; undefined when its first frame is no such question. */
  readonly request: RootRequest | undefined
  /** All it said after its greeting, from its first frame on. Called once, by whoever listens to the link from here on. */
  take(): Uint8Array
}

export interface Hearing {
  readonly clock: Clock
  came(hub: HeardHub): void
  over(why: string): void
}

/**
 * Greets the hub at the other end of a link and hears it out up to its first frame. A hub of another version hears our
 * version, so that it can name both, and nothing else.
 */
export function hearHub(link: Link, hearing: Hearing): void {
  void new Ear(link, hearing)
}

class Ear {
  readonly #link: Link
  readonly #hearing: Hearing
  readonly #greeting = hubGreetingReader()
  #state: 'greeting' | 'asking' | 'came' | 'over' = 'greeting'
  #epoch = 0
  #reader = new FrameReader(0)
  readonly #said: Uint8Array[] = []
  #bytesSaid = 0
  readonly #cancelDeadline: () => void

  constructor(link: Link, hearing: Hearing) {
    this.#link = link
    this.#hearing = hearing
    this.#cancelDeadline = hearing.clock.after(handshakeMs, () => this.#over('no hub asked for a root in time'))
    link.onData(bytes => this.#data(bytes))
    link.onClose(end => this.#over(end.why))
  }

  #data(bytes: Uint8Array): void {
    if (this.#state === 'over') return
    if (this.#state !== 'greeting') return this.#keep(bytes)
    try {
      const read = this.#greeting.push(bytes)
      if (read !== undefined) this.#greet(read.greeting, read.rest)
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      this.#over(error.message)
    }
  }

  #greet({ version, nonce, epoch }: HubGreeting, rest: Uint8Array): void {
    this.#link.write(Buffer.from(agentLine(nonce), 'latin1'))
    if (version !== protocolVersion) return this.#over(`the hub speaks protocol ${version}, not ${protocolVersion}`)
    this.#state = 'asking'
    this.#epoch = epoch
    this.#reader = new FrameReader(epoch)
    if (rest.length > 0) this.#keep(rest)
  }

  #keep(bytes: Uint8Array): void {
    this.#said.push(Uint8Array.from(bytes))
    this.#bytesSaid += bytes.length
    if (this.#bytesSaid > introductionBytesLimit) return this.#over('the hub said too much before its agent listened')
    if (this.#state !== 'asking') return
    try {
      for (const payload of this.#reader.read(bytes)) return this.#came(requestOf(payload))
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      this.#came(undefined)
    }
  }

  #came(request: RootRequest | undefined): void {
    this.#state = 'came'
    this.#cancelDeadline()
    const take = (): Uint8Array => {
      this.#state = 'over'
      return Buffer.concat(this.#said)
    }
    this.#hearing.came({ epoch: this.#epoch, request, take })
  }

  #over(why: string): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#cancelDeadline()
    this.#link.close()
    this.#hearing.over(why)
  }
}

/** Throws PROTOCOL when the first frame is no hello. */
function requestOf(payload: Uint8Array): RootRequest | undefined {
  const message = settling.decode(decodeMessage(payload))
  return message.type === 'hello' ? message.open : undefined
}
