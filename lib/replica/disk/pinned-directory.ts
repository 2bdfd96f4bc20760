import { chmodSync, closeSync, constants, fstatSync, openSync } from 'node:fs'
import type { Stat } from '../../ports/disk.ts'
import { attempt, diskError } from './errors.ts'
import type { DiskParts } from './directory.ts'
import { ReachedDirectory } from './directory.ts'
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
