import type { Stat } from '../../lib/ports/disk.ts'
import type { Inode } from './inode.ts'
import { Dentry } from './inode.ts'
import type { SimVolume } from './volume.ts'
import { childOf, fail, ownUid } from './volume.ts'

/** What programs do with names, errno by errno in the order in which Linux checks (fs/namei.c). */

/** The inode a name leads to, or undefined. Needs search permission. */
export function lookup(volume: SimVolume, directory: Inode, name: string): Inode | undefined {
  volume.checkName(name, 'look up')
  volume.demand(directory, 1, 'look up', name)
  const dentry = volume.find(directory, name)
  return dentry === undefined ? undefined : childOf(dentry)
}

/** The name itself; `ENOENT` when there is none. */
export function named(volume: SimVolume, directory: Inode, name: string, action: string): Dentry {
  volume.checkName(name, action)
  volume.demand(directory, 1, action, name)
  return volume.find(directory, name) ?? fail('ENOENT', action, name)
}

/** Makes an inode under a name that must be free. */
export function make(volume: SimVolume, directory: Inode, name: string, kind: Stat['kind'], mode: number): Dentry {
  const action = `make the ${kind}`
  if (kind === 'symlink' && !volume.options.symlinks) fail('EPERM', action, name)
  requireFree(volume, directory, name, action)
  return enter(volume, directory, name, volume.inode(kind, mode, directory.fileSystem))
}

export function symlink(volume: SimVolume, directory: Inode, name: string, target: string): void {
  if (target === '') fail('ENOENT', 'make the symlink', name)
  make(volume, directory, name, 'symlink', 0o777).inode.target = target
}

export function link(volume: SimVolume, inode: Inode, directory: Inode, name: string): void {
  if (inode.fileSystem !== directory.fileSystem) fail('EXDEV', 'link', name)
  requireFree(volume, directory, name, 'link')
  if (inode.isDirectory || !volume.options.hardLinks) fail('EPERM', 'link', name)
  enter(volume, directory, name, inode)
}

export function unlink(volume: SimVolume, directory: Inode, name: string): void {
  const dentry = named(volume, directory, name, 'unlink')
  volume.demand(directory, 3, 'unlink', name)
  if (dentry.inode.isDirectory) fail('EISDIR', 'unlink', name)
  takeOut(volume, dentry)
}

export function rmdir(volume: SimVolume, directory: Inode, name: string): void {
  const dentry = named(volume, directory, name, 'remove the directory')
  volume.demand(directory, 3, 'remove the directory', name)
  if (!dentry.inode.isDirectory) fail('ENOTDIR', 'remove the directory', name)
  if (dentry.inode.cover !== undefined) fail('EBUSY', 'remove the directory', name)
  if (dentry.inode.children.size > 0) fail('ENOTEMPTY', 'remove the directory', name)
  takeOut(volume, dentry)
}

export function setMode(volume: SimVolume, dentry: Dentry, mode: number): void {
  const inode = ownedBy(volume, dentry, 'change the mode of')
  if (!volume.options.modes) return
  const before = inode.mode
  inode.mode = mode & 0o7777
  volume.changed([], inode, () => {
    inode.mode = before
  })
  volume.tell({ kind: 'attrib', parent: dentry.parent, name: dentry.name, inode })
}

export function setTimes(volume: SimVolume, dentry: Dentry, mtimeMs: number): void {
  const inode = ownedBy(volume, dentry, 'change the times of')
  const before = inode.mtimeMs
  inode.mtimeMs = mtimeMs
  volume.changed([], inode, () => {
    inode.mtimeMs = before
  })
  volume.tell({ kind: 'attrib', parent: dentry.parent, name: dentry.name, inode })
}

function ownedBy(volume: SimVolume, dentry: Dentry, action: string): Inode {
  const inode = childOf(dentry)
  if (inode.kind === 'symlink') fail('EOPNOTSUPP', action, dentry.name)
  if (inode.owner !== ownUid && !volume.options.privileged) fail('EPERM', action, dentry.name)
  return inode
}

function requireFree(volume: SimVolume, directory: Inode, name: string, action: string): void {
  volume.checkName(name, action)
  volume.demand(directory, 1, action, name)
  if (volume.find(directory, name) !== undefined) fail('EEXIST', action, name)
  requireAlive(directory, name, action)
  volume.demand(directory, 3, action, name)
}

/** A removed directory, still pinned, takes no new name. */
export function requireAlive(directory: Inode, name: string, action: string): void {
  if (directory.links === 0) fail('ENOENT', action, name)
}

function enter(volume: SimVolume, directory: Inode, name: string, inode: Inode): Dentry {
  const dentry = new Dentry(name, directory, inode)
  volume.place(dentry)
  volume.changed([directory], inode, () => volume.displace(dentry))
  volume.tell({ kind: 'create', parent: directory, name, inode })
  return dentry
}

function takeOut(volume: SimVolume, dentry: Dentry): void {
  const { parent, name, inode } = dentry
  volume.displace(dentry)
  volume.changed([parent], inode, () => volume.place(dentry))
  volume.tell({ kind: 'delete', parent, name, inode })
}
