import type { IgnoreSettings } from '../../lib/core/ignore-settings.ts'
import { openGate } from '../../lib/ports/gate.ts'
import type { Side } from '../../lib/core/operation.ts'
import type { LogEvent } from '../../lib/ports/log.ts'
import type { OpenReplica } from '../../lib/ports/replica.ts'
import { shareReplica } from '../../lib/replica/share-replica.ts'
import { connectReplica } from '../../lib/protocol/remote-replica.ts'
import { serveReplica } from '../../lib/protocol/serve-replica.ts'
import type { BarrierResult } from '../../lib/sync/session-handle.ts'
import type { SyncMode } from '../../lib/sync/session-spec.ts'
import { SessionLoop } from '../../lib/sync/session-loop.ts'
import { SimCarrier } from './carrier.ts'
import { ManualClock } from './clock.ts'
import { Crash } from './faults.ts'
import type { HostOptions, SimSurroundings } from './host.ts'
import { SimHost, digest, rootBase } from './host.ts'
import { SimLink } from './link.ts'
import type { PowerLoss } from './power.ts'
import type { SimProcess } from './process.ts'
import { Random } from './random.ts'
import { SimStorage } from './store.ts'
import type { SimUser } from './user.ts'
import type { SimVolume } from './volume.ts'

export interface WorldOptions {
  readonly seed: number
  /** Which way changes go; both unless said. */
  readonly mode?: SyncMode
  /** What is ignored by default: nothing unless said. */
  readonly defaults?: readonly string[]
  readonly alpha?: HostOptions
  readonly beta?: HostOptions
  /** Makes the other programs of a host; plain ones unless given. */
  readonly makeUser?: (volume: SimVolume, base: string, side: Side) => SimUser
  /** Told of every process that starts, before it does anything. */
  readonly started?: (process: SimProcess, side: Side) => void
  /** Told of every line of the audit log. */
  readonly log?: (event: LogEvent) => void
}

/** Written by a callback, which the compiler does not follow. */
function lost(result: BarrierResult | undefined): boolean {
  return result?.state === 'disconnected'
}

/** Two machines, a wire between them and one clock: a whole session, and everything that can happen to it. */
export class World {
  readonly options: WorldOptions
  readonly random: Random
  readonly clock = new ManualClock()
  readonly alpha: SimHost
  readonly beta: SimHost
  readonly storage = new SimStorage()
  readonly log: LogEvent[] = []
  session: SessionLoop | undefined
  /** What the settings say, for processes that start from now on. */
  ignore: IgnoreSettings = { patterns: ['ignored', '*.ign'], gitignore: false }
  #link: SimLink | undefined
  #epoch = 0
  /** Large files go by a carrier. */
  readonly #hasLane: boolean
  #wireIsCut = false
  /** What went wrong in a process for no reason of this world. */
  readonly errors: unknown[] = []
  readonly #rejected = (error: unknown): void => {
    // A process that died in the middle of an asynchronous piece of work rejects a promise that nobody is left to await.
    if (error instanceof Crash) this.reap()
    else {
      this.errors.push(error)
      this.options.log?.({ at: this.clock.now(), level: 'error', event: 'rejected', why: String(error) })
    }
  }

  constructor(options: WorldOptions) {
    this.options = options
    this.random = new Random(options.seed)
    this.#hasLane = this.random.fork('lane').chance(0.5)
    const { makeUser, started } = options
    const around: SimSurroundings = {
      random: this.random,
      clock: this.clock,
      ignore: () => this.ignore,
      defaults: options.defaults,
      ...(makeUser !== undefined && { makeUser: (volume, base, host) => makeUser(volume, base, host as Side) }),
      ...(started !== undefined && { started: (process, host) => started(process, host as Side) }),
    }
    this.alpha = new SimHost(around, 'alpha', options.alpha)
    this.beta = new SimHost(around, 'beta', options.beta)
    process.on('unhandledRejection', this.#rejected)
  }

  /** Ends all processes, and takes note of what they leave unsaid. */
  async close(): Promise<void> {
    this.alpha.process?.kill()
    this.beta.process?.kill()
    for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve))
    process.removeListener('unhandledRejection', this.#rejected)
  }

  /** Starts the daemon on alpha. Whatever ran there before is gone. */
  startHub(): void {
    const process = this.alpha.start()
    process.run(() => {
      const near: OpenReplica = shareReplica(() => this.alpha.openReplica(process))
      const far: OpenReplica = (baseline, listener) =>
        connectReplica(() => this.#connect(process), {
          clock: process.clock,
          request: { root: 'r', path: rootBase, options: {} },
          epoch: ++this.#epoch,
        })(baseline, listener)
      const session = new SessionLoop({
        root: rootBase,
        hosts: { alpha: 'alpha', beta: 'beta' },
        open: { alpha: near, beta: far },
        store: this.storage.open(process),
        clock: process.clock,
        gate: openGate,
        digester: digest,
        paused: false,
        ...(this.options.mode !== undefined && { mode: this.options.mode }),
        ...(this.#hasLane && { carrier: this.#carrier(process) }),
      })
      session.onEvent(event => {
        this.log.push(event)
        this.options.log?.(event)
      })
      this.session = session
    })
  }

  #carrier(hub: SimProcess): SimCarrier {
    const volumes = { alpha: this.alpha.volume, beta: this.beta.volume }
    const random = this.random.fork(`lane ${this.#epoch}`)
    return new SimCarrier({ volumes, root: rootBase, clock: hub.clock, random })
  }

  /** Opens the wire and starts an agent at its other end. */
  #connect(hub: SimProcess) {
    const far = this.beta.start()
    const link = new SimLink({ near: hub, far, random: this.random.fork(`link ${this.#epoch}`) })
    this.#link = link
    if (this.#wireIsCut) link.cut()
    far.run(() => {
      const served = serveReplica(link.far, {
        clock: far.clock,
        openRoot: () => shareReplica(() => this.beta.openReplica(far)),
      })
      // An agent whose link is over has closed its replica, and exits.
      void served.ended.then(() => {
        if (!far.dead) this.#checkHandles(this.beta)
        far.kill()
      })
    })
    return link.near
  }

  /** Ends the daemon as a person does. */
  async stopHub(): Promise<void> {
    let over = this.session === undefined
    void this.session?.close().then(() => {
      over = true
    })
    await this.pass(60_000, () => over || this.alpha.process?.dead === true)
    if (!over) this.errors.push(new Error('The daemon did not come to its end'))
    else this.#checkHandles(this.alpha)
    this.killHub()
    // The agent hears of it.
    await this.pass(5000)
  }

  #checkHandles(host: SimHost): void {
    const open = host.disks.reduce((sum, disk) => sum + disk.openHandles, 0)
    if (open > 0) this.errors.push(new Error(`${host.name} left ${open} handles open`))
  }

  killHub(): void {
    this.alpha.process?.kill()
    this.session = undefined
  }

  killAgent(): void {
    this.beta.process?.kill()
  }

  cut(noticeMs?: number): void {
    this.#link?.cut(noticeMs)
  }

  /** Takes the wire away until it is given back. */
  setWire(works: boolean, noticeMs?: number): void {
    this.#wireIsCut = !works
    if (!works) this.#link?.cut(noticeMs)
  }

  powerCut(side: Side): PowerLoss {
    const loss = this[side].powerCut(this.random.fork(`power ${this.clock.monotonic()}`))
    if (side === 'alpha') {
      this.session = undefined
      this.storage.powerCut(this.random.fork(`storage ${this.clock.monotonic()}`))
    }
    return loss
  }

  /** A process that died in the middle of something lets go of what it held. */
  reap(): void {
    for (const { process } of [this.alpha, this.beta]) if (process?.dead === true) process.kill()
  }

  /** Lets time pass. */
  async pass(ms: number, until: () => boolean = () => false): Promise<void> {
    await this.clock.settle({
      forMs: ms,
      until: () => {
        this.reap()
        return until()
      },
    })
  }

  /** Waits until both sides agree, or says what stands in the way. Time passes as it needs. */
  async sync({ timeoutMs = 120_000, verify = false } = {}): Promise<BarrierResult> {
    if (this.alpha.process === undefined || this.alpha.process.dead) this.startHub()
    let result: BarrierResult | undefined
    const end = this.clock.monotonic() + timeoutMs
    while (result === undefined || lost(result)) {
      if (this.clock.monotonic() > end) throw new Error(`No agreement after ${timeoutMs} ms of simulated time`)
      result = undefined
      void this.session?.barrier({ timeoutMs, verify }, new AbortController().signal).then(given => {
        result = given
      })
      await this.pass(timeoutMs, () => result !== undefined || this.alpha.process?.dead === true)
      if (this.alpha.process?.dead === true) this.startHub()
      if (lost(result)) await this.pass(1000)
    }
    return result
  }

  /** What each side holds, without the ignored. */
  snapshot(side: 'alpha' | 'beta') {
    return this[side].user.snapshot()
  }
}
