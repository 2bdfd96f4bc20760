import { components } from '../../lib/core/path.ts'
import type { Inode } from './inode.ts'
import { lookup } from './namespace.ts'
import type { Place } from './rename.ts'
import type { SimVolume } from './volume.ts'
import { fail } from './volume.ts'

/** Links followed in one path before it counts as a loop (Linux's MAXSYMLINKS). */
const linksLimit = 40

/**
 * The directory and last name of an absolute path, links followed on the way, as ordinary programs see it; the name is
 * '' for the root. With `follow`, a link at the end is followed too.
 */
export function resolve(volume: SimVolume, path: string, follow: boolean): Place {
  const todo = components(path)
  let directory = volume.root
  let links = 0
  for (;;) {
    const name = todo.shift()
    if (name === undefined) return { directory, name: '' }
    if (name === '' || name === '.') continue
    if (name === '..') {
      directory = directory.dentry?.parent ?? volume.root
      continue
    }
    const last = todo.every(part => part === '' || part === '.')
    if (last && !follow) return { directory, name }
    const inode = lookup(volume, directory, name)
    if (inode?.kind === 'symlink') {
      if (++links > linksLimit) fail('ELOOP', 'reach', path)
      if (inode.target.startsWith('/')) directory = volume.root
      todo.unshift(...inode.target.split('/'))
    } else if (last) return { directory, name }
    else if (inode === undefined) fail('ENOENT', 'reach', path)
    else if (!inode.isDirectory) fail('ENOTDIR', 'reach', path)
    else directory = inode
  }
}

/** What stands at a path, or undefined. */
export function inodeAt(volume: SimVolume, path: string, follow: boolean): Inode | undefined {
  const { directory, name } = resolve(volume, path, follow)
  return name === '' ? directory : lookup(volume, directory, name)
}
