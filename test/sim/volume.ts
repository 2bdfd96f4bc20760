import type { ErrorCode } from '../../lib/core/errors.ts'
import { nameBytesLimit } from '../../lib/core/limits.ts'
import { toBytes } from '../../lib/core/path.ts'
import type { Stat } from '../../lib/ports/disk.ts'
import { diskError } from '../../lib/replica/disk/errors.ts'
import type { Dentry, FileSystem } from './inode.ts'
import { Inode, uncovered } from './inode.ts'
import { Journal } from './journal.ts'

export interface VolumeOptions {
  /** The host's clock. */
  readonly clock: { now(): number }
  /** Steps of file times (ms): 0.001 gives every change a time of its own, 10 hides changes in quick succession. */
  readonly grainMs?: 0.001 | 10
  readonly foldsCase?: boolean
  /** NFC and NFD of a name are the same name, kept as it was given. */
  readonly normalises?: boolean
  /** Only names that are UTF-8 can stand here (`EILSEQ`). */
  readonly unicodeOnly?: boolean
  readonly exchange?: boolean
  readonly exclusiveRename?: boolean
  readonly hardLinks?: boolean
  readonly symlinks?: boolean
  readonly leases?: boolean
  /** Mode bits are kept. */
  readonly modes?: boolean
  /** Programs here run as root and mode bits stop nobody. */
  readonly privileged?: boolean
}

/** Something happened to what stands, or stood, under a name. `replaced`: a rename took its name away. */
export interface NameMutation {
  readonly kind: 'create' | 'delete' | 'replaced' | 'modify' | 'attrib' | 'close'
  readonly parent: Inode
  readonly name: string
  readonly inode: Inode
}

export interface MoveMutation {
  readonly kind: 'move'
  readonly parent: Inode
  readonly name: string
  readonly to: Inode
  readonly newName: string
  readonly inode: Inode
}

/** The raw material of watchers, told at once to whoever listens. `freed`: an inode lost its last name and holder. */
export type Mutation =
  | NameMutation
  | MoveMutation
  | { readonly kind: 'unmount'; readonly inode: Inode }
  | { readonly kind: 'freed'; readonly inode: Inode }

/** The user every program here runs as, and another one. */
export const ownUid = 1000
export const otherUid = 1001

let devices = 100

export function fail(code: ErrorCode, action: string, name: string): never {
  throw diskError(code, action, name)
}

/**
 * An in-memory file system with POSIX's rules: inodes, names, permissions, times. What is named here are its parts;
 * what programs do with them is in `namespace.ts` and `open-file.ts`.
 */
export class SimVolume {
  readonly options: Readonly<Required<VolumeOptions>>
  readonly journal = new Journal()
  readonly root: Inode
  readonly listeners = new Set<(mutation: Mutation) => void>()
  /** Inodes with content that is not on the disk yet. */
  readonly dirty = new Set<Inode>()
  /** Goes up at every power cut: what was opened before is void. */
  era = 0
  #numbers = 11
  readonly #freeNumbers: number[] = []
  #tick = 0
  #fine = 0

  constructor(options: VolumeOptions) {
    this.options = { ...defaults, ...options }
    this.root = this.inode('directory', 0o755, { device: devices++ })
    this.root.links = 1
  }

  /** The time a change gets. Never twice the same with a fine grain, like Linux since 6.13. */
  now(): number {
    const grain = this.options.grainMs
    const now = this.options.clock.now()
    if (grain >= 1) return Math.floor(now / grain) * grain
    this.#fine = now === this.#tick ? this.#fine + grain : 0
    this.#tick = now
    return now + this.#fine
  }

  /** A new inode without a name. The number last given up is used again at once, like ext4's. */
  inode(kind: Stat['kind'], mode: number, fileSystem: FileSystem, owner = ownUid): Inode {
    const number = this.#freeNumbers.pop() ?? this.#numbers++
    const kept = this.options.modes ? mode : kind === 'directory' ? 0o755 : 0o644
    return new Inode({ number, kind, fileSystem, owner, mode: kept, mtimeMs: this.now() })
  }

  hold(inode: Inode): void {
    inode.holders++
  }

  release(inode: Inode): void {
    inode.holders--
    this.bury(inode)
  }

  /** The name in a directory, under the folding of this disk. */
  find(directory: Inode, name: string): Dentry | undefined {
    return directory.children.get(this.fold(name))
  }

  fold(name: string): string {
    const { foldsCase, normalises } = this.options
    if (!foldsCase && !normalises) return name
    const composed = normalises ? name.normalize('NFC') : name
    return foldsCase ? composed.toLowerCase() : composed
  }

  /** Refuses what is no name of one component, as the kernel does. */
  checkName(name: string, action: string): void {
    if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0'))
      fail('EINVAL', action, name)
    if (name.length * 3 > nameBytesLimit && toBytes(name).length > nameBytesLimit) fail('ENAMETOOLONG', action, name)
    if (this.options.unicodeOnly && !name.isWellFormed()) fail('EILSEQ', action, name)
  }

  /** Refuses what mode bits forbid. `want`: 4 read, 2 write, 1 search. */
  demand(inode: Inode, want: number, action: string, name: string): void {
    if (!this.allows(inode, want)) fail('EACCES', action, name)
  }

  allows(inode: Inode, want: number): boolean {
    if (this.options.privileged) return true
    const bits = inode.owner === ownUid ? inode.mode >> 6 : inode.mode
    return (bits & want) === want
  }

  /** Puts a new name into a directory; a part of a change that the caller records. */
  place(dentry: Dentry): void {
    dentry.parent.children.set(this.fold(dentry.name), dentry)
    dentry.inode.links++
    if (dentry.inode.isDirectory) dentry.inode.dentry = dentry
  }

  /** Takes a name out of its directory; it keeps saying where it was. */
  displace(dentry: Dentry): void {
    dentry.parent.children.delete(this.fold(dentry.name))
    dentry.inode.links--
    if (dentry.inode.isDirectory) dentry.inode.dentry = undefined
  }

  /**
   * Records one change, done already: it survives a power cut whole or not at all.
   * @param directories those whose names changed: their times move
   * @param inode whose name it was: its ctime moves
   */
  changed(directories: readonly Inode[], inode: Inode, undo: () => void): void {
    const now = this.now()
    const before = directories.map(directory => [directory, directory.mtimeMs, directory.ctimeMs] as const)
    const ctimeMs = inode.ctimeMs
    this.journal.record(() => {
      undo()
      inode.ctimeMs = ctimeMs
      for (const [directory, mtime, ctime] of before) {
        directory.mtimeMs = mtime
        directory.ctimeMs = ctime
      }
    })
    inode.ctimeMs = now
    for (const directory of directories) {
      directory.mtimeMs = now
      directory.ctimeMs = now
      directory.changedAt = this.journal.length
    }
    this.bury(inode)
  }

  tell(mutation: Mutation): void {
    for (const listen of this.listeners) listen(mutation)
  }

  /** The absolute path of a directory, or of a name; undefined for what is not in the tree any more. */
  pathOf(directory: Inode): string | undefined {
    let path = ''
    let inode = directory
    while (inode !== this.root) {
      const dentry = inode.dentry
      if (dentry === undefined) return undefined
      path = `/${dentry.name}${path}`
      inode = dentry.parent
    }
    return path === '' ? '/' : path
  }

  /** Covers a directory with an empty file system: another device, or (`bind`) the same and yet apart. */
  mount(directory: Inode, bind = false): Inode {
    const device = bind ? directory.fileSystem.device : devices++
    const root = this.inode('directory', 0o755, { device })
    this.cover(directory, root)
    return root
  }

  /** Mounts a file system, by its root, that was mounted before. */
  cover(directory: Inode, root: Inode): void {
    directory.cover = root
    root.links = 1
    root.dentry = directory.dentry
  }

  unmount(directory: Inode): void {
    const root = directory.cover
    if (root === undefined) fail('EINVAL', 'unmount', directory.dentry?.name ?? '')
    directory.cover = undefined
    root.dentry = undefined
    this.tell({ kind: 'unmount', inode: root })
  }

  /** Frees the number of an inode that has neither name nor holder left. */
  bury(inode: Inode): void {
    if (inode.links > 0 || inode.holders > 0) return
    this.#freeNumbers.push(inode.number)
    this.tell({ kind: 'freed', inode })
  }

  /** After a power cut nothing is held or watched; numbers that were free stay unused. */
  restart(): void {
    this.era++
    this.#freeNumbers.length = 0
    this.listeners.clear()
    this.dirty.clear()
  }
}

const defaults = {
  grainMs: 0.001,
  foldsCase: false,
  normalises: false,
  unicodeOnly: false,
  exchange: true,
  exclusiveRename: true,
  hardLinks: true,
  symlinks: true,
  leases: true,
  modes: true,
  privileged: false,
} as const

/** Every inode below a directory, once for each name, mounts included. */
export function* inodesBelow(directory: Inode): Generator<Dentry, void, undefined> {
  for (const dentry of directory.children.values()) {
    yield dentry
    if (dentry.inode.cover !== undefined) yield* inodesBelow(dentry.inode.cover)
    if (dentry.inode.isDirectory) yield* inodesBelow(dentry.inode)
  }
}

export function childOf(dentry: Dentry): Inode {
  return uncovered(dentry.inode)
}
