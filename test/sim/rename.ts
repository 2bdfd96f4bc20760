import type { Dentry, Inode } from './inode.ts'
import { named, requireAlive } from './namespace.ts'
import type { SimVolume } from './volume.ts'
import { fail } from './volume.ts'

/** One name in a directory, taken or free. */
export interface Place {
  readonly directory: Inode
  readonly name: string
}

/** renameat2(2) with its flags; errno by errno in the order in which Linux checks. */
export function rename(volume: SimVolume, from: Place, to: Place, how: 'replace' | 'exclusive' | 'exchange'): void {
  if (how === 'exchange' && !volume.options.exchange) fail('ENOSYS', 'exchange', from.name)
  if (how === 'exclusive' && !volume.options.exclusiveRename) fail('EINVAL', 'rename', from.name)
  volume.demand(from.directory, 1, 'rename', from.name)
  volume.demand(to.directory, 1, 'rename', to.name)
  if (from.directory.fileSystem !== to.directory.fileSystem) fail('EXDEV', 'rename', from.name)
  const source = named(volume, from.directory, from.name, 'rename')
  volume.checkName(to.name, 'rename')
  const target = volume.find(to.directory, to.name)
  if (target !== undefined && how === 'exclusive') fail('EEXIST', 'rename', to.name)
  if (target === undefined && how === 'exchange') fail('ENOENT', 'exchange', to.name)
  if (isAbove(source.inode, to.directory)) fail('EINVAL', 'rename', to.name)
  if (target !== undefined && isAbove(target.inode, from.directory)) {
    fail(how === 'exchange' ? 'EINVAL' : 'ENOTEMPTY', 'rename', to.name)
  }
  requireAlive(to.directory, to.name, 'rename')
  checkPermissions(volume, source, to.directory)
  if (target !== undefined) {
    if (target.inode === source.inode && target !== source) return
    if (how === 'exchange') checkPermissions(volume, target, from.directory)
    if (how === 'replace' && target !== source) checkReplace(source.inode, target.inode, to.name)
  }
  if (source.inode.cover !== undefined || target?.inode.cover !== undefined) fail('EBUSY', 'rename', from.name)
  if (how === 'exchange' && target !== undefined) exchange(volume, source, target)
  else move(volume, source, to, target === source ? undefined : target)
}

function checkPermissions(volume: SimVolume, moved: Dentry, to: Inode): void {
  volume.demand(moved.parent, 3, 'rename', moved.name)
  volume.demand(to, 3, 'rename', moved.name)
  // Its '..' is rewritten.
  if (moved.inode.isDirectory && moved.parent !== to) volume.demand(moved.inode, 2, 'rename', moved.name)
}

function checkReplace(source: Inode, target: Inode, name: string): void {
  if (source.isDirectory && !target.isDirectory) fail('ENOTDIR', 'rename', name)
  if (!source.isDirectory && target.isDirectory) fail('EISDIR', 'rename', name)
  if (target.children.size > 0) fail('ENOTEMPTY', 'rename', name)
}

/** True when `inode` is `directory` or holds it at any depth. */
function isAbove(inode: Inode, directory: Inode): boolean {
  if (!inode.isDirectory) return false
  for (let at: Inode | undefined = directory; at !== undefined; at = at.dentry?.parent) if (at === inode) return true
  return false
}

function move(volume: SimVolume, source: Dentry, to: Place, replaced: Dentry | undefined): void {
  const from: Place = { directory: source.parent, name: source.name }
  const { inode } = source
  if (from.directory === to.directory && from.name === to.name) return
  if (replaced !== undefined) {
    volume.displace(replaced)
    // auto_da_alloc: what replaces a file is written out before the rename is.
    if (inode.data !== inode.durable.data && inode.ordered?.data !== inode.data) {
      inode.ordered = { at: volume.journal.length, data: inode.data }
    }
  }
  relocate(volume, source, to)
  volume.changed(parents(from, to), inode, () => {
    relocate(volume, source, from)
    if (replaced !== undefined) volume.place(replaced)
  })
  volume.tell({ kind: 'move', parent: from.directory, name: from.name, to: to.directory, newName: to.name, inode })
  if (replaced !== undefined) {
    const gone = replaced.inode
    gone.ctimeMs = inode.ctimeMs
    volume.bury(gone)
    volume.tell({ kind: 'replaced', parent: to.directory, name: to.name, inode: gone })
  }
}

function exchange(volume: SimVolume, source: Dentry, target: Dentry): void {
  const from: Place = { directory: source.parent, name: source.name }
  const to: Place = { directory: target.parent, name: target.name }
  if (source === target) return
  const swap = (a: Place, b: Place): void => {
    volume.displace(target)
    relocate(volume, source, b)
    target.parent = a.directory
    target.name = a.name
    volume.place(target)
  }
  swap(from, to)
  volume.changed(parents(from, to), source.inode, () => swap(to, from))
  target.inode.ctimeMs = source.inode.ctimeMs
  volume.tell({
    kind: 'move',
    parent: from.directory,
    name: from.name,
    to: to.directory,
    newName: to.name,
    inode: source.inode,
  })
  volume.tell({
    kind: 'move',
    parent: to.directory,
    name: to.name,
    to: from.directory,
    newName: from.name,
    inode: target.inode,
  })
}

function relocate(volume: SimVolume, dentry: Dentry, to: Place): void {
  volume.displace(dentry)
  dentry.parent = to.directory
  dentry.name = to.name
  volume.place(dentry)
}

function parents(from: Place, to: Place): readonly Inode[] {
  return from.directory === to.directory ? [from.directory] : [from.directory, to.directory]
}
