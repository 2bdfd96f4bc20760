import type { Stat } from '../ports/disk.ts'

/** The parts of a stat that move whenever content does. */
export type Identity = Pick<Stat, 'size' | 'mtimeMs' | 'ctimeMs' | 'inode'>

/**
 * What the disk said about each known file when its digest was taken, in flat arrays: 44 bytes a file, no object each.
 * Rows are found by a keyed 64-bit hash of (directory key, name). Should two names share a hash, one loses its row and
 * is hashed again; a row only ever vouches for a file whose size, times and inode all match.
 */
export class IdentityTable {
  #keys = new Uint32Array(2 * 64)
  #rows = new Float64Array(4 * 64)
  #used = 0
  #live = 0
  readonly #seed: number

  /** @param seed makes collisions unpredictable to whoever chooses names. */
  constructor(seed: number) {
    this.#seed = seed >>> 0
  }

  get size(): number {
    return this.#live
  }

  /** True when the file is the one whose digest is known. */
  matches(directory: number, name: string, found: Identity): boolean {
    const row = this.#find(directory, name)
    if (row < 0) return false
    const at = row * 4
    return (
      this.#rows[at] === found.size &&
      this.#rows[at + 1] === found.mtimeMs &&
      this.#rows[at + 2] === found.ctimeMs &&
      this.#rows[at + 3] === found.inode
    )
  }

  get(directory: number, name: string): Identity | undefined {
    const row = this.#find(directory, name)
    if (row < 0) return undefined
    const [size = 0, mtimeMs = 0, ctimeMs = 0, inode = 0] = this.#rows.subarray(row * 4, row * 4 + 4)
    return { size, mtimeMs, ctimeMs, inode }
  }

  set(directory: number, name: string, identity: Identity): void {
    if (this.#used * 4 >= (this.#keys.length / 2) * 3) this.#resize()
    const [low, high] = this.#hash(directory, name)
    this.#put(low, high, identity.size, identity.mtimeMs, identity.ctimeMs, identity.inode)
  }

  delete(directory: number, name: string): void {
    const row = this.#find(directory, name)
    if (row < 0) return
    // The key stays as a tombstone so that later rows are still found; a NaN size matches nothing.
    this.#rows[row * 4] = Number.NaN
    this.#live--
  }

  #put(low: number, high: number, size: number, mtimeMs: number, ctimeMs: number, inode: number): void {
    const capacity = this.#keys.length / 2
    let row = low & (capacity - 1)
    while (!this.#isFree(row) && !(this.#keys[row * 2] === low && this.#keys[row * 2 + 1] === high))
      row = (row + 1) & (capacity - 1)
    if (this.#isFree(row)) {
      this.#used++
      this.#live++
    } else if (Number.isNaN(this.#rows[row * 4])) this.#live++
    this.#keys[row * 2] = low
    this.#keys[row * 2 + 1] = high
    this.#rows[row * 4] = size
    this.#rows[row * 4 + 1] = mtimeMs
    this.#rows[row * 4 + 2] = ctimeMs
    this.#rows[row * 4 + 3] = inode
  }

  #find(directory: number, name: string): number {
    const [low, high] = this.#hash(directory, name)
    const capacity = this.#keys.length / 2
    for (let row = low & (capacity - 1); !this.#isFree(row); row = (row + 1) & (capacity - 1)) {
      if (this.#keys[row * 2] === low && this.#keys[row * 2 + 1] === high)
        return Number.isNaN(this.#rows[row * 4]) ? -1 : row
    }
    return -1
  }

  /** Zero in the high half means free: `#hash` never yields it. */
  #isFree(row: number): boolean {
    return this.#keys[row * 2 + 1] === 0
  }

  /** Doubles the table when it is full of rows, rebuilds it at its size when it is full of tombstones. */
  #resize(): void {
    const keys = this.#keys
    const rows = this.#rows
    const capacity = keys.length / 2
    const next = this.#live * 2 > capacity ? capacity * 2 : capacity
    this.#keys = new Uint32Array(next * 2)
    this.#rows = new Float64Array(next * 4)
    this.#used = 0
    this.#live = 0
    for (let row = 0; row < capacity; row++) {
      const size = rows[row * 4] ?? 0
      if (keys[row * 2 + 1] === 0 || Number.isNaN(size)) continue
      this.#put(
        keys[row * 2] ?? 0,
        keys[row * 2 + 1] ?? 0,
        size,
        rows[row * 4 + 1] ?? 0,
        rows[row * 4 + 2] ?? 0,
        rows[row * 4 + 3] ?? 0,
      )
    }
  }

  /** Two 32-bit lanes of a multiply-xor hash over the seed, the directory's key and the name. */
  #hash(directory: number, name: string): readonly [number, number] {
    let low = Math.imul(this.#seed ^ directory, 0x9e3779b1) ^ 0x85ebca6b
    let high = Math.imul(this.#seed + directory, 0xc2b2ae35) ^ 0x27d4eb2f
    for (let i = 0; i < name.length; i++) {
      const unit = name.charCodeAt(i)
      low = Math.imul(low ^ unit, 0x01000193)
      high = Math.imul(high ^ unit, 0x85ebca77)
      high ^= high >>> 15
    }
    low = Math.imul(low ^ (low >>> 16), 0x85ebca6b)
    high = Math.imul(high ^ (high >>> 13), 0xc2b2ae3d)
    return [(low ^ (low >>> 13)) >>> 0, (high ^ (high >>> 16)) >>> 0 || 1]
  }
}
