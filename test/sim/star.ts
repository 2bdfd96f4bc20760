import { openGate } from '../../lib/ports/gate.ts'
import type { IgnoreSettings } from '../../lib/core/ignore-settings.ts'
import type { LogEvent } from '../../lib/ports/log.ts'
import type { OpenReplica } from '../../lib/ports/replica.ts'
import { connectReplica } from '../../lib/protocol/remote-replica.ts'
import { serveReplica } from '../../lib/protocol/serve-replica.ts'
import { shareReplica } from '../../lib/replica/share-replica.ts'
import { acquaintSession } from '../../lib/sync/forget-session.ts'
import { rootBarrier } from '../../lib/sync/root-barrier.ts'
import type { BarrierResult } from '../../lib/sync/session-handle.ts'
import { SessionLoop } from '../../lib/sync/session-loop.ts'
import { ManualClock } from './clock.ts'
import { Crash } from './faults.ts'
import type { HostOptions, SimSurroundings } from './host.ts'
import { SimHost, digest, rootBase } from './host.ts'
import { SimLink } from './link.ts'
import type { SimProcess } from './process.ts'
import { Random } from './random.ts'
import { SimStorage } from './store.ts'
import type { SimUser } from './user.ts'
import type { SimVolume } from './volume.ts'

export interface StarOptions {
  readonly seed: number
  /** Names of the hosts at the rays, with what they are like. */
  readonly spokes: Readonly<Record<string, HostOptions>>
  readonly hub?: HostOptions
  /** What is ignored by default: nothing unless said. */
  readonly defaults?: readonly string[]
  readonly makeUser?: (volume: SimVolume, base: string, host: string) => SimUser
  readonly started?: (process: SimProcess, host: string) => void
  readonly log?: (event: LogEvent) => void
}

/** One host at a ray: its own session with the hub, over a wire of its own. */
export class Spoke {
  readonly host: SimHost
  readonly storage = new SimStorage()
  session: SessionLoop | undefined
  link: SimLink | undefined
  isCut = false

  constructor(host: SimHost) {
    this.host = host
  }
}

/** Any number of machines that keep one root equal through a hub, whose sessions share its replica. */
export class Star {
  readonly options: StarOptions
  readonly random: Random
  readonly clock = new ManualClock()
  hub: SimHost
  spokes: readonly Spoke[]
  readonly log: LogEvent[] = []
  readonly errors: unknown[] = []
  readonly ignore: IgnoreSettings = { patterns: ['ignored', '*.ign'], gitignore: false }
  #near: OpenReplica | undefined
  #epoch = 0
  readonly #rejected = (error: unknown): void => {
    if (error instanceof Crash) this.reap()
    else this.errors.push(error)
  }

  constructor(options: StarOptions) {
    this.options = options
    this.random = new Random(options.seed)
    const { makeUser, started } = options
    const around: SimSurroundings = {
      random: this.random,
      clock: this.clock,
      ignore: () => this.ignore,
      defaults: options.defaults,
      ...(makeUser !== undefined && { makeUser }),
      ...(started !== undefined && { started }),
    }
    this.hub = new SimHost(around, 'hub', options.hub)
    this.spokes = Object.entries(options.spokes).map(([name, spoke]) => new Spoke(new SimHost(around, name, spoke)))
    process.on('unhandledRejection', this.#rejected)
  }

  get hosts(): readonly SimHost[] {
    return [this.hub, ...this.spokes.map(({ host }) => host)]
  }

  get isUp(): boolean {
    return this.hub.process?.dead === false
  }

  async close(): Promise<void> {
    for (const { process } of this.hosts) process?.kill()
    for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve))
    process.removeListener('unhandledRejection', this.#rejected)
  }

  /** Starts the daemon on the hub with a session for each spoke. Whatever ran there before is gone. */
  startHub(): void {
    const process = this.hub.start()
    process.run(() => {
      this.#near = shareReplica(() => this.hub.openReplica(process))
      for (const spoke of this.spokes) this.#open(spoke, process)
    })
  }

  /** Opens the session of a spoke that has none, beside those that run. */
  open(spoke: Spoke): void {
    const { process } = this.hub
    if (process !== undefined && !process.dead) process.run(() => this.#open(spoke, process))
  }

  /** Ends the session of one spoke as `roots remove --on` does. */
  async end(spoke: Spoke): Promise<void> {
    let over = spoke.session === undefined
    void spoke.session?.close().then(() => {
      over = true
    })
    await this.pass(60_000, () => over || !this.isUp)
    spoke.session = undefined
  }

  #open(spoke: Spoke, process: SimProcess): void {
    const near = this.#near
    if (near === undefined) return
    const { name } = spoke.host
    const far: OpenReplica = (baseline, listener) =>
      connectReplica(() => this.#connect(spoke, process), {
        clock: process.clock,
        request: { root: 'r', path: rootBase, options: {} },
        epoch: ++this.#epoch,
      })(baseline, listener)
    const session = new SessionLoop({
      root: rootBase,
      hosts: { alpha: this.hub.name, beta: name },
      open: { alpha: near, beta: far },
      store: spoke.storage.open(process),
      clock: process.clock,
      gate: openGate,
      digester: digest,
      paused: false,
    })
    session.onEvent(event => {
      const told = { ...event, host: name }
      this.log.push(told)
      this.options.log?.(told)
    })
    spoke.session = session
  }

  #connect(spoke: Spoke, hub: SimProcess) {
    const far = spoke.host.start()
    const link = new SimLink({ near: hub, far, random: this.random.fork(`link ${this.#epoch}`) })
    spoke.link = link
    if (spoke.isCut) link.cut()
    far.run(() => {
      const served = serveReplica(link.far, {
        clock: far.clock,
        openRoot: () => shareReplica(() => spoke.host.openReplica(far)),
      })
      void served.ended.then(() => far.kill())
    })
    return link.near
  }

  async stopHub(): Promise<void> {
    let open = this.spokes.length
    for (const { session } of this.spokes) void (session?.close() ?? Promise.resolve()).then(() => open--)
    await this.pass(60_000, () => open === 0 || !this.isUp)
    if (open > 0 && this.isUp) this.errors.push(new Error('The daemon did not come to its end'))
    this.killHub()
    await this.pass(5000)
  }

  killHub(): void {
    this.hub.process?.kill()
    this.#near = undefined
    for (const spoke of this.spokes) spoke.session = undefined
  }

  /** As `dsync hub take` on the host of a spoke: whatever the hub was doing is over, and that host drives all others from now on. */
  async take(spoke: Spoke): Promise<void> {
    this.killHub()
    for (const { process } of this.hosts) process?.kill()
    const others = this.hosts.filter(host => host !== spoke.host)
    this.hub = spoke.host
    this.spokes = others.map(host => new Spoke(host))
    for (const { storage } of this.spokes) await acquaintSession(storage.open())
    this.startHub()
  }

  /** Takes the wire of a spoke away until it is given back. */
  setWire(spoke: Spoke, works: boolean, noticeMs?: number): void {
    spoke.isCut = !works
    if (!works) spoke.link?.cut(noticeMs)
  }

  powerCut(host: SimHost): void {
    host.powerCut(this.random.fork(`power ${this.clock.monotonic()}`))
    if (host !== this.hub) return
    this.killHub()
    const random = this.random.fork(`storage ${this.clock.monotonic()}`)
    for (const { storage } of this.spokes) storage.powerCut(random)
  }

  reap(): void {
    for (const { process } of this.hosts) if (process?.dead === true) process.kill()
  }

  async pass(ms: number, until: () => boolean = () => false): Promise<void> {
    await this.clock.settle({
      forMs: ms,
      until: () => {
        this.reap()
        return until()
      },
    })
  }

  /** As `dsync sync`: what the barrier of each spoke that has a session came to, by name. With `patient`, until none is away. */
  async sync({ timeoutMs = 120_000, verify = false, patient = true } = {}): Promise<
    ReadonlyMap<string, BarrierResult>
  > {
    const end = this.clock.monotonic() + timeoutMs
    for (;;) {
      if (!this.isUp) this.startHub()
      const open = this.spokes.filter(({ session }) => session !== undefined)
      const sessions = open.flatMap(({ session }) => (session === undefined ? [] : [session]))
      let results: BarrierResult[] | undefined
      const options = { timeoutMs, verify }
      const now = (): number => this.clock.monotonic()
      void rootBarrier(sessions, { options, now }, new AbortController().signal).then(given => {
        results = given
      })
      await this.pass(2 * timeoutMs, () => results !== undefined || !this.isUp)
      const given = results as BarrierResult[] | undefined
      const isOver = given !== undefined && (!patient || given.every(({ state }) => state !== 'disconnected'))
      if (isOver) return new Map(open.flatMap(({ host }, i) => (given[i] === undefined ? [] : [[host.name, given[i]]])))
      if (now() > end) throw new Error(`No agreement after ${timeoutMs} ms of simulated time`)
      await this.pass(1000)
    }
  }
}
