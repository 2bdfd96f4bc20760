import type { DirectoryHandle, DirectoryItem, ReadHandle, Stat, WriteHandle } from '../../lib/ports/disk.ts'
import type { Caller } from './caller.ts'
import { Crash } from './faults.ts'
import type { CallName } from './faults.ts'
import { SimReadHandle, SimWriteHandle } from './file-handles.ts'
import type { Dentry, Inode } from './inode.ts'
import { uncovered } from './inode.ts'
import { link, lookup, make, named, rmdir, setMode, setTimes, symlink, unlink } from './namespace.ts'
import { OpenFile } from './open-file.ts'
import { rename } from './rename.ts'
import type { SimVolume } from './volume.ts'
import { fail } from './volume.ts'

/** A pinned directory: it stays the same inode wherever its name goes. */
export class SimDirectoryHandle implements DirectoryHandle {
  readonly #caller: Caller
  readonly #inode: Inode
  readonly #era: number
  #open = true

  constructor(caller: Caller, inode: Inode) {
    this.#caller = caller
    this.#inode = inode
    this.#era = caller.volume.era
    caller.volume.hold(inode)
    caller.handles.add(this)
  }

  list(): DirectoryItem[] {
    return this.#call('list', '', volume => {
      volume.demand(this.#inode, 4, 'list', '')
      const { listsKinds, carriesBytes } = this.#caller.options
      return Array.from(this.#inode.children.values(), ({ name, inode }) => {
        if (carriesBytes === false && !name.isWellFormed()) return { name: name.toWellFormed(), kind: 'problem' }
        return { name, kind: listsKinds === false ? 'unknown' : itemKinds[inode.kind] }
      })
    })
  }

  stat(): Stat {
    return this.#call('stat', '', () => this.#inode.stat())
  }

  lookup(name: string): Stat | undefined {
    return this.#call('lookup', name, volume => lookup(volume, this.#inode, name)?.stat())
  }

  child(name: string): DirectoryHandle {
    return this.#call('child', name, volume => {
      return new SimDirectoryHandle(this.#caller, childDirectory(volume, this.#inode, name))
    })
  }

  read(name: string): ReadHandle {
    return this.#call('read', name, volume => {
      const dentry = named(volume, this.#inode, name, 'read')
      const { inode } = dentry
      if (inode.kind !== 'symlink') volume.demand(inode, 4, 'read', name)
      if (inode.kind !== 'file') fail('EINVAL', 'read', name)
      return new SimReadHandle(this.#caller, new OpenFile(volume, dentry, false), name)
    })
  }

  readlink(name: string): string {
    return this.#call('readlink', name, volume => {
      const { inode } = named(volume, this.#inode, name, 'read the link')
      return inode.kind === 'symlink' ? inode.target : fail('EINVAL', 'read the link', name)
    })
  }

  create(name: string): WriteHandle {
    return this.#call('create', name, volume => {
      return this.#writeTo(volume, make(volume, this.#inode, name, 'file', 0o600))
    })
  }

  append(name: string): WriteHandle {
    return this.#call('append', name, volume => {
      const taken = lookup(volume, this.#inode, name)
      if (taken === undefined) return this.#writeTo(volume, make(volume, this.#inode, name, 'file', 0o600))
      if (taken.kind === 'symlink') fail('ELOOP', 'append to', name)
      if (taken.isDirectory) fail('EISDIR', 'append to', name)
      if (taken.kind !== 'file') fail('EINVAL', 'append to', name)
      volume.demand(taken, 2, 'append to', name)
      return this.#writeTo(volume, named(volume, this.#inode, name, 'append to'))
    })
  }

  /** Takes a turn of the world, in which the process may die. */
  async copy(name: string, to: DirectoryHandle, newName: string): Promise<void> {
    const from = this.read(name)
    try {
      const into = to.create(newName)
      try {
        into.write(from.read(0, from.stat().size))
        await Promise.resolve()
      } finally {
        into.close()
      }
    } finally {
      from.close()
    }
  }

  get address(): string {
    return fail('ENOSYS', 'start a process in', '')
  }

  symlink(name: string, target: string): void {
    this.#call('symlink', name, volume => symlink(volume, this.#inode, name, target))
  }

  mkdir(name: string, mode: number): void {
    this.#call('mkdir', name, volume => void make(volume, this.#inode, name, 'directory', mode))
  }

  rmdir(name: string): void {
    this.#call('rmdir', name, volume => rmdir(volume, this.#inode, name))
  }

  unlink(name: string): void {
    this.#call('unlink', name, volume => unlink(volume, this.#inode, name))
  }

  link(name: string, to: DirectoryHandle, newName: string): void {
    this.#call('link', name, volume => {
      const { inode } = named(volume, this.#inode, name, 'link')
      link(volume, inode, inodeOf(to, name), this.#caller.carry(newName, 'link'))
    })
  }

  rename(name: string, to: DirectoryHandle, newName: string, how: 'replace' | 'exclusive' | 'exchange'): void {
    this.#call('rename', name, volume => {
      const place = { directory: inodeOf(to, name), name: this.#caller.carry(newName, 'rename') }
      rename(volume, { directory: this.#inode, name }, place, how)
    })
  }

  setMode(name: string, mode: number): void {
    this.#call('setMode', name, volume => setMode(volume, named(volume, this.#inode, name, 'change the mode of'), mode))
  }

  setTimes(name: string, mtimeMs: number): void {
    this.#call('setTimes', name, volume => setTimes(volume, named(volume, this.#inode, name, 'touch'), mtimeMs))
  }

  /** Like ext4: with this directory's changes all earlier ones of the disk become durable. */
  sync(): void {
    this.#call('syncDirectory', '', volume => volume.journal.commit(this.#inode.changedAt))
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#caller.handles.delete(this)
    if (this.#era === this.#caller.volume.era) this.#caller.volume.release(this.#inode)
  }

  /** The directory's inode, for another handle's call. */
  static inodeOf(handle: DirectoryHandle): Inode | undefined {
    return handle instanceof SimDirectoryHandle ? handle.#inode : undefined
  }

  #writeTo(volume: SimVolume, dentry: Dentry): WriteHandle {
    return new SimWriteHandle(this.#caller, new OpenFile(volume, dentry, true), dentry.name)
  }

  #call<T>(name: CallName, subject: string, work: (volume: SimVolume) => T): T {
    return this.#caller.call(name, subject, () => {
      const { volume } = this.#caller
      if (this.#era !== volume.era) throw new Crash('The power was cut')
      if (!this.#open) fail('EBADF', name, subject)
      this.#caller.carry(subject, name)
      return work(volume)
    })
  }
}

const itemKinds: Readonly<Record<Stat['kind'], DirectoryItem['kind']>> = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  fifo: 'other',
  socket: 'other',
  device: 'other',
}

/** The directory under a name, a link never followed. */
export function childDirectory(volume: SimVolume, directory: Inode, name: string): Inode {
  const inode = uncovered(named(volume, directory, name, 'open the directory').inode)
  return inode.isDirectory ? inode : fail('ENOTDIR', 'open the directory', name)
}

/** Handles of another disk implementation are another world. */
function inodeOf(handle: DirectoryHandle, name: string): Inode {
  return SimDirectoryHandle.inodeOf(handle) ?? fail('EXDEV', 'reach', name)
}
