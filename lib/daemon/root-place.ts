import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, openSync, realpathSync, statSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { codeOf } from '../core/errors.ts'

/** What stands where a root is to be, with links followed. */
export interface RootPlace {
  readonly kind: 'directory' | 'missing' | 'other'
  /** The path without links; where nothing stands yet, that of the nearest directory above and the rest. */
  readonly real: string
  readonly device: number
  readonly inode: number
}

/** Looks at a place for a root, from outside. Throws what the system says when it may not be looked at. */
export function lookAtPlace(path: string): RootPlace {
  let real: string
  try {
    real = realPath(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOTDIR') throw error
    return { kind: 'other', real: path, device: 0, inode: 0 }
  }
  const stat = statSync(real, { throwIfNoEntry: false })
  if (stat === undefined) return { kind: 'missing', real, device: 0, inode: 0 }
  return { kind: stat.isDirectory() ? 'directory' : 'other', real, device: stat.dev, inode: stat.ino }
}

/**
 * Whether two places are one directory: by path and identity, and, because mounts can show one directory under two
 * identities, by a file that is made in one, looked for in the other, and removed.
 */
export function isSameDirectory(a: RootPlace, b: RootPlace): boolean {
  if (a.kind !== 'directory' || b.kind !== 'directory') return a.real === b.real
  if (a.real === b.real || (a.device === b.device && a.inode === b.inode)) return true
  const marker = mark(a.real)
  if (marker === undefined) return false
  try {
    return holdsMarker(b.real, marker.name)
  } finally {
    marker.remove()
  }
}

/** Makes a file with a name of its own in a directory, to be looked for elsewhere. Undefined where none may be made. */
export function mark(directory: string): { readonly name: string; remove(): void } | undefined {
  const name = `.dsync-marker-${randomBytes(12).toString('hex')}`
  try {
    closeSync(openSync(join(directory, name), 'wx', 0o600))
  } catch (error) {
    if (codeOf(error) === 'EACCES' || codeOf(error) === 'EROFS') return undefined
    throw error
  }
  return { name, remove: () => unlinkSync(join(directory, name)) }
}

/** Whether a file that `mark` made, by a name that may be anybody's, is in a directory. */
export function holdsMarker(directory: string, name: unknown): boolean {
  return typeof name === 'string' && /^\.dsync-marker-[0-9a-f]{24}$/.test(name) && existsSync(join(directory, name))
}

/** A path with links followed as far as it exists. */
export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    const parent = dirname(path)
    return parent === path ? path : join(realPath(parent), basename(path))
  }
}
