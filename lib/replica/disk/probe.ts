import { randomBytes } from 'node:crypto'
import { codeOf } from '../../core/errors.ts'
import type { DirectoryHandle, Disk, DiskAbilities } from '../../ports/disk.ts'

/** What works on a root, and between the kit's work area and the root. */
export interface Probed extends DiskAbilities {
  /** Files can be linked and renamed from the work area into the root; the same device number does not say so. */
  readonly stagingInHome: boolean
}

const probeName = /^\.dsync-probe-[0-9a-f]{16}$/

/** What a crash left behind may be cleaned up after this (ms): another process may be probing now. */
const staleMs = 60 * 60 * 1000

/** True for the name of a probe, which is nobody's content: scans and watchers pass it over. */
export function isProbeName(name: string): boolean {
  return probeName.test(name)
}

/**
 * Tries out on real files what the disks can do, inside one directory of the root and one of the work area, which are
 * gone again when it returns. Throws when nothing can be written in either.
 * @param now ms since 1970: what a probe an hour ago left is removed
 */
export function probe(root: Disk, work: Disk, now: number = Date.now()): Probed {
  return withProbeDirectory(work, now, staging =>
    withProbeDirectory(root, now, place => {
      const stagingInHome = canStage(staging, place)
      const from = stagingInHome ? staging : place
      return {
        stagingInHome,
        exchange: canExchange(from, place),
        exclusiveRename: canRenameExclusively(from, place),
        hardLinks: canLink(place, place),
        symlinks: canSymlink(place),
        leases: hasLeases(place),
        caseSensitive: distinguishes(place, 'case', 'CASE'),
        normalising: !distinguishes(place, '\u00E9', 'e\u0301'),
        modes: keepsModes(place),
      }
    }),
  )
}

function withProbeDirectory<T>(disk: Disk, now: number, run: (directory: DirectoryHandle) => T): T {
  const base = disk.open('')
  try {
    removeStale(base, now)
    const name = `.dsync-probe-${randomBytes(8).toString('hex')}`
    base.mkdir(name, 0o700)
    try {
      const directory = base.child(name)
      try {
        return run(directory)
      } finally {
        directory.close()
      }
    } finally {
      remove(base, name)
    }
  } finally {
    base.close()
  }
}

function removeStale(base: DirectoryHandle, now: number): void {
  for (const { name } of base.list()) {
    if (!isProbeName(name)) continue
    const stat = base.lookup(name)
    if (stat?.kind === 'directory' && now - stat.mtimeMs > staleMs) remove(base, name)
  }
}

/** A probe holds files and links only. What is not ours to remove, or goes meanwhile, is left. */
function remove(base: DirectoryHandle, name: string): void {
  works(['ENOENT', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'EPERM', 'EACCES'], () => {
    const directory = base.child(name)
    try {
      for (const item of directory.list()) directory.unlink(item.name)
    } finally {
      directory.close()
    }
    base.rmdir(name)
  })
}

function canStage(staging: DirectoryHandle, place: DirectoryHandle): boolean {
  put(staging, 'linked', 'linked')
  put(staging, 'moved', 'moved')
  return works(cannot, () => {
    staging.link('linked', place, 'linked')
    staging.rename('moved', place, 'moved', 'replace')
  })
}

function canExchange(staging: DirectoryHandle, place: DirectoryHandle): boolean {
  put(place, 'seen', 'old')
  put(staging, 'incoming', 'new')
  return (
    works(cannot, () => place.rename('seen', staging, 'incoming', 'exchange')) &&
    textOf(place, 'seen') === 'new' &&
    textOf(staging, 'incoming') === 'old'
  )
}

function canRenameExclusively(staging: DirectoryHandle, place: DirectoryHandle): boolean {
  put(staging, 'first', 'first')
  put(staging, 'second', 'second')
  if (!works(cannot, () => staging.rename('first', place, 'free', 'exclusive'))) return false
  return (
    !works(['EEXIST'], () => staging.rename('second', place, 'free', 'exclusive')) && textOf(place, 'free') === 'first'
  )
}

function canLink(from: DirectoryHandle, to: DirectoryHandle): boolean {
  put(from, 'one', 'one')
  return works(cannot, () => from.link('one', to, 'two')) && to.lookup('two')?.links === 2
}

function canSymlink(place: DirectoryHandle): boolean {
  return works(cannot, () => place.symlink('link', 'some/target')) && place.readlink('link') === 'some/target'
}

/** Both answers must be right: with a writer and without one. */
function hasLeases(place: DirectoryHandle): boolean {
  const writer = place.create('leased')
  const reader = place.read('leased')
  try {
    const whileOpen = reader.unwritten()
    writer.close()
    return whileOpen === false && reader.unwritten() === true
  } finally {
    writer.close()
    reader.close()
  }
}

function distinguishes(place: DirectoryHandle, name: string, like: string): boolean {
  put(place, name, name)
  return place.lookup(like) === undefined && place.list().some(item => item.name === name)
}

function keepsModes(place: DirectoryHandle): boolean {
  put(place, 'mode', '')
  return [0o741, 0o604].every(
    mode => works(cannot, () => place.setMode('mode', mode)) && place.lookup('mode')?.mode === mode,
  )
}

function put(directory: DirectoryHandle, name: string, text: string): void {
  const file = directory.create(name)
  try {
    file.write(new TextEncoder().encode(text))
  } finally {
    file.close()
  }
}

function textOf(directory: DirectoryHandle, name: string): string {
  const file = directory.read(name)
  try {
    return new TextDecoder().decode(file.read(0, 64))
  } finally {
    file.close()
  }
}

/** How a disk says that it has no such call. */
const cannot = ['ENOSYS', 'EINVAL', 'EXDEV', 'EPERM', 'EACCES', 'EOPNOTSUPP', 'ENOTSUP', 'EMLINK']

function works(refusals: readonly string[], run: () => void): boolean {
  try {
    run()
    return true
  } catch (error) {
    if (!refusals.includes(codeOf(error) ?? '')) throw error
    return false
  }
}
