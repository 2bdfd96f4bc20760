import { chmodSync, closeSync, constants, fchmodSync, fstatSync, openSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import type { DirectoryHandle, Stat } from '../../ports/disk.ts'
import { attempt, diskError, translated } from './errors.ts'
import type { DiskParts } from './directory.ts'
import { ReachedDirectory, openRegular, reached } from './directory.ts'
import type { Place } from './names.ts'
import { checkComponent, placeOf } from './names.ts'
import { OwnDescriptor } from './open-file.ts'
import { pathOnly, toPin } from './open-flags.ts'
import { modeFor, statFrom } from './stat.ts'

/**
 * A directory held by a descriptor (Linux). Its children are `/proc/self/fd/N/name`: the kernel starts at the very
 * directory, whatever has become of its name, so a link put in the way meanwhile leads nowhere.
 */
export class PinnedDirectory extends ReachedDirectory {
  readonly #own: OwnDescriptor

  /** Takes over the descriptor. */
  constructor(descriptor: number, path: string, parts: DiskParts) {
    super(path, parts)
    this.#own = new OwnDescriptor(descriptor, path)
  }

  protected override place(name: string): Place {
    checkComponent(name)
    return placeOf(`/proc/self/fd/${this.#own.number}/${name}`)
  }

  protected override here(): Place {
    return placeOfDescriptor(this.#own.number)
  }

  override stat(): Stat {
    return attempt('examine', this.path, () => statFrom(fstatSync(this.#own.number)))
  }

  override child(name: string): PinnedDirectory {
    const descriptor = this.on('open the directory', name, () => openSync(this.place(name), toPin))
    return new PinnedDirectory(descriptor, this.nameFor(name), this.parts)
  }

  override get address(): string {
    return placeOfDescriptor(this.#own.number)
  }

  /** Both files are held by descriptors, so that it does not matter what becomes of their directories meanwhile. */
  override async copy(name: string, to: DirectoryHandle, newName: string): Promise<void> {
    const target = reached(to)
    const pair = this.pairOf(name, target, newName)
    const from = this.on('read', name, () => openRegular(this.place(name)))
    if (typeof from === 'string') throw diskError(from, 'read', this.nameFor(name))
    try {
      const made = (target as PinnedDirectory).made(newName)
      try {
        await copyFile(placeOfDescriptor(from), placeOfDescriptor(made), constants.COPYFILE_FICLONE)
        fchmodSync(made, 0o600)
      } finally {
        closeSync(made)
      }
    } catch (error) {
      throw translated(error, 'copy', pair)
    } finally {
      closeSync(from)
    }
  }

  override setMode(name: string, mode: number): void {
    this.change('set the mode of', name, () => {
      const descriptor = openSync(this.place(name), pathOnly | constants.O_NOFOLLOW)
      try {
        const { kind, mode: before } = statFrom(fstatSync(descriptor))
        if (kind !== 'file' && kind !== 'directory')
          throw diskError('EOPNOTSUPP', 'set the mode of', this.nameFor(name))
        this.willTouch(this.place(name))
        chmodSync(placeOfDescriptor(descriptor), modeFor(kind, before, mode))
      } finally {
        closeSync(descriptor)
      }
    })
  }

  override close(): void {
    this.#own.close()
  }
}

export function placeOfDescriptor(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`
}
