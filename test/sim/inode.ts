import { toBytes } from '../../lib/core/path.ts'
import type { Stat } from '../../lib/ports/disk.ts'

/** Inodes of different file systems cannot be renamed or linked into each other, whatever their device numbers say. */
export interface FileSystem {
  readonly device: number
}

/** A name of an inode. It moves along in renames, and writers that opened a file by it go on reporting by it, as in Linux. */
export class Dentry {
  name: string
  parent: Inode
  readonly inode: Inode

  constructor(name: string, parent: Inode, inode: Inode) {
    this.name = name
    this.parent = parent
    this.inode = inode
  }
}

/** Content with its times, and how often it had been written and cut short by then. */
export interface Stored {
  readonly data: Uint8Array
  readonly writes: number
  readonly cuts: number
  readonly mtimeMs: number
  readonly ctimeMs: number
}

export const noBytes = new Uint8Array(0)

/** What is no directory shares this, and is never given a child. */
const noChildren = new Map<string, Dentry>()

export class Inode {
  readonly number: number
  readonly kind: Stat['kind']
  readonly fileSystem: FileSystem
  readonly owner: number
  mode: number
  mtimeMs: number
  ctimeMs: number
  links = 0
  /** Descriptors and pinned handles: while there are any, the number is not used again. */
  holders = 0
  /** Descriptors open for writing. */
  writers = 0

  /** Content of a file: never changed in place, so a reference is a snapshot. */
  data: Uint8Array = noBytes
  /** What a power cut certainly leaves of the content; the same object as `data` when all of it is on the disk. */
  durable: Stored
  /** Content that is written out before change `at` of the journal is. */
  ordered: { readonly at: number; readonly data: Uint8Array } | undefined
  /** How often the content was changed. */
  writes = 0
  /** How often the content was cut short. Where that moved on since `durable`, a power cut may leave nothing. */
  cuts = 0
  /** A sync of it failed: its pages count as clean from then on and are never written. Source: Rebello et al. 2020. */
  poisoned = false

  /** Where a symlink points. */
  target = ''

  /** Names in a directory by their folded form. */
  readonly children: Map<string, Dentry>
  /** A directory's own name; the root of the volume has none, nor has a removed directory. */
  dentry: Dentry | undefined
  /** The root of the file system mounted on this directory. */
  cover: Inode | undefined
  /** The journal's length after the directory's last change. */
  changedAt = 0

  constructor(made: Pick<Inode, 'number' | 'kind' | 'fileSystem' | 'owner' | 'mode' | 'mtimeMs'>) {
    this.number = made.number
    this.kind = made.kind
    this.fileSystem = made.fileSystem
    this.owner = made.owner
    this.mode = made.mode
    this.mtimeMs = made.mtimeMs
    this.ctimeMs = made.mtimeMs
    this.children = made.kind === 'directory' ? new Map() : noChildren
    this.durable = { data: noBytes, writes: 0, cuts: 0, mtimeMs: made.mtimeMs, ctimeMs: made.mtimeMs }
  }

  get isDirectory(): boolean {
    return this.kind === 'directory'
  }

  stat(): Stat {
    return {
      kind: this.kind,
      mode: this.mode,
      size: this.kind === 'symlink' ? toBytes(this.target).length : this.kind === 'directory' ? 4096 : this.data.length,
      mtimeMs: this.mtimeMs,
      ctimeMs: this.ctimeMs,
      inode: this.number,
      device: this.fileSystem.device,
      links: this.links,
      owner: this.owner,
    }
  }
}

/** What a name leads to: a mount hides what it covers. */
export function uncovered(inode: Inode): Inode {
  return inode.cover ?? inode
}
