import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { TestContext } from 'node:test'
import type { HubClaim } from '../../lib/core/hub.ts'
import { isSameClaim, judgeClaim } from '../../lib/core/hub.ts'
import { emptyTree } from '../../lib/core/tree.ts'
import type { Clock } from '../../lib/ports/clock.ts'
import type { LinkEnd, OutgoingLink } from '../../lib/ports/link.ts'
import type { Replica } from '../../lib/ports/replica.ts'
import { runAgent } from '../../lib/protocol/agent-main.ts'
import type { GuestDesk } from '../../lib/protocol/guest-door.ts'
import { connectReplica } from '../../lib/protocol/remote-replica.ts'
import { openRoot } from '../../lib/replica/open-root.ts'
import { shareReplica } from '../../lib/replica/share-replica.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import { startWorker } from '../worker.ts'
import { ManualClock } from '../sim/clock.ts'
import { Events } from './connection.ts'

export interface AgentSetup {
  readonly hub?: HubClaim
  readonly epoch: number
  readonly build?: string
  readonly options?: Readonly<Record<string, string>>
  /** What the hub does for guests. */
  readonly guests?: GuestDesk
}

/** A hub's connection to an agent of its own, both in this process. */
export interface Connection {
  readonly replica: Replica
  readonly events: Events
  /** Why the agent ended. */
  readonly ended: Promise<string>
  /** The hub vanishes without a word. */
  cut(): void
  /** The hub stands still: what it is sent waits, and it says nothing. */
  hang(): void
  readonly abort: AbortController
}

/**
 * A root on this disk, and agents for it that share nothing but the disk, the lock and the socket. What is counted in
 * minutes goes by a clock that a test turns.
 */
export class LingerRig {
  readonly base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-linger-')))
  readonly root = join(this.base, 'root')
  readonly socketPath = join(this.base, 'agent.sock')
  /** Turned by hand: everything that waits, but not what is done soon. */
  readonly time = new ManualClock()
  readonly clock: Clock = {
    now: () => Date.now(),
    monotonic: () => this.time.monotonic(),
    after: (ms, run) => this.time.after(ms, run),
    soon: run => void setImmediate(run),
  }
  /** How often the root was opened. */
  opened = 0
  served = true
  /** Whom the host follows. */
  hub: HubClaim | undefined
  /** What hubs were told instead of a welcome. */
  readonly elsewhere: HubClaim[] = []
  /** What hubs told, undefined where one was lost. */
  readonly told: (string | undefined)[] = []
  readonly #connections: Connection[] = []

  constructor(t: Pick<TestContext, 'after'>) {
    mkdirSync(this.root)
    this.write('a', '1')
    t.after(async () => {
      for (const { replica, abort } of this.#connections) {
        abort.abort()
        void replica.close()
      }
      let isOver = false
      const over = Promise.all(this.#connections.map(({ ended }) => ended)).then(() => (isOver = true))
      await this.turn(() => isOver)
      await over
      rmSync(this.base, { recursive: true, force: true })
    })
  }

  /** Lets time pass, a second at a time, until something has come of it. */
  async turn(isDone: () => boolean, limitMs = 600_000): Promise<void> {
    for (let passed = 0; !isDone() && passed < limitMs; passed += 1000) {
      this.time.advance(1000)
      for (let turns = 0; turns < 20 && !isDone(); turns++) await new Promise(resolve => setImmediate(resolve))
    }
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.root, name), text)
  }

  /** Starts an agent as a hub that connects would. */
  connect({ epoch, build = 'b1', options = {}, guests, hub }: AgentSetup): Connection {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()]
    const abort = new AbortController()
    const ended = runAgent({
      stdin,
      stdout,
      clock: this.clock,
      openRoot: request => this.#openRoot(request.path),
      told: (_request, news) => this.told.push(news),
      keeping: {
        build,
        socketPath: () => this.socketPath,
        isServed: each => this.served && each.hub?.hub === this.hub?.hub,
        meet: async each => this.#meet(each.hub),
        signal: abort.signal,
      },
    })
    void ended.then(() => stdout.end())
    const link = hubLink(stdin, stdout)
    const events = new Events()
    const request = { root: 'r1', path: this.root, options, ...(hub !== undefined && { hub }) }
    const elsewhere = (stands: HubClaim): void => void this.elsewhere.push(stands)
    const connect = connectReplica(() => link, { clock: systemClock, request, epoch, guests, elsewhere })
    const replica = connect(() => emptyTree, events.listener)
    const connection = {
      replica,
      events,
      ended,
      abort,
      cut: () => link.close(),
      hang: () => {
        stdout.pause()
      },
    }
    this.#connections.push(connection)
    return connection
  }

  /** As the record of a home does. */
  #meet(claim: HubClaim | undefined): HubClaim | undefined {
    if (claim === undefined) return this.hub
    if (judgeClaim(this.hub, claim) === 'follow') this.hub = claim
    return isSameClaim(this.hub, claim) ? undefined : this.hub
  }

  #openRoot(root: string) {
    return shareReplica(() => {
      const replica = openRoot({
        root,
        work: join(this.base, 'work'),
        host: 'far',
        watcher: 'auto',
        ignore: { patterns: [], gitignore: false },
        clock: systemClock,
        startWorker,
      })
      this.opened++
      return replica
    })
  }
}

function hubLink(stdin: PassThrough, stdout: PassThrough): OutgoingLink {
  let closed: (end: LinkEnd) => void = () => {}
  stdout.on('close', () => closed({ code: 'TRANSPORT_LOST', why: 'the agent is gone' }))
  stdout.on('end', () => closed({ code: 'TRANSPORT_LOST', why: 'the agent is gone' }))
  return {
    write: bytes => stdin.writableEnded || stdin.write(bytes),
    onOpen: listen => listen(),
    onData: listen => void stdout.on('data', listen),
    onDrain: listen => void stdin.on('drain', listen),
    onClose: listen => {
      closed = listen
    },
    close: () => void stdin.end(),
  }
}
