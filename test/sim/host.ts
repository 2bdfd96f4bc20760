import { createHash } from 'node:crypto'
import type { Digest } from '../../lib/core/entry.ts'
import { IgnoreRules } from '../../lib/core/ignore-rules.ts'
import type { IgnoreSettings } from '../../lib/core/ignore-settings.ts'
import type { ReadHandle } from '../../lib/ports/disk.ts'
import type { OpenWatcher } from '../../lib/ports/watcher.ts'
import { LocalReplica } from '../../lib/replica/local-replica.ts'
import { recover } from '../../lib/replica/recovery.ts'
import { openWork } from '../../lib/replica/work.ts'
import type { ManualClock, Skew } from './clock.ts'
import { worldStart } from './clock.ts'
import { SimDisk } from './disk.ts'
import type { PowerLoss } from './power.ts'
import { powerCut } from './power.ts'
import { SimProcess } from './process.ts'
import type { Random } from './random.ts'
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

/** What the machines of one world have in common. */
export interface SimSurroundings {
  readonly random: Random
  readonly clock: ManualClock
  /** What the settings say, for processes that start from now on. */
  readonly ignore: () => IgnoreSettings
  /** What is ignored by default: nothing unless said. */
  readonly defaults?: readonly string[] | undefined
  /** Makes the other programs of a host; plain ones unless given. */
  readonly makeUser?: (volume: SimVolume, base: string, host: string) => SimUser
  /** Told of every process that starts, before it does anything. */
  readonly started?: (process: SimProcess, host: string) => void
}

export const rootBase = '/home/u/root'
export const workBase = '/home/u/kit/work'

/** One machine: its disk survives what its processes do not. */
export class SimHost {
  readonly name: string
  readonly volume: SimVolume
  readonly user: SimUser
  readonly skew: Skew
  readonly #world: SimSurroundings
  readonly #options: HostOptions
  process: SimProcess | undefined
  /** Disks of the process that runs now. */
  disks: readonly SimDisk[] = []
  /** Watches of the process that runs now. */
  watcher: SimWatcher | undefined
  boots = 0

  constructor(world: SimSurroundings, name: string, options: HostOptions = {}) {
    this.#world = world
    this.#options = options
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
    this.user = world.makeUser?.(this.volume, rootBase, name) ?? new SimUser(this.volume, rootBase)
  }

  /** Starts a process on this host; the one before it is gone. */
  start(): SimProcess {
    this.process?.kill()
    this.process = new SimProcess(this.#world.clock, this.skew)
    this.disks = []
    this.watcher = undefined
    this.#world.started?.(this.process, this.name)
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
      ignore: new IgnoreRules(this.#world.ignore(), this.#world.defaults ?? []),
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
