import type { SyncError } from '../core/errors.ts'
import type { HubClaim } from '../core/hub.ts'
import type { ReplicaCommand, ReplicaEvent } from '../core/messages.ts'
import { emptyTree } from '../core/tree.ts'
import type { Tree } from '../core/tree.ts'
import type { Clock } from '../ports/clock.ts'
import type { Link } from '../ports/link.ts'
import type { OpenReplica, Replica } from '../ports/replica.ts'
import { handshakeMs, lastWordMs, queuedMessagesLimit } from './bounds.ts'
import { Channel } from './channel.ts'
import { commandCodec } from './codec-command.ts'
import { eventCodec } from './codec-event.ts'
import { describe, wants } from './describe.ts'
import { GuestWindow } from './guest-window.ts'
import type { RootRequest } from './handshake.ts'
import { bandwidthOf, ourLimits, settle, settling } from './handshake.ts'
import { hearHub } from './hear-hub.ts'
import type { Message } from './message.ts'
import { ServedTree } from './served-tree.ts'
import { violation } from './violation.ts'

export interface ServeOptions {
  readonly clock: Clock
  /** The replica of a root this host serves. Throws SyncError ROOT_REFUSED for any other. */
  openRoot(request: RootRequest): OpenReplica
  /** What its hub wants known of a root while it is away, as it came; undefined: it is away from now on. */
  told?(request: RootRequest, news: string | undefined): void
  /** The hub that this host follows, when that is not the one on the link: it is told so, and served nothing. */
  readonly elsewhere?: HubClaim
}

/** A link whose hub has been greeted. */
export interface GreetedLink {
  readonly link: Link
  readonly epoch: number
  /** What the hub said since, from its first frame on. */
  readonly first: Uint8Array
}

export interface Ending {
  readonly why: string
  /** The link was lost: its hub may come back for the replica. */
  readonly isLost: boolean
}

type Closed = Extract<ReplicaEvent, { readonly type: 'closed' }>

/** One hub at an open replica. */
export interface Serving {
  /** Where those who run commands on this host are heard. */
  readonly guests: GuestWindow
  /** Resolves when the link is over and the replica has been closed; it never rejects. */
  readonly ended: Promise<Ending>
  /** Lets go of the replica at once, so that nothing more is applied, and tells the hub why. */
  end(event: Closed): void
}

/**
 * Serves one replica to the hub at the other end of a link, and ends with it.
 * @returns `ended` resolves, with why, when the link is over and the replica has been closed; it never rejects.
 */
export function serveReplica(link: Link, options: ServeOptions): { readonly ended: Promise<string> } {
  const ended = new Promise<string>(resolve =>
    hearHub(link, {
      clock: options.clock,
      over: resolve,
      came: ({ epoch, take }) => resolve(serveHub({ link, epoch, first: take() }, options).ended.then(end => end.why)),
    }),
  )
  return { ended }
}

/** Serves one replica to a hub that has been greeted, and ends with its link. */
export function serveHub(greeted: GreetedLink, options: ServeOptions): Serving {
  let over: (ending: Ending) => void = () => {}
  const ended = new Promise<Ending>(resolve => {
    over = resolve
  })
  const server = new Server(greeted, options, over)
  return { ended, guests: server.guests, end: event => server.end(event) }
}

/** `opening`: no root yet · `scanning`: not ready · `listing`: the mirror is being built · `live`. */
type State = 'opening' | 'scanning' | 'listing' | 'live' | 'closing' | 'over'

class Server {
  readonly guests: GuestWindow
  readonly #link: Link
  readonly #options: ServeOptions
  readonly #ended: (ending: Ending) => void
  readonly #served = new ServedTree()
  readonly #channel: Channel
  #state: State = 'opening'
  #request: RootRequest | undefined
  #replica: Replica | undefined
  /** What closing it failed with, if it did. */
  #replicaClosed: Promise<string> | undefined
  #snapshot: Tree = emptyTree
  /** What happened while the mirror was being built from the snapshot. */
  #held: ReplicaEvent[] = []
  #cancelDeadline: () => void

  constructor({ link, epoch, first }: GreetedLink, options: ServeOptions, ended: (ending: Ending) => void) {
    const { clock } = options
    this.#link = link
    this.#options = options
    this.#ended = ended
    this.#cancelDeadline = clock.after(handshakeMs, () => this.#over('no hub asked for a root in time'))
    this.#channel = new Channel(link, {
      clock,
      epoch,
      receive: message => this.#receive(message),
      failed: error => this.#fail(error),
    })
    this.guests = new GuestWindow(this.#channel, news => {
      if (this.#request !== undefined) options.told?.(this.#request, news)
    })
    link.onData(bytes => this.#channel.feed(bytes))
    link.onClose(end => this.#over(end.why, true))
    this.#channel.feed(first)
  }

  end(event: Closed): void {
    if (this.#state !== 'closing' && this.#state !== 'over') this.#lastWord(event)
  }

  #receive(message: Message): void {
    const [type, ...fields] = message
    if (type === 'bye') return this.#over('the hub said goodbye')
    if (this.#state === 'opening') return this.#open(message)
    if (type === 'describe' || type === 'listed') {
      if (this.#state !== 'listing') throw violation(`it sent ${type} when nothing is being listed`)
      if (type === 'listed') return this.#live()
      const asked = wants.decode(fields[0])
      return this.#channel.sendSeries(describe(this.#snapshot, asked))
    }
    if (type === 'guest-reply' || type === 'news') return this.guests.take(message)
    this.#command(commandCodec.decode(message))
  }

  #open(message: Message): void {
    const hello = settling.decode(message)
    if (hello.type !== 'hello') throw violation('it did not say hello')
    settle(hello)
    this.#cancelDeadline()
    const { elsewhere } = this.#options
    if (elsewhere !== undefined) {
      const refusal = settling.encode({ type: 'elsewhere', hub: elsewhere }) as Message
      return this.#finish(refusal, `this host follows ${elsewhere.name}, not the hub that came`)
    }
    const bandwidth = bandwidthOf(hello.open)
    if (bandwidth !== undefined) this.#channel.limit(bandwidth)
    this.#channel.send(settling.encode({ type: 'welcome', limits: ourLimits, compression: 'deflate' }) as Message)
    this.#state = 'scanning'
    this.#request = hello.open
    this.#replica = this.#options.openRoot(hello.open)(
      () => emptyTree,
      event => this.#event(event),
    )
  }

  #command(command: ReplicaCommand): void {
    if (command.type === 'apply') this.#served.expect(command.batch, command.operations)
    if (command.type === 'read' && !this.#served.announced(command.path, command.digest)) {
      return this.#channel.send(
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
      if (this.#held.length > queuedMessagesLimit) this.#over('the hub took too long to read the tree', true)
    } else this.#send(event)
  }

  #live(): void {
    this.#state = 'live'
    this.#snapshot = emptyTree
    const held = this.#held
    this.#held = []
    for (const event of held) this.#send(event)
    this.guests.open()
  }

  #send(event: ReplicaEvent): void {
    if (event.type === 'content') this.#channel.send(eventCodec.encode(event) as Message)
    else this.#channel.sendSeries(this.#served.messages(event))
  }

  #fail(error: SyncError): void {
    if (error.code === 'TRANSPORT_LOST') return this.#over(error.message, true)
    // What a disk refuses now it may not refuse the next time.
    const verdict = error.verdict === 'problem' ? 'retry' : error.verdict === 'usage' ? 'halt' : error.verdict
    this.#lastWord({ type: 'closed', code: error.code, why: error.message, verdict })
  }

  /** Tells the hub why this is the end. */
  #lastWord(event: Closed): void {
    this.#finish(eventCodec.encode(event) as Message, event.why)
  }

  /** Says the last thing and gives the hub a moment to hang up. */
  #finish(message: Message, why: string): void {
    this.#state = 'closing'
    this.guests.close()
    void this.#letGo()
    this.#channel.finish(message)
    this.#cancelDeadline()
    this.#cancelDeadline = this.#options.clock.after(lastWordMs, () => this.#over(why))
  }

  #letGo(): Promise<string> {
    this.#replicaClosed ??= (this.#replica?.close() ?? Promise.resolve()).then(
      () => '',
      (error: unknown) => `; closing the replica failed: ${String(error)}`,
    )
    return this.#replicaClosed
  }

  #over(why: string, isLost = false): void {
    if (this.#state === 'over') return
    const mayComeBack = isLost && this.#state !== 'closing'
    this.#state = 'over'
    this.guests.close()
    this.#cancelDeadline()
    this.#channel.close()
    this.#link.close()
    void this.#letGo().then(failure => this.#ended({ why: `${why}${failure}`, isLost: mayComeBack }))
  }
}
