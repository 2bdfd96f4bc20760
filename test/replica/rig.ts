import assert from 'node:assert/strict'
import type { Directory, FileEntry, SymlinkEntry, SyncedEntry } from '../../lib/core/entry.ts'
import { chunkBytes } from '../../lib/core/limits.ts'
import type { TrashItem } from '../../lib/core/messages.ts'
import type { Content, MoveDirectory, Operation, Put, Remove } from '../../lib/core/operation.ts'
import { emptyPage } from '../../lib/core/page.ts'
import type { Disk, DiskAbilities } from '../../lib/ports/disk.ts'
import type { Carried } from '../../lib/replica/carried.ts'
import type { Hands } from '../../lib/replica/hands.ts'
import { digest } from '../../lib/replica/hash.ts'
import { staysInside } from '../../lib/replica/look.ts'
import { Operator } from '../../lib/replica/operations.ts'
import type { Recovered } from '../../lib/replica/recovery.ts'
import { recover } from '../../lib/replica/recovery.ts'
import { Staging } from '../../lib/replica/staging.ts'
import type { Thinned } from '../../lib/replica/thin.ts'
import { trashName } from '../../lib/replica/trash-name.ts'
import { sweep } from '../../lib/replica/trash-sweep.ts'
import type { Work } from '../../lib/replica/work.ts'
import { openWork } from '../../lib/replica/work.ts'
import { ManualClock } from '../sim/clock.ts'
import { SimDisk } from '../sim/disk.ts'
import { link } from '../sim/namespace.ts'
import { beginFlush, powerCut } from '../sim/power.ts'
import { SimProcess } from '../sim/process.ts'
import { Random } from '../sim/random.ts'
import { SimUser } from '../sim/user.ts'
import type { VolumeOptions } from '../sim/volume.ts'
import { SimVolume } from '../sim/volume.ts'

/** A work area's five directories, its journal and the index of its trash. */
const ownHandles = 7

/** How a file gets replaced, by what the disk can do. */
export const methods = {
  exchange: {},
  aside: { exchange: false },
  'aside by links': { exchange: false, exclusiveRename: false },
  copy: { exchange: false, exclusiveRename: false, hardLinks: false },
} as const satisfies Record<string, Partial<VolumeOptions>>

export type Method = keyof typeof methods

export const methodNames = Object.keys(methods) as Method[]

/** A root and its work area on a simulated disk, the processes that use them one after the other, and a person. */
export class Rig {
  readonly clock = new ManualClock()
  readonly volume: SimVolume
  readonly person: SimUser
  readonly random: Random
  process: SimProcess
  root: Disk
  work: Work
  hands: Hands
  isKnownDirectory = true
  recovered: readonly Recovered[] = []
  /** What the replica knows without reading, by path. */
  readonly known = new Map<string, ReturnType<Hands['known']>>()

  constructor(options: Partial<VolumeOptions> = {}, seed = 1) {
    this.random = new Random(seed)
    this.volume = new SimVolume({ clock: this.clock, privileged: false, ...options })
    this.person = new SimUser(this.volume, '/root')
    this.person.mkdir('')
    const begun = this.#begin(() => {})
    this.process = begun.process
    this.root = begun.root
    this.work = begun.work
    this.hands = begun.hands
  }

  get abilities(): DiskAbilities {
    const { exchange, exclusiveRename, hardLinks, symlinks, leases, foldsCase, normalises, modes } = this.volume.options
    return {
      exchange,
      exclusiveRename,
      hardLinks,
      symlinks,
      leases,
      modes,
      caseSensitive: !foldsCase,
      normalising: normalises,
    }
  }

  /** Everything so far survives a power cut. */
  settleDisk(): void {
    beginFlush(this.volume).finish()
  }

  cutPower(seed: number): void {
    this.process.kill()
    powerCut(this.volume, new Random(seed))
  }

  /** The process dies, another one starts and recovers. @param arm sets what befalls it */
  restart(arm: (process: SimProcess) => void = () => {}): void {
    this.process.kill()
    const begun = this.#begin(arm)
    this.process = begun.process
    this.root = begun.root
    this.work = begun.work
    this.hands = begun.hands
    this.recovered = recover(this.root, this.work)
  }

  /** Carries out operations as a replica does, as one batch. */
  async apply(operations: readonly Operation[], contents: readonly string[] = []): Promise<Carried[]> {
    const operator = new Operator(this.hands)
    await this.finish(operator.prepare(operations, contentMap(contents), () => Promise.resolve()))
    const carried = operations.map(operation => operator.carryOut(operation, { group: 'g', why: undefined }))
    operator.end()
    return carried
  }

  async sweep(bytesLimit = Infinity): Promise<Thinned> {
    return await this.finish(
      sweep(this.work.area, this.work.trash, { bytesLimit, pause: () => Promise.resolve(), lists: true }),
    )
  }

  /** Lets simulated time pass until a promise is settled. */
  async finish<T>(promise: Promise<T>): Promise<T> {
    let isOver = false
    const over = (): void => {
      isOver = true
    }
    promise.then(over, over)
    for (let turn = 0; turn < 100 && !isOver; turn++) await this.clock.settle({ until: () => isOver })
    return await promise
  }

  /** The text of every file in the root, by path. */
  files(): Map<string, string> {
    return new Map(
      [...this.person.snapshot()].flatMap(([path, found]) =>
        found.kind === 'file' ? [[path, text(found.bytes)] as const] : [],
      ),
    )
  }

  /** What the trash holds, newest first: why, path, content. */
  trashed(): string[] {
    const area = new SimUser(this.volume, '/work/trash')
    return this.trash().map(item => {
      const found = area.find(trashName(item))
      const content = found === undefined ? '/' : found.kind === 'symlink' ? `-> ${found.target}` : text(found.data)
      return `${item.why} ${item.path} ${content}`
    })
  }

  hardLink(from: string, to: string): void {
    const inode = this.person.find(from)
    const root = this.person.find('')
    if (inode !== undefined && root !== undefined) link(this.volume, inode, root, to)
  }

  /** The replica takes what stands at a path as certain. */
  know(path: string): void {
    const inode = this.person.find(path)
    if (inode !== undefined)
      this.known.set(path, { digest: digest(inode.data), identity: { ...inode.stat(), inode: inode.number } })
  }

  /** Content arrives in pieces. */
  stage(content: string): string {
    const whole = bytes(content)
    let state = ''
    for (let offset = 0; offset < whole.length; offset += chunkBytes) {
      const part = whole.subarray(offset, offset + chunkBytes)
      state = this.hands.staging.receive({ digest: digest(whole), size: whole.length, offset, bytes: part })
    }
    return state
  }

  /** Handles open beyond those of the work area: its directories, journal and index. */
  leakedHandles(): number {
    const open = (this.root as SimDisk).openHandles + (this.work.area.disk as SimDisk).openHandles
    return Math.max(0, open - ownHandles)
  }

  /** What an outcome says of the disk must be true: it is recorded as certain. */
  checkStat(path: string, carried: Carried | undefined): void {
    const stands = this.person.find(path)?.stat()
    if (carried?.stat !== undefined) assert.deepEqual(carried.stat, stands)
    const isOurs = carried?.outcome.result === 'done' && stands !== undefined && stands.kind !== 'symlink'
    if (isOurs && this.abilities.hardLinks) assert.ok(carried.stat, 'what we put there is known')
  }

  trash(): TrashItem[] {
    return this.work.trash.list(undefined, 1000)
  }

  /** The text of every file in the trash, by id. */
  trashTexts(): Map<string, string> {
    const area = new SimUser(this.volume, '/work/trash')
    return new Map(
      this.trash().flatMap(item =>
        area.find(trashName(item))?.kind === 'file' ? [[item.id, area.text(trashName(item)) ?? ''] as const] : [],
      ),
    )
  }

  slots(): string[] {
    return new SimUser(this.volume, '/work/slots').list('')
  }

  #begin(arm: (process: SimProcess) => void): Pick<Rig, 'process' | 'root' | 'work' | 'hands'> {
    const process = new SimProcess(this.clock)
    arm(process)
    const options = { process, random: this.random }
    const root = new SimDisk(this.volume, '/root', options)
    const work = openWork(new SimDisk(this.volume, '/work', options), {
      abilities: this.abilities,
      clock: process.clock,
    })
    const hands: Hands = {
      root,
      work,
      staging: new Staging(work),
      known: path => this.known.get(path),
      isKnownDirectory: () => this.isKnownDirectory,
      allowsLink: staysInside,
      sourceTimes: false,
    }
    return { process, root, work, hands }
  }
}

export function contentMap(contents: readonly string[]): Map<string, Content> {
  return new Map(contents.map(content => [digest(bytes(content)), { bytes: bytes(content), mtimeMs: 5 }]))
}

/** What stands in a root: mode and content of files, '-> target' of links, mode and '/' of directories. */
export function look(rig: Rig): Record<string, string> {
  const shown = [...rig.person.snapshot()].map(([path, found]) => {
    switch (found.kind) {
      case 'file':
        return [path, `${found.mode.toString(8)} ${text(found.bytes)}`] as const
      case 'directory':
        return [path, `${found.mode.toString(8)} /`] as const
      case 'symlink':
        return [path, `-> ${found.target}`] as const
      default:
        return [path, found.kind] as const
    }
  })
  return Object.fromEntries(shown)
}

export function put(path: string, before: SyncedEntry | undefined, after: SyncedEntry): Put {
  return { kind: 'put', path, before, after }
}

export function remove(path: string, before: SyncedEntry): Remove {
  return { kind: 'remove', path, before }
}

export function move(from: string, path: string): MoveDirectory {
  return { kind: 'move', from, path, before: folder() }
}

export function file(content: string, mode = 0o644): FileEntry {
  return { kind: 'file', mode, digest: digest(bytes(content)), size: bytes(content).length }
}

export function symlink(target: string): SymlinkEntry {
  return { kind: 'symlink', target }
}

export function folder(mode = 0o755): Directory {
  return { kind: 'directory', mode, children: emptyPage }
}

export function bytes(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

export function text(content: Uint8Array): string {
  return new TextDecoder().decode(content)
}
