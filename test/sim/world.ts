import { createHash } from 'node:crypto'
import type { Digest } from '../../lib/core/entry.ts'
import { IgnoreRules } from '../../lib/core/ignore-rules.ts'
import type { IgnoreSettings } from '../../lib/core/ignore-settings.ts'
import { openGate } from '../../lib/ports/gate.ts'
import type { Side } from '../../lib/core/operation.ts'
import type { LogEvent } from '../../lib/ports/log.ts'
import type { ReadHandle } from '../../lib/ports/disk.ts'
import type { OpenReplica } from '../../lib/ports/replica.ts'
import type { OpenWatcher } from '../../lib/ports/watcher.ts'
import { LocalReplica } from '../../lib/replica/local-replica.ts'
import { shareReplica } from '../../lib/replica/share-replica.ts'
import { recover } from '../../lib/replica/recovery.ts'
import { openWork } from '../../lib/replica/work.ts'
import { connectReplica } from '../../lib/protocol/remote-replica.ts'
import { serveReplica } from '../../lib/protocol/serve-replica.ts'
import type { BarrierResult } from '../../lib/sync/session-handle.ts'
import type { SyncMode } from '../../lib/sync/session-spec.ts'
import { SessionLoop } from '../../lib/sync/session-loop.ts'
import { SimCarrier } from './carrier.ts'
import type { Skew } from './clock.ts'
import { ManualClock, worldStart } from './clock.ts'
import { SimDisk } from './disk.ts'
import { Crash } from './faults.ts'
import { SimLink } from './link.ts'
import type { PowerLoss } from './power.ts'
import { powerCut } from './power.ts'
import { SimProcess } from './process.ts'
import { Random } from './random.ts'
import { SimStorage } from './store.ts'
import { SimUser } from './user.ts'
import type { VolumeOptions } from './volume.ts'
import { SimVolume } from './volume.ts'
import { SimWatcher, openSimFsWatch, openSimInotify } from './watcher.ts'

export function digest(bytes: Uint8Array): Digest {
  return createHash('sha256').update(bytes).digest('hex')
}

export interface HostOptions {
  readonly watcher?: 'inotify' | 'fs-watch'
  /** Events the system's queue holds. */
  readonly queueLimit?: number
  /** Watches the system allows. */
  readonly watchLimit?: number
  /** Room the trash may take (bytes). */
  readonly trashBytes?: number
  readonly volume?: Omit<VolumeOptions, 'clock'>
}

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

export const rootBase = '/home/u/root'
export const workBase = '/home/u/kit/work'

/** One machine: its disk survives what its processes do not. */
export class SimHost {
  readonly name: Side
  readonly volume: SimVolume
  readonly user: SimUser
  readonly skew: Skew
  readonly #world: World
  readonly #options: HostOptions
  process: SimProcess | undefined
  /** Disks of the process that runs now. */
  disks: readonly SimDisk[] = []
  /** Watches of the process that runs now. */
  watcher: SimWatcher | undefined
  boots = 0

  constructor(world: World, name: Side) {
    const { options } = world
    this.#world = world
    this.#options = options[name] ?? {}
    this.name = name
    this.skew = { ms: world.random.between(-60_000, 60_000) }
    this.volume = new SimVolume({
      ...this.#options.volume,
      clock: { now: () => worldStart + world.clock.monotonic() + this.skew.ms },
    })
    const setup = new SimProcess(world.clock, this.skew)
    new SimDisk(this.volume, rootBase, { process: setup, random: world.random }).ensureBase(0o755)
    new SimDisk(this.volume, workBase, { process: setup, random: world.random }).ensureBase(0o700)
    setup.kill()
    // Both stood there long before: no power cut takes them away.
    this.volume.journal.commit(this.volume.journal.length)
    this.user = options.makeUser?.(this.volume, rootBase, name) ?? new SimUser(this.volume, rootBase)
  }

  /** Starts a process on this host; the one before it is gone. */
  start(): SimProcess {
    this.process?.kill()
    this.process = new SimProcess(this.#world.clock, this.skew)
    this.disks = []
    this.watcher = undefined
    this.#world.options.started?.(this.process, this.name)
    return this.process
  }

  /** The replica of the root, in a process of this host. */
  openReplica(process: SimProcess): LocalReplica {
    try {
      return this.#openReplica(process)
    } catch (error) {
      for (const disk of this.disks) disk.close()
      throw error
    }
  }

  #openReplica(process: SimProcess): LocalReplica {
    const { random } = this.#world
    const root = new SimDisk(this.volume, rootBase, { process, random })
    const disk = new SimDisk(this.volume, workBase, { process, random })
    const holder = new SimDisk(this.volume, '/home/u', { process, random })
    this.disks = [root, disk, holder]
    const volume = this.volume.options
    const abilities = {
      exchange: volume.exchange,
      exclusiveRename: volume.exclusiveRename,
      hardLinks: volume.hardLinks,
      symlinks: volume.symlinks,
      leases: volume.leases,
      caseSensitive: !volume.foldsCase,
      normalising: volume.normalises,
      modes: volume.modes,
    }
    const work = openWork(disk, { abilities, clock: process.clock })
    recover(root, work)
    return new LocalReplica({
      root,
      holder: { disk: holder, name: 'root' },
      work,
      lock: { release: () => {} },
      remarks: [],
      openWatcher: this.#openWatcher(process),
      clock: process.clock,
      hashFile: handle => hashInPieces(handle, process, random),
      digest,
      ignore: new IgnoreRules(this.#world.ignore, this.#world.options.defaults ?? []),
      facts: {
        host: this.name,
        bootId: `${this.name}-${this.boots}`,
        caseSensitive: abilities.caseSensitive,
        normalising: abilities.normalising,
        swap: abilities.exchange ? 'exchange' : 'aside',
        staging: 'home',
        created: false,
      },
      racyMs: volume.grainMs >= 1 ? 20 : 0,
      seed: random.int(1 << 30),
      safetyMs: 60_000,
      ...(this.#options.trashBytes !== undefined && { trashBytes: this.#options.trashBytes }),
    })
  }

  powerCut(random: Random): PowerLoss {
    this.process?.kill()
    this.boots++
    return powerCut(this.volume, random)
  }

  #openWatcher(process: SimProcess): OpenWatcher {
    const { watcher, queueLimit, watchLimit } = this.#options
    const open = watcher === 'fs-watch' ? openSimFsWatch : openSimInotify
    const opening = open({
      process,
      random: this.#world.random.fork(`watcher ${this.name} ${this.boots}`),
      volume: this.volume,
      root: rootBase,
      ...(queueLimit !== undefined && { queueLimit }),
      ...(watchLimit !== undefined && { watchLimit }),
    })
    return listener => {
      const opened = opening(listener)
      if (opened instanceof SimWatcher) this.watcher = opened
      return opened
    }
  }
}

/** Takes a while, in which others may write to the file. */
async function hashInPieces(handle: ReadHandle, process: SimProcess, random: Random): Promise<Digest> {
  const hash = createHash('sha256')
  const { size } = handle.stat()
  const pieceBytes = Math.ceil(size / 2)
  for (let at = 0; at < size; at += pieceBytes) {
    hash.update(handle.read(at, pieceBytes))
    await new Promise<void>(resolve => process.clock.after(random.fraction() * 5, resolve))
  }
  return hash.digest('hex')
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
    this.alpha = new SimHost(this, 'alpha')
    this.beta = new SimHost(this, 'beta')
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
