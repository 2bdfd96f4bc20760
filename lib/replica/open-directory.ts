import { codeOf } from '../core/errors.ts'
import type { Path } from '../core/path.ts'
import type { DirectoryHandle, Disk, Stat } from '../ports/disk.ts'

/** Pins a directory of the root; undefined when it is not there, or is something else. */
export function openDirectory(root: Disk, path: Path): DirectoryHandle | undefined {
  try {
    return root.open(path)
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ELOOP') throw error
    return undefined
  }
}

/** Of a disk's base directory itself. */
export function baseStat(disk: Disk): Stat {
  const handle = disk.open('')
  try {
    return handle.stat()
  } finally {
    handle.close()
  }
}
