import { codeOf } from '../../lib/core/errors.ts'
import { join } from '../../lib/core/path.ts'
import type { Inode } from './inode.ts'
import { link, lookup, make, named, rmdir, setMode, setTimes, symlink, unlink } from './namespace.ts'
import { OpenFile } from './open-file.ts'
import type { Place } from './rename.ts'
import { rename } from './rename.ts'
import { inodeAt, resolve } from './resolve.ts'
import type { SimVolume } from './volume.ts'
import { fail } from './volume.ts'

/** How a program opens a file to write: emptied, kept, at its end, or only if it is new. Missing files are made. */
export type OpenHow = 'truncate' | 'keep' | 'append' | 'new'

/** One entry of a snapshot. */
export type Found =
  | { readonly kind: 'file'; readonly mode: number; readonly bytes: Uint8Array }
  | { readonly kind: 'directory'; readonly mode: number }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'fifo' | 'socket' | 'device' }

/** Other programs on a host: they use paths, follow links, and know nothing of dsync. Paths start at `base`. */
export class SimUser {
  readonly volume: SimVolume
  readonly base: string

  constructor(volume: SimVolume, base: string) {
    this.volume = volume
    this.base = base
  }

  /** mkdir -p. */
  mkdir(path: string, mode = 0o755): void {
    const whole = join(this.base, path)
    let at = ''
    for (const part of whole.split('/').filter(name => name !== '')) {
      at += `/${part}`
      const place = resolve(this.volume, at, true)
      const inode = place.name === '' ? place.directory : lookup(this.volume, place.directory, place.name)
      if (inode === undefined) make(this.volume, place.directory, place.name, 'directory', mode)
      else if (!inode.isDirectory) fail('ENOTDIR', 'make the directory', at)
    }
  }

  /** Opens a file for writing; its writes go to the same inode whatever becomes of the name. */
  open(path: string, how: OpenHow, mode = 0o644): SimWriter {
    const { directory, name } = this.#place(path, how !== 'new')
    const taken = lookup(this.volume, directory, name)
    if (taken !== undefined && how === 'new') fail('EEXIST', 'open', path)
    if (taken?.isDirectory === true) fail('EISDIR', 'open', path)
    if (taken !== undefined && taken.kind !== 'file') fail('ENXIO', 'open', path)
    if (taken !== undefined) this.volume.demand(taken, 2, 'open', path)
    const dentry =
      taken === undefined
        ? make(this.volume, directory, name, 'file', mode)
        : named(this.volume, directory, name, 'open')
    const file = new OpenFile(this.volume, dentry, true)
    if (how === 'truncate') file.truncate(0)
    return new SimWriter(file, how === 'append')
  }

  /** Opens, empties, writes and closes at once. */
  write(path: string, content: string | Uint8Array): void {
    const writer = this.open(path, 'truncate')
    writer.write(bytesOf(content))
    writer.close()
  }

  read(path: string): Uint8Array | undefined {
    const inode = this.find(path)
    if (inode === undefined || inode.kind !== 'file') return undefined
    this.volume.demand(inode, 4, 'read', path)
    return inode.data
  }

  text(path: string): string | undefined {
    const bytes = this.read(path)
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
  }

  /** What stands at a path, links not followed at its end; undefined when nothing does. */
  find(path: string): Inode | undefined {
    try {
      return inodeAt(this.volume, join(this.base, path), false)
    } catch (error) {
      const code = codeOf(error)
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
      throw error
    }
  }

  list(path: string): string[] {
    const inode = this.find(path)
    if (inode === undefined) fail('ENOENT', 'list', path)
    if (!inode.isDirectory) fail('ENOTDIR', 'list', path)
    this.volume.demand(inode, 4, 'list', path)
    return [...inode.children.values()].map(dentry => dentry.name)
  }

  /** rm -rf: silent when nothing is there. */
  rm(path: string): void {
    const inode = this.find(path)
    if (inode === undefined) return
    const { directory, name } = this.#place(path, false)
    if (!inode.isDirectory) return unlink(this.volume, directory, name)
    for (const child of this.list(path)) this.rm(join(path, child))
    rmdir(this.volume, directory, name)
  }

  rmdir(path: string): void {
    const { directory, name } = this.#place(path, false)
    rmdir(this.volume, directory, name)
  }

  /** rename(2), or with `exchange` its swapping kind. */
  mv(from: string, to: string, how: 'replace' | 'exchange' = 'replace'): void {
    rename(this.volume, this.#place(from, false), this.#place(to, false), how)
  }

  chmod(path: string, mode: number): void {
    const { directory, name } = this.#place(path, true)
    setMode(this.volume, named(this.volume, directory, name, 'change the mode of'), mode)
  }

  touch(path: string, mtimeMs: number): void {
    const { directory, name } = this.#place(path, true)
    setTimes(this.volume, named(this.volume, directory, name, 'touch'), mtimeMs)
  }

  symlink(target: string, path: string): void {
    const { directory, name } = this.#place(path, false)
    symlink(this.volume, directory, name, target)
  }

  ln(from: string, to: string): void {
    const { directory, name } = this.#place(from, false)
    const place = this.#place(to, false)
    link(this.volume, named(this.volume, directory, name, 'link').inode, place.directory, place.name)
  }

  special(path: string, kind: 'fifo' | 'socket' | 'device'): void {
    const { directory, name } = this.#place(path, false)
    make(this.volume, directory, name, kind, 0o644)
  }

  /** Mounts an empty file system on a directory: of another device, or a bind mount of the same. */
  mount(path: string, bind = false): void {
    const inode = this.find(path)
    if (inode === undefined || !inode.isDirectory) fail('ENOTDIR', 'mount', path)
    this.volume.mount(inode, bind)
  }

  unmount(path: string): void {
    const { directory, name } = this.#place(path, false)
    this.volume.unmount(named(this.volume, directory, name, 'unmount').inode)
  }

  /** Everything below a path, whatever its mode: an all-seeing look for tests. */
  snapshot(path = ''): Map<string, Found> {
    const result = new Map<string, Found>()
    const walk = (directory: Inode, prefix: string): void => {
      for (const { name, inode } of directory.children.values()) {
        const shown = inode.cover ?? inode
        const at = join(prefix, name)
        result.set(at, foundOf(shown))
        walk(shown, at)
      }
    }
    const top = this.find(path)
    if (top !== undefined) walk(top, '')
    return result
  }

  #place(path: string, follow: boolean): Place {
    return resolve(this.volume, join(this.base, path), follow)
  }
}

/** A program's open file, with the position it writes at. */
export class SimWriter {
  readonly file: OpenFile
  readonly #appends: boolean
  #position = 0

  constructor(file: OpenFile, appends: boolean) {
    this.file = file
    this.#appends = appends
  }

  write(bytes: Uint8Array): void {
    const at = this.#appends ? this.file.size : this.#position
    this.file.write(at, bytes)
    this.#position = at + bytes.length
  }

  truncate(size: number): void {
    this.file.truncate(size)
  }

  sync(): void {
    this.file.sync()
  }

  close(): void {
    this.file.close()
  }
}

export function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content
}

function foundOf(inode: Inode): Found {
  switch (inode.kind) {
    case 'file':
      return { kind: 'file', mode: inode.mode, bytes: inode.data }
    case 'directory':
      return { kind: 'directory', mode: inode.mode }
    case 'symlink':
      return { kind: 'symlink', target: inode.target }
    default:
      return { kind: inode.kind }
  }
}
