import type { Socket } from 'node:net'
import { codeOf } from '../core/errors.ts'
import type { ReplicaEvent } from '../core/messages.ts'
import type { GuardKind } from '../core/operation.ts'
import { detach } from '../ports/detached.ts'
import type { OpenReplica, Replica } from '../ports/replica.ts'
import type { Call } from './agent-call.ts'
import { callLine } from './agent-call.ts'
import { AgentGuests } from './agent-guests.ts'
import type { AgentSocket, Caller } from './agent-socket.ts'
import { listenForCalls } from './agent-socket.ts'
import { endingMs, hubCheckMs, lingerCheckMs, lingerMs } from './bounds.ts'
import type { RootRequest } from './handshake.ts'
import { ReplicaQuestions } from './replica-questions.ts'
import type { Ending, GreetedLink, ServeOptions, Serving } from './serve-replica.ts'
import { serveHub } from './serve-replica.ts'
import { socketLink } from './socket-link.ts'

export interface HolderOptions extends ServeOptions {
  readonly build: string
  /** Where later agent processes of the same root find this one. */
  readonly socketPath: string
  readonly request: RootRequest
  /** False once the root is not to be served any more, or not to that hub. Asked now and then. */
  isServed(request: RootRequest): boolean
  /** Aborts when this process shall end. */
  readonly signal: AbortSignal
}

/** Guards that a replica opened anew tells more of than one that is handed on. */
const rootGuards: ReadonlySet<GuardKind> = new Set(['root-missing', 'root-replaced', 'root-emptied'])

/**
 * Keeps one root open for its hub: serves it on the link it came by and, when that is lost, waits some minutes, the
 * tree warm and the root's lock held, for a later agent process to bring the hub's next connection to its socket. A
 * connection with a higher epoch ends the one before it, alive or not: nothing of that one is applied any more.
 */
export class AgentHolder {
  readonly #options: HolderOptions
  #epoch: number
  /** Of the connection that is served, or was last. */
  #request: RootRequest
  #open: OpenReplica | undefined
  /** Keeps the replica open while there is no hub. */
  #keeper: Replica | undefined
  readonly #heldGuards = new Set<GuardKind>()
  #socket: AgentSocket | undefined
  #serving: Serving | undefined
  #cancelLinger: () => void = () => {}
  #cancelCheck: () => void = () => {}
  #isEnding = false
  readonly #waitingForEnd: Socket[] = []
  readonly #questions = new ReplicaQuestions()
  readonly #guests = new AgentGuests({
    window: () => this.#serving?.guests,
    ask: question => this.#keeper && this.#questions.ask(this.#keeper, question),
  })
  /** Resolves, with why, when the replica is closed and the socket is gone; it never rejects. */
  readonly ended: Promise<string>
  #ended: (why: string) => void = () => {}

  constructor(greeted: GreetedLink, options: HolderOptions) {
    this.#options = options
    this.#epoch = greeted.epoch
    this.#request = options.request
    this.ended = new Promise(resolve => {
      this.#ended = resolve
    })
    const told = (): void => this.#end('this process was told to end')
    options.signal.addEventListener('abort', told, { once: true })
    this.#serve(greeted)
    if (options.signal.aborted) told()
  }

  #serve(greeted: GreetedLink): void {
    const { clock } = this.#options
    this.#cancelLinger()
    const serving = serveHub(greeted, {
      clock,
      openRoot: request => this.#openRoot(request),
      told: (request, news) => this.#options.told?.(request, news),
    })
    this.#serving = serving
    this.#checkHub()
    void serving.ended.then(ending => {
      if (this.#serving === serving) this.#left(ending)
    })
  }

  /** A hub whose root is not served any more, or that another has followed, is sent away: coming back it hears why. */
  #checkHub(): void {
    const { isServed, clock } = this.#options
    this.#cancelCheck()
    this.#cancelCheck = clock.after(hubCheckMs, () => {
      if (this.#serving === undefined || this.#isEnding) return
      if (isServed(this.#request)) this.#checkHub()
      else this.#end('this host does not serve that root to that hub any more')
    })
  }

  #openRoot(request: RootRequest): OpenReplica {
    const open = this.#open ?? this.#options.openRoot(request)
    return (baseline, listener) => {
      if (this.#keeper === undefined) {
        this.#keeper = open(baseline, event => this.#heard(event))
        this.#open = open
        detach(this.#listen(), this.#options.clock)
      }
      return open(baseline, listener)
    }
  }

  #heard(event: ReplicaEvent): void {
    this.#questions.heard(event)
    if (event.type === 'closed') this.#end(event.why)
    if (event.type !== 'guard' || !rootGuards.has(event.guard)) return
    if (event.state === 'held') this.#heldGuards.add(event.guard)
    else this.#heldGuards.delete(event.guard)
  }

  /** From the start: a link may be dead long before its end is noticed. Where no socket can be, the agent ends with its link. */
  async #listen(): Promise<void> {
    const { socketPath, clock } = this.#options
    try {
      const socket = await listenForCalls(socketPath, clock, {
        called: caller => this.#called(caller),
        visited: guest => this.#guests.visited(guest),
      })
      if (this.#isEnding) socket.close()
      else this.#socket = socket
    } catch (error) {
      // Whatever the system says to a socket: serving goes on, only waiting for the hub is not possible.
      if (codeOf(error) === undefined) throw error
    }
  }

  #left({ why, isLost }: Ending): void {
    this.#serving = undefined
    const { request, told } = this.#options
    if (this.#open !== undefined) told?.(request, undefined)
    if (this.#isEnding) return
    this.#cancelCheck()
    if (!isLost || this.#keeper === undefined || !this.#mayWait()) return this.#end(why)
    const { clock } = this.#options
    const until = clock.monotonic() + lingerMs
    const wait = (): void => {
      const leftMs = until - clock.monotonic()
      if (leftMs <= 0 || !this.#mayWait()) this.#end(`${why}, and no hub came back`)
      else this.#cancelLinger = clock.after(Math.min(lingerCheckMs, leftMs), wait)
    }
    wait()
  }

  #mayWait(): boolean {
    return this.#socket?.isOurs() === true && this.#heldGuards.size === 0 && this.#options.isServed(this.#request)
  }

  #called({ call, socket, rest }: Caller): void {
    const { request, build, clock } = this.#options
    if (call.request.root !== request.root) return void socket.destroy()
    if (!isLater(call, { request: this.#request, epoch: this.#epoch })) {
      const why = `a connection with epoch ${this.#epoch} has the root, this one has ${call.epoch}`
      return void socket.end(callLine({ state: 'refused', why }))
    }
    this.#epoch = call.epoch
    this.#request = call.request
    const before = this.#serving
    this.#serving = undefined
    before?.end(closed('A later connection of its hub serves this root'))
    const isSameAgent = call.build === build && isSame(call.request, request)
    if (this.#isEnding || !isSameAgent || this.#heldGuards.size > 0 || !this.#options.isServed(call.request)) {
      socket.write(callLine({ state: 'ending' }))
      this.#waitingForEnd.push(socket)
      return this.#end('another agent takes its place')
    }
    socket.write(callLine({ state: 'go' }))
    this.#serve({ link: socketLink(socket, clock), epoch: call.epoch, first: rest })
  }

  /** Lets go of the root, then tells whoever waits for that. A disk that hangs does not keep this process. */
  #end(why: string): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#questions.close('TRANSPORT_LOST', `The agent ends: ${why}`)
    this.#cancelLinger()
    this.#cancelCheck()
    this.#socket?.close()
    const { clock } = this.#options
    const over = (): void => {
      cancel()
      for (const socket of this.#waitingForEnd) socket.end(callLine({ state: 'ended' }))
      this.#ended(why)
    }
    const cancel = clock.after(endingMs, over)
    const serving = this.#serving
    serving?.end(closed(`The agent ends: ${why}`))
    const failed = (error: unknown): string => `${why}; closing the replica failed: ${String(error)}`
    const kept = this.#keeper?.close() ?? Promise.resolve()
    void kept
      .then(() => why, failed)
      .then(async () => {
        await serving?.ended
        over()
      })
  }
}

function closed(why: string): ReplicaEvent & { type: 'closed' } {
  return { type: 'closed', code: 'TRANSPORT_LOST', why, verdict: 'retry' }
}

/** Of two hubs the one with the higher claim is later; of two connections of one hub the one with the higher number. */
function isLater(call: Pick<Call, 'epoch' | 'request'>, known: Pick<Call, 'epoch' | 'request'>): boolean {
  const [theirs, ours] = [call.request.hub, known.request.hub]
  if (theirs?.hub !== ours?.hub) return (theirs?.epoch ?? 0) > (ours?.epoch ?? 0)
  return call.epoch > known.epoch
}

function isSame(a: RootRequest, b: RootRequest): boolean {
  const names = new Set([...Object.keys(a.options), ...Object.keys(b.options)])
  return a.path === b.path && [...names].every(name => a.options[name] === b.options[name])
}
