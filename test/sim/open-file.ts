import type { Dentry, Inode, Stored } from './inode.ts'
import { noBytes } from './inode.ts'
import { Crash } from './faults.ts'
import { setMode, setTimes } from './namespace.ts'
import type { SimVolume } from './volume.ts'
import { fail } from './volume.ts'

/**
 * A descriptor of a regular file, of any program: it stays with the inode whatever happens to the name. Content goes
 * to the page cache; `sync` brings it to the disk.
 */
export class OpenFile {
  readonly inode: Inode
  readonly writing: boolean
  readonly #volume: SimVolume
  readonly #dentry: Dentry
  readonly #era: number
  #open = true

  constructor(volume: SimVolume, dentry: Dentry, writing: boolean) {
    this.#volume = volume
    this.#dentry = dentry
    this.#era = volume.era
    this.inode = dentry.inode
    this.writing = writing
    volume.hold(this.inode)
    if (writing) this.inode.writers++
  }

  get size(): number {
    return this.inode.data.length
  }

  read(offset: number, length: number): Uint8Array {
    this.#check('read')
    return this.inode.data.slice(offset, offset + length)
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#check('write')
    const { data } = this.inode
    const next = new Uint8Array(Math.max(data.length, offset + bytes.length))
    next.set(data)
    next.set(bytes, offset)
    this.#setData(next)
  }

  truncate(size: number): void {
    this.#check('truncate')
    const { data } = this.inode
    if (size === data.length) return
    if (size < data.length) this.inode.cuts++
    const next = size === 0 ? noBytes : new Uint8Array(size)
    next.set(data.subarray(0, size))
    this.#setData(next)
  }

  /** fdatasync. */
  sync(): void {
    this.#check('sync')
    persist(this.#volume, this.inode, stored(this.inode))
  }

  setMode(mode: number): void {
    this.#check('change the mode of')
    setMode(this.#volume, this.#dentry, mode)
  }

  setTimes(mtimeMs: number): void {
    this.#check('change the times of')
    setTimes(this.#volume, this.#dentry, mtimeMs)
  }

  /** A sync that failed: the pages count as clean now and will never be written. */
  failSync(): void {
    if (this.inode.data !== this.inode.durable.data) this.inode.poisoned = true
  }

  /** May be called again, and after a power cut. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    if (this.#era !== this.#volume.era) return
    const { name, parent } = this.#dentry
    if (this.writing) {
      this.inode.writers--
      this.#volume.tell({ kind: 'close', parent, name, inode: this.inode })
    }
    this.#volume.release(this.inode)
  }

  #setData(data: Uint8Array): void {
    const { inode } = this
    inode.data = data
    inode.writes++
    inode.mtimeMs = this.#volume.now()
    inode.ctimeMs = inode.mtimeMs
    this.#volume.dirty.add(inode)
    this.#volume.tell({ kind: 'modify', parent: this.#dentry.parent, name: this.#dentry.name, inode })
  }

  #check(action: string): void {
    if (this.#era !== this.#volume.era) throw new Crash('The power was cut')
    if (!this.#open) fail('EBADF', action, this.#dentry.name)
  }
}

export function stored(inode: Inode): Stored {
  return { data: inode.data, writes: inode.writes, cuts: inode.cuts, mtimeMs: inode.mtimeMs, ctimeMs: inode.ctimeMs }
}

/** The content reached the disk, unless a sync of the file failed before, or what came after it is there already. */
export function persist(volume: SimVolume, inode: Inode, content: Stored): void {
  if (inode.poisoned || content.writes < inode.durable.writes) return
  inode.durable = content
  if (inode.data === content.data) volume.dirty.delete(inode)
}
