import { randomBytes } from 'node:crypto'
import { SyncError } from '../core/errors.ts'
import type { HubClaim } from '../core/hub.ts'
import { otherHub } from '../core/hub.ts'
import type { ReplicaCommand, ReplicaEvent } from '../core/messages.ts'
import type { Operation } from '../core/operation.ts'
import type { Tree } from '../core/tree.ts'
import { emptyTree } from '../core/tree.ts'
import type { Clock } from '../ports/clock.ts'
import type { LinkEnd, OpenLink, OutgoingLink } from '../ports/link.ts'
import type { OpenReplica, Replica, ReplicaListener } from '../ports/replica.ts'
import { goodbyeMs, handshakeMs, probeMs, protocolVersion, queuedMessagesLimit } from './bounds.ts'
import { Channel } from './channel.ts'
import { commandCodec } from './codec-command.ts'
import type { WireEvent } from './codec-event.ts'
import { eventCodec } from './codec-event.ts'
import { wants } from './describe.ts'
import { agentGreetingReader, checkVersion, hubLine, noGreeting } from './greeting.ts'
import type { GuestDesk } from './guest-door.ts'
import { GuestDoor } from './guest-door.ts'
import type { RootRequest } from './handshake.ts'
import { bandwidthOf, ourLimits, settle, settling } from './handshake.ts'
import type { Message } from './message.ts'
import { MirrorTree } from './mirror-tree.ts'
import { OpenQuestions } from './open-questions.ts'
import { digestSteps, inSlices } from './tree-digest.ts'
import { TreeReading } from './tree-reading.ts'
import { violation } from './violation.ts'

export interface ConnectOptions {
  readonly clock: Clock
  readonly request: RootRequest
  /** Higher than that of any connection of this root before; 32 bits. */
  readonly epoch: number
  /** For those who run commands at the other end; without it they are refused. */
  readonly guests?: GuestDesk | undefined
  /** Hears whom the other host follows, when it is not us. */
  readonly elsewhere?: (stands: HubClaim) => void
}

/**
 * A replica at the other end of a link. Its listener hears at the latest ten seconds after the link is open either from
 * the agent or, with `closed`, why there is none; the link is over with it, and reconnecting means opening anew.
 */
export function connectReplica(openLink: OpenLink, options: ConnectOptions): OpenReplica {
  return (baseline, listener) => new RemoteReplica(openLink, options, baseline, listener)
}

/** `greeting`: no frame yet · `settling`: no welcome yet · `scanning`: no tree yet · `listing`: reading it · `live`. */
type State = 'greeting' | 'settling' | 'scanning' | 'listing' | 'live' | 'closed'

type Ready = WireEvent & { readonly type: 'ready' }

/** Answers to what was asked while reading the tree. */
const readingTypes: ReadonlySet<string> = new Set(['rows', 'pages', 'described'])

class RemoteReplica implements Replica {
  readonly #openLink: OpenLink
  readonly #options: ConnectOptions
  readonly #baseline: () => Tree
  readonly #listener: ReplicaListener
  readonly #nonce = randomBytes(16).toString('hex')
  readonly #greeting = agentGreetingReader(this.#nonce)
  #state: State = 'greeting'
  #link: OutgoingLink | undefined
  #linkOpen = false
  #linkEnded = false
  #channel: Channel | undefined
  #door: GuestDoor | undefined
  /** Reads the tree while the state is `listing`. */
  #reading: TreeReading | undefined
  /** What came while the mirror is being compared. */
  #deferred: Message[] | undefined
  #mirror: MirrorTree
  readonly #waiting: ReplicaCommand[] = []
  readonly #batches = new Map<number, readonly Operation[]>()
  readonly #questions = new OpenQuestions()
  #cancelDeadline = (): void => {}
  #cancelProbe = (): void => {}
  #closing: Promise<void> | undefined
  #onLinkEnd = (): void => {}

  constructor(openLink: OpenLink, options: ConnectOptions, baseline: () => Tree, listener: ReplicaListener) {
    this.#openLink = openLink
    this.#options = options
    this.#baseline = baseline
    this.#listener = listener
    this.#mirror = new MirrorTree(emptyTree)
    options.clock.soon(() => this.#start())
  }

  send(command: ReplicaCommand): void {
    if (this.#state === 'closed') return
    if (this.#state === 'greeting' || this.#state === 'settling') this.#waiting.push(command)
    else this.#say(command)
  }

  get roundTripMs(): number | undefined {
    return this.#channel?.roundTripMs
  }

  probe(): void {
    if (this.#channel !== undefined) return this.#channel.probe()
    if (this.#state !== 'greeting' || this.#linkOpen) return
    this.#cancelProbe()
    this.#cancelProbe = this.#options.clock.after(probeMs, () => {
      if (this.#linkOpen) return
      const why = `An attempt to reach the agent came to nothing for ${probeMs / 1000} s`
      this.#fail(new SyncError('TRANSPORT_LOST', why, { verdict: 'retry' }))
    })
  }

  /** On purpose: the agent is told not to wait for us. */
  close(): Promise<void> {
    if (this.#state !== 'closed') this.#channel?.finish(['bye'])
    this.#shut()
    if (this.#link === undefined || this.#linkEnded) return Promise.resolve()
    this.#closing ??= new Promise<void>(resolve => {
      const cancel = this.#options.clock.after(goodbyeMs, resolve)
      this.#onLinkEnd = () => {
        cancel()
        resolve()
      }
    })
    return this.#closing
  }

  #start(): void {
    if (this.#state === 'closed') return
    try {
      this.#link = this.#openLink()
    } catch (error) {
      return this.#fail(
        error instanceof SyncError ? error : new SyncError('TRANSPORT_LOST', String(error), { verdict: 'retry' }),
      )
    }
    this.#link.onData(bytes => this.#data(bytes))
    this.#link.onClose(end => this.#ended(end))
    this.#link.onOpen(() => this.#greet())
  }

  #greet(): void {
    if (this.#state !== 'greeting') return
    this.#linkOpen = true
    const { clock, epoch } = this.#options
    this.#cancelDeadline = clock.after(handshakeMs, () => this.#fail(noGreeting(this.#greeting.text())))
    this.#link?.write(Buffer.from(hubLine({ version: protocolVersion, nonce: this.#nonce, epoch }), 'latin1'))
  }

  #data(bytes: Uint8Array): void {
    if (this.#channel !== undefined) return this.#channel.feed(bytes)
    if (this.#state !== 'greeting') return
    try {
      const read = this.#greeting.push(bytes)
      if (read === undefined) return
      checkVersion(read.greeting)
      this.#settle(read.rest)
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      this.#fail(error)
    }
  }

  #settle(rest: Uint8Array): void {
    const { clock, epoch, request } = this.#options
    if (this.#link === undefined) return
    this.#state = 'settling'
    this.#channel = new Channel(this.#link, {
      clock,
      epoch,
      bandwidth: bandwidthOf(request),
      receive: message => this.#receive(message),
      failed: error => this.#fail(error),
    })
    this.#door = new GuestDoor(this.#channel, this.#options)
    const hello = settling.encode({ type: 'hello', limits: ourLimits, compressions: ['deflate'], open: request })
    this.#channel.send(hello as Message)
    this.#channel.feed(rest)
  }

  #receive(message: Message): void {
    if (this.#deferred === undefined) return this.#take(message)
    this.#deferred.push(message)
    if (this.#deferred.length > queuedMessagesLimit)
      throw violation('it sent too much while its tree was being compared')
  }

  #take(message: Message): void {
    const [type] = message
    if (type === 'welcome' || type === 'elsewhere') return this.#welcome(message)
    if (this.#reading !== undefined && readingTypes.has(type)) return this.#reading.take(message)
    if (type === 'rows') return this.#rows(message[1])
    if (type === 'guest' || type === 'guest-gone') return this.#door?.take(message)
    this.#event(eventCodec.decode(message))
  }

  #rows(flat: unknown): void {
    if (this.#state !== 'live') throw violation('it sent rows of no event')
    this.#mirror.rows(flat)
  }

  #welcome(message: Message): void {
    if (this.#state !== 'settling') throw violation('it said welcome twice')
    const settled = settling.decode(message)
    if (settled.type === 'elsewhere') return this.#elsewhere(settled.hub)
    settle(settled)
    this.#cancelDeadline()
    this.#state = 'scanning'
    this.#channel?.measure()
    for (const command of this.#waiting.splice(0)) this.#say(command)
  }

  #elsewhere(stands: HubClaim): void {
    this.#options.elsewhere?.(stands)
    this.#fail(otherHub(stands, this.#options.request.hub))
  }

  #say(command: ReplicaCommand): void {
    if (command.type === 'apply') this.#batches.set(command.batch, command.operations)
    this.#questions.asked(command)
    try {
      this.#channel?.send(commandCodec.encode(command) as Message)
    } catch (error) {
      // A command that cannot be said is a mistake of ours, which the listener hears as any other.
      this.#channel?.fail(error)
    }
  }

  #event(event: WireEvent): void {
    this.#questions.answered(event)
    if (event.type === 'closed') return this.#finish(event)
    if (event.type === 'ready') return this.#ready(event)
    if (event.type !== 'changed' && event.type !== 'outcomes' && event.type !== 'fenced') return this.#listener(event)
    if (this.#state !== 'live') throw violation(`it sent ${event.type} before its tree was read`)
    if (event.type === 'changed') this.#listener({ ...event, tree: this.#mirror.changed(event.moves) })
    else if (event.type === 'fenced') this.#fenced(event)
    else {
      const operations = this.#batches.get(event.batch)
      if (operations === undefined) throw violation('it answered a batch nobody sent')
      this.#batches.delete(event.batch)
      this.#listener({ ...event, tree: this.#mirror.applied(operations, event.outcomes) })
    }
  }

  #ready(ready: Ready): void {
    if (this.#state !== 'scanning') throw violation('it said ready twice')
    this.#state = 'listing'
    this.#reading = new TreeReading({
      clock: this.#options.clock,
      baseline: this.#baseline(),
      mark: ready.mark,
      ask: asked => this.#channel?.send(['describe', wants.encode(asked)]),
      done: tree => this.#live(tree, ready),
      failed: error => this.#channel?.fail(error),
    })
  }

  #live(tree: Tree, { mark, facts, tracked }: Ready): void {
    if (this.#state !== 'listing') return
    this.#reading = undefined
    this.#mirror = new MirrorTree(tree)
    this.#mirror.check(mark)
    this.#state = 'live'
    this.#channel?.send(['listed'])
    this.#door?.open()
    this.#listener({ type: 'ready', tree, facts, tracked })
  }

  /** Compares the mirror with the served tree. Digesting what is new may take long: what comes meanwhile waits. */
  #fenced({ id, waiting, mark }: Extract<WireEvent, { readonly type: 'fenced' }>): void {
    this.#deferred = []
    inSlices(digestSteps(this.#mirror.tree.children), this.#options.clock)
      .then(() => {
        if (this.#state === 'closed') return
        this.#mirror.check(mark)
        this.#listener({ type: 'fenced', id, waiting })
        const deferred = this.#deferred ?? []
        this.#deferred = undefined
        for (const message of deferred) if (this.#state === 'live') this.#receive(message)
      })
      .catch((error: unknown) => this.#channel?.fail(error))
  }

  /** An error of this end or in what the other sent: the last thing the listener hears. */
  #fail(error: SyncError): void {
    const verdict = error.verdict === 'retry' || error.verdict === 'bug' ? error.verdict : 'halt'
    // What went wrong between the two is not to be met again in an agent that waits for us.
    if (verdict !== 'retry' && this.#state !== 'closed') this.#channel?.finish(['bye'])
    this.#finish({ type: 'closed', code: error.code, why: withHint(error.message, error.hint), verdict })
  }

  #ended(end: LinkEnd): void {
    this.#linkEnded = true
    this.#onLinkEnd()
    this.#finish({
      type: 'closed',
      code: end.code,
      why: withHint(end.why, end.hint),
      verdict: end.waits ? 'halt' : 'retry',
    })
  }

  #finish(event: Extract<ReplicaEvent, { readonly type: 'closed' }>): void {
    if (this.#state === 'closed') return
    this.#shut()
    this.#listener(event)
  }

  #shut(): void {
    this.#state = 'closed'
    this.#door?.close()
    this.#cancelDeadline()
    this.#cancelProbe()
    this.#channel?.close()
    this.#link?.close()
  }
}

const withHint = (why: string, hint: string | undefined): string => (hint === undefined ? why : `${why} (${hint})`)
