import { SyncError } from '../core/errors.ts'
import type { ReplicaCommand, ReplicaEvent } from '../core/messages.ts'
import { emptyTree } from '../core/tree.ts'
import type { Tree } from '../core/tree.ts'
import type { Clock } from '../ports/clock.ts'
import type { Link } from '../ports/link.ts'
import type { OpenReplica, Replica } from '../ports/replica.ts'
import { handshakeMs, lastWordMs, protocolVersion, queuedMessagesLimit } from './bounds.ts'
import { Channel } from './channel.ts'
import { commandCodec } from './codec-command.ts'
import { eventCodec } from './codec-event.ts'
import { describe, wants } from './describe.ts'
import type { HubGreeting } from './greeting.ts'
import { agentLine, hubGreetingReader } from './greeting.ts'
import type { RootRequest } from './handshake.ts'
import { ourLimits, settle, settling } from './handshake.ts'
import type { Message } from './message.ts'
import { ServedTree } from './served-tree.ts'
import { violation } from './violation.ts'

export interface ServeOptions {
  readonly clock: Clock
  /** The replica of a root this host serves. Throws SyncError ROOT_REFUSED for any other. */
  openRoot(request: RootRequest): OpenReplica
}

/**
 * Serves one replica to the hub at the other end of a link, and ends with it.
 * @returns `ended` resolves, with why, when the link is over and the replica has been closed; it never rejects.
 */
export function serveReplica(link: Link, options: ServeOptions): { readonly ended: Promise<string> } {
  return { ended: new Promise(resolve => void new Server(link, options, resolve)) }
}

/** `greeting`: no frame yet · `opening`: no root yet · `scanning`: not ready · `listing`: the mirror is being built · `live`. */
type State = 'greeting' | 'opening' | 'scanning' | 'listing' | 'live' | 'closing' | 'over'

class Server {
  readonly #link: Link
  readonly #options: ServeOptions
  readonly #ended: (why: string) => void
  readonly #greeting = hubGreetingReader()
  readonly #served: ServedTree
  #state: State = 'greeting'
  #channel: Channel | undefined
  #replica: Replica | undefined
  #snapshot: Tree = emptyTree
  /** What happened while the mirror was being built from the snapshot. */
  #held: ReplicaEvent[] = []
  #cancelDeadline: () => void

  constructor(link: Link, options: ServeOptions, ended: (why: string) => void) {
    this.#link = link
    this.#options = options
    this.#ended = ended
    this.#served = new ServedTree()
    link.onData(bytes => this.#data(bytes))
    link.onClose(end => this.#over(end.why))
    this.#cancelDeadline = options.clock.after(handshakeMs, () => this.#over('no hub asked for a root in time'))
  }

  #data(bytes: Uint8Array): void {
    if (this.#channel !== undefined) return this.#channel.feed(bytes)
    if (this.#state !== 'greeting') return
    try {
      const read = this.#greeting.push(bytes)
      if (read !== undefined) this.#greet(read.greeting, read.rest)
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      this.#over(error.message)
    }
  }

  /** A hub of another version hears ours, so that it can name both, and nothing else. */
  #greet({ version, nonce, epoch }: HubGreeting, rest: Uint8Array): void {
    this.#link.write(Buffer.from(agentLine(nonce), 'latin1'))
    if (version !== protocolVersion) return this.#over(`the hub speaks protocol ${version}, not ${protocolVersion}`)
    this.#state = 'opening'
    this.#channel = new Channel(this.#link, {
      clock: this.#options.clock,
      epoch,
      receive: message => this.#receive(message),
      failed: error => this.#fail(error),
    })
    this.#channel.feed(rest)
  }

  #receive(message: Message): void {
    const [type, ...fields] = message
    if (this.#state === 'opening') return this.#open(message)
    if (type === 'describe' || type === 'listed') {
      if (this.#state !== 'listing') throw violation(`it sent ${type} when nothing is being listed`)
      if (type === 'listed') return this.#live()
      const asked = wants.decode(fields[0])
      return this.#channel?.sendSeries(describe(this.#snapshot, asked))
    }
    this.#command(commandCodec.decode(message))
  }

  #open(message: Message): void {
    const hello = settling.decode(message)
    if (hello.type !== 'hello') throw violation('it did not say hello')
    settle(hello)
    this.#cancelDeadline()
    this.#channel?.send(settling.encode({ type: 'welcome', limits: ourLimits, compression: 'none' }) as Message)
    this.#state = 'scanning'
    this.#replica = this.#options.openRoot(hello.open)(
      () => emptyTree,
      event => this.#event(event),
    )
  }

  #command(command: ReplicaCommand): void {
    if (command.type === 'apply') this.#served.expect(command.batch, command.operations)
    if (command.type === 'read' && !this.#served.announced(command.path, command.digest)) {
      return this.#channel?.send(
        eventCodec.encode({ type: 'content', id: command.id, bytes: undefined, mtimeMs: 0 }) as Message,
      )
    }
    this.#replica?.send(command)
  }

  #event(event: ReplicaEvent): void {
    if (this.#state === 'closing' || this.#state === 'over') return
    if (event.type === 'closed') return this.#lastWord(event)
    if (event.type === 'ready') {
      this.#state = 'listing'
      this.#snapshot = event.tree
      this.#served.begin(event.tree)
      this.#send(event)
    } else if (this.#state === 'listing') {
      this.#held.push(event)
      if (this.#held.length > queuedMessagesLimit) this.#over('the hub took too long to read the tree')
    } else this.#send(event)
  }

  #live(): void {
    this.#state = 'live'
    this.#snapshot = emptyTree
    const held = this.#held
    this.#held = []
    for (const event of held) this.#send(event)
  }

  #send(event: ReplicaEvent): void {
    if (event.type === 'content') this.#channel?.send(eventCodec.encode(event) as Message)
    else this.#channel?.sendSeries(this.#served.messages(event))
  }

  #fail(error: SyncError): void {
    if (error.code === 'TRANSPORT_LOST') return this.#over(error.message)
    // What a disk refuses now it may not refuse the next time.
    const verdict = error.verdict === 'problem' ? 'retry' : error.verdict === 'usage' ? 'halt' : error.verdict
    this.#lastWord({ type: 'closed', code: error.code, why: error.message, verdict })
  }

  /** Tells the hub why this is the end and gives it a moment to hang up. */
  #lastWord(event: Extract<ReplicaEvent, { readonly type: 'closed' }>): void {
    this.#state = 'closing'
    this.#channel?.finish(eventCodec.encode(event) as Message)
    this.#cancelDeadline()
    this.#cancelDeadline = this.#options.clock.after(lastWordMs, () => this.#over(event.why))
  }

  #over(why: string): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#cancelDeadline()
    this.#channel?.close()
    this.#link.close()
    const closed = this.#replica?.close() ?? Promise.resolve()
    closed.then(
      () => this.#ended(why),
      (error: unknown) => this.#ended(`${why}; closing the replica failed: ${String(error)}`),
    )
  }
}
