import { SyncError, codeOf } from '../core/errors.ts'
import { nameBytesLimit } from '../core/limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { DirectoryHandle, Disk, DiskAbilities } from '../ports/disk.ts'

export interface WorkAreaOptions {
  /** What works between the root and this area: they are on one file system. */
  readonly abilities: DiskAbilities
  readonly clock: Clock
}

const ownDirectories = ['slots', 'trash', 'copies', 'fence'] as const

/** Nobody but this user may look into a work area. */
const ownMode = 0o700

/**
 * The directory where everything waits that is not in its root: content on its way in (`slots`), what was replaced or
 * deleted (`trash`), other hosts' versions of conflicting files (`copies`), and the fence's cookies (`fence`). One
 * process uses it at a time.
 */
export class WorkArea {
  readonly disk: Disk
  readonly abilities: DiskAbilities
  readonly clock: Clock
  readonly base: DirectoryHandle
  readonly slots: DirectoryHandle
  readonly trash: DirectoryHandle
  readonly copies: DirectoryHandle
  readonly fence: DirectoryHandle
  /** How long a name may be here (bytes). */
  readonly nameBytes: number
  #lastMs = 0
  #count = 0

  /** Makes what is missing. */
  constructor(disk: Disk, options: WorkAreaOptions) {
    this.disk = disk
    this.abilities = options.abilities
    this.clock = options.clock
    disk.ensureBase(ownMode)
    this.base = disk.open('')
    const missing = ownDirectories.filter(name => this.base.lookup(name) === undefined)
    for (const name of missing) this.base.mkdir(name, ownMode)
    if (missing.length > 0) this.base.sync()
    this.slots = this.base.child('slots')
    this.trash = this.base.child('trash')
    this.copies = this.base.child('copies')
    this.fence = this.base.child('fence')
    this.nameBytes = nameBytesOf(this.slots)
  }

  /** A name no other thing in this area has or had. Names sort by the time they were given, also across starts. */
  newId(): string {
    const now = this.clock.now()
    if (now > this.#lastMs) {
      this.#lastMs = now
      this.#count = 0
    } else if (++this.#count === idsPerMs) {
      this.#lastMs++
      this.#count = 0
    }
    return `${this.#lastMs.toString(36).padStart(timeDigits, '0')}-${this.#count.toString(36).padStart(countDigits, '0')}`
  }

  /** Ids from now on sort after this one, though the clock was set back. */
  continueAfter(id: string): void {
    const time = idPattern.test(id) ? Number.parseInt(id.slice(0, timeDigits), 36) : 0
    this.#lastMs = Math.max(this.#lastMs, time + 1)
  }

  /** Moves something of ours to a name of ours. `EEXIST` when that is taken: nothing in here is ever replaced. */
  move(from: DirectoryHandle, name: string, to: DirectoryHandle, newName: string): void {
    if (this.abilities.exclusiveRename) from.rename(name, to, newName, 'exclusive')
    else if (to.lookup(newName) === undefined) from.rename(name, to, newName, 'replace')
    else throw new SyncError('EEXIST', `Cannot move ${name} to ${newName} in ${this.disk.base}: the name is taken`)
  }

  /** Where something in here is, for people and workers. */
  absolute(directory: 'slots' | 'trash' | 'copies', name: string): string {
    return `${this.disk.base}/${directory}/${name}`
  }

  close(): void {
    for (const handle of [this.fence, this.copies, this.trash, this.slots, this.base]) handle.close()
  }
}

/** Disks that encrypt names leave fewer bytes than others, down to 143. Source: eCryptfs. */
function nameBytesOf(directory: DirectoryHandle): number {
  try {
    directory.lookup('n'.repeat(nameBytesLimit))
    return nameBytesLimit
  } catch (error) {
    if (codeOf(error) !== 'ENAMETOOLONG') throw error
    return 143
  }
}

const timeDigits = 9
const countDigits = 3
const idsPerMs = 36 ** countDigits

export const idPattern = /^[0-9a-z]{9}-[0-9a-z]{3}$/
