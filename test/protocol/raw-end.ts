import type { Link } from '../../lib/ports/link.ts'
import { protocolVersion } from '../../lib/protocol/bounds.ts'
import { FrameReader, encodeFrame } from '../../lib/protocol/frames.ts'
import { agentLine, hubLine } from '../../lib/protocol/greeting.ts'
import { ourLimits } from '../../lib/protocol/handshake.ts'
import type { Message } from '../../lib/protocol/message.ts'
import { decodeMessage, encodeMessage } from '../../lib/protocol/message.ts'
import { request } from './connection.ts'

export const epoch = 7
export const nonce = '0123456789abcdef0123456789abcdef'

export const hello: Message = [
  'hello',
  [ourLimits.frameBytes, ourLimits.windowBytes],
  ['deflate'],
  [request.root, request.path, [['watcher', 'auto']], null],
]
export const welcome: Message = ['welcome', [ourLimits.frameBytes, ourLimits.windowBytes], 'deflate']

/** An end that says whatever a test wants, right or wrong. */
export class RawEnd {
  readonly link: Link
  readonly heard: Message[] = []
  line = ''
  ended = false
  readonly #reader = new FrameReader(epoch)
  #sequence = 0
  #waiting: (() => void)[] = []

  constructor(link: Link) {
    this.link = link
    link.onData(bytes => this.#data(bytes))
    link.onClose(() => {
      this.ended = true
      this.#wake()
    })
  }

  say(...messages: Message[]): void {
    for (const message of messages) this.link.write(encodeFrame(encodeMessage(message), epoch, this.#sequence++))
  }

  write(text: string | Uint8Array): void {
    this.link.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  }

  /** Greets as a hub does, asks for the root, and waits for what the agent says to that. */
  async beHub(): Promise<void> {
    this.write(hubLine({ version: protocolVersion, nonce, epoch }))
    this.say(hello)
    await this.until(() => this.heard.length > 0)
  }

  /** Greets as an agent does, once the hub has, and welcomes it. */
  async beAgent(): Promise<void> {
    await this.greetHub()
    this.say(welcome)
    await this.until(() => this.heard.some(message => message[0] === 'hello'))
  }

  async greetHub(version = protocolVersion): Promise<void> {
    await this.until(() => this.line.endsWith('\n'))
    this.write(agentLine(this.line.split(' ')[2] ?? '', version))
  }

  /** Resolves once it holds; within five seconds. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`Nothing came within 5 s; heard ${JSON.stringify(this.heard)}`)),
          5000,
        )
        this.#waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  #data(bytes: Uint8Array): void {
    let rest = Buffer.from(bytes)
    if (!this.line.endsWith('\n')) {
      const end = rest.indexOf(0x0a)
      this.line += rest.toString('latin1', 0, end < 0 ? rest.length : end + 1)
      rest = end < 0 ? Buffer.alloc(0) : rest.subarray(end + 1)
    }
    for (const payload of this.#reader.read(rest)) this.heard.push(decodeMessage(Buffer.from(payload)))
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
