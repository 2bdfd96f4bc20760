import { constants, fstatSync, openSync } from 'node:fs'
import { codeOf, invariant } from '../../core/errors.ts'
import { components, join } from '../../core/path.ts'
import type { Disk, Stat } from '../../ports/disk.ts'
import type { Base } from './base.ts'
import type { DiskParts } from './directory.ts'
import { attempt, diskError } from './errors.ts'
import { checkComponent, placeOf } from './names.ts'
import type { Native } from './native-calls.ts'
import { OwnDescriptor } from './open-file.ts'
import { pathOnly, toPin, toSync } from './open-flags.ts'
import { PinnedDirectory, placeOfDescriptor } from './pinned-directory.ts'
import { isSame, statFrom } from './stat.ts'
import { Unsynced } from './unsynced.ts'

/** Longer paths go component by component: PATH_MAX bounds what one call may name (4096 bytes; a character is at most 3). */
const oneCallLength = 1024

/** The base, held so that its inode number cannot become another directory's. */
interface PinnedBase {
  readonly stat: Stat
  readonly pin: OwnDescriptor
  /** Open from before the first write, so that syncfs reports every failed write since; undefined when it may not be read. */
  readonly readable: OwnDescriptor | undefined
}

/**
 * A disk whose directories are held by descriptors (Linux). The base is looked up by its path at every `open`, so that
 * a root which was removed or replaced shows as what it is.
 */
export class PinnedDisk implements Disk {
  readonly #base: Base
  readonly #parts: DiskParts
  #pinned: PinnedBase | undefined

  constructor(base: Base, native: Native | undefined) {
    this.#base = base
    this.#parts = {
      native,
      unsynced:
        native?.syncFileSystem === undefined
          ? new Unsynced(descriptor => openSync(placeOfDescriptor(descriptor), constants.O_RDONLY))
          : undefined,
    }
  }

  get base(): string {
    return this.#base.path
  }

  ensureBase(mode: number): boolean {
    return this.#base.ensure(mode)
  }

  open(path: string): PinnedDirectory {
    const { pin } = this.#pinBase()
    const whole = path === '' ? this.base : join(this.base, path)
    const descriptor = attempt('open the directory', whole, () => this.#openBelow(pin.number, path, whole))
    return new PinnedDirectory(descriptor, whole, this.#parts)
  }

  async flush(): Promise<void> {
    const { native, unsynced } = this.#parts
    if (unsynced !== undefined) return await unsynced.flush(this.base)
    const { readable } = this.#pinned ?? this.#pinBase()
    if (readable === undefined) throw diskError('EACCES', 'make durable', this.base)
    const failure = await native?.syncFileSystem?.(readable.number)
    if (failure !== undefined) throw diskError(failure, 'make durable', this.base)
  }

  close(): void {
    this.#unpin()
    this.#parts.unsynced?.close()
  }

  #openBelow(base: number, path: string, whole: string): number {
    if (path === '') return openSync(placeOfDescriptor(base), pathOnly | constants.O_DIRECTORY)
    const names = components(path)
    for (const name of names) checkComponent(name)
    const openBeneath = this.#parts.native?.openBeneath
    if (openBeneath === undefined || path.length > oneCallLength) return openOneByOne(base, names)
    const descriptor = openBeneath(base, placeOf(path))
    if (typeof descriptor === 'string') throw diskError(descriptor, 'open the directory', whole)
    return descriptor
  }

  #pinBase(): PinnedBase {
    const stat = this.#base.stat()
    if (this.#pinned !== undefined && isSame(this.#pinned.stat, stat)) return this.#pinned
    this.#unpin()
    this.#pinned = attempt('open', this.base, () => pinBase(this.base))
    return this.#pinned
  }

  #unpin(): void {
    this.#pinned?.pin.close()
    this.#pinned?.readable?.close()
    this.#pinned = undefined
  }
}

/** Each directory is opened from the one before, no link followed. */
function openOneByOne(base: number, names: readonly string[]): number {
  let current: OwnDescriptor | undefined
  for (const name of names) {
    const parent = current
    try {
      const place = placeOf(`${placeOfDescriptor(parent?.number ?? base)}/${name}`)
      current = new OwnDescriptor(openSync(place, toPin), name)
    } finally {
      parent?.close()
    }
  }
  invariant(current !== undefined, 'A path below the base has a component')
  return current.release()
}

function pinBase(path: string): PinnedBase {
  const pin = new OwnDescriptor(openSync(placeOf(path), toPin), path)
  try {
    return { stat: statFrom(fstatSync(pin.number)), pin, readable: openReadable(pin) }
  } catch (error) {
    pin.close()
    throw error
  }
}

function openReadable(pin: OwnDescriptor): OwnDescriptor | undefined {
  try {
    return new OwnDescriptor(openSync(placeOfDescriptor(pin.number), toSync), pin.path)
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error
    return undefined
  }
}
