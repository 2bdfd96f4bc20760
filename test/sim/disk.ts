import { SyncError } from '../../lib/core/errors.ts'
import { components } from '../../lib/core/path.ts'
import type { DirectoryHandle, Disk } from '../../lib/ports/disk.ts'
import type { SimDiskOptions } from './caller.ts'
import { Caller } from './caller.ts'
import { SimDirectoryHandle, childDirectory } from './directory-handle.ts'
import type { Inode } from './inode.ts'
import { uncovered } from './inode.ts'
import { lookup, make } from './namespace.ts'
import { beginFlush } from './power.ts'
import { resolve } from './resolve.ts'
import type { SimVolume } from './volume.ts'
import { fail } from './volume.ts'

/** A directory of a simulated volume as one process's disk. Several may stand on one volume: a root and a work area. */
export class SimDisk implements Disk {
  readonly base: string
  readonly #volume: SimVolume
  readonly #caller: Caller

  constructor(volume: SimVolume, base: string, options: SimDiskOptions) {
    this.#volume = volume
    this.base = base
    this.#caller = new Caller(volume, options)
  }

  /** Handles not closed yet, of all kinds: what a test for leaks looks at. */
  get openHandles(): number {
    return this.#caller.handles.size
  }

  open(path: string): DirectoryHandle {
    return this.#caller.call('open', path, () => {
      let inode = this.#baseInode()
      for (const name of components(path)) inode = childDirectory(this.#volume, inode, name)
      return new SimDirectoryHandle(this.#caller, inode)
    })
  }

  ensureBase(mode: number): boolean {
    return this.#caller.call('ensureBase', this.base, () => {
      const parts = components(this.base).filter(name => name !== '')
      let made = false
      for (let i = 1; i <= parts.length; i++) {
        const { directory, name } = resolve(this.#volume, `/${parts.slice(0, i).join('/')}`, i < parts.length)
        if (name === '') continue
        const inode = lookup(this.#volume, directory, name)
        made = inode === undefined
        if (made) make(this.#volume, directory, name, 'directory', mode)
        else if (!(inode as Inode).isDirectory) fail('ENOTDIR', 'make the directory', this.base)
      }
      return made
    })
  }

  /** Durable is what was written before the call, and only once it is over; what is written meanwhile is not. */
  flush(): Promise<void> {
    const { process, random } = this.#caller.options
    const flush = beginFlush(this.#volume)
    try {
      this.#caller.call(
        'flush',
        this.base,
        () => {},
        () => flush.fail(),
      )
    } catch (error) {
      if (error instanceof SyncError) return Promise.reject(error)
      throw error
    }
    return new Promise(done => {
      process.clock.after(random.between(0, 5), () => {
        flush.finish()
        done()
      })
    })
  }

  close(): void {
    this.#caller.closeAll()
  }

  /** Links above the base are followed, the base itself must be a directory. */
  #baseInode(): Inode {
    const { directory, name } = resolve(this.#volume, this.base, false)
    return name === '' ? uncovered(directory) : childDirectory(this.#volume, directory, name)
  }
}
