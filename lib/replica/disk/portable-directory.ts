import { closeSync, constants, fchmodSync, lchmodSync, lstatSync, openSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { invariant } from '../../core/errors.ts'
import type { DirectoryHandle, Stat } from '../../ports/disk.ts'
import type { DiskParts } from './directory.ts'
import { ReachedDirectory, reached } from './directory.ts'
import { attempt, diskError, translated } from './errors.ts'
import type { Place } from './names.ts'
import { checkComponent, placeOf } from './names.ts'
import { noFollow } from './open-flags.ts'
import { isSame, modeFor, statFrom } from './stat.ts'

/** One directory on the way from the base, as it was when it was reached. */
export interface Step {
  readonly path: string
  readonly stat: Stat
}

/**
 * A directory held by its path, for systems without `/proc` (macOS). Before every call each directory on the way is
 * checked to be the one it was: what is swapped in between the check and the call is not noticed, save by opens on
 * macOS, which refuse links in any component.
 */
export class PortableDirectory extends ReachedDirectory {
  readonly #way: readonly Step[]

  /** @param way from the base to this directory itself, which is the last step */
  constructor(way: readonly Step[], path: string, parts: DiskParts) {
    super(path, parts)
    this.#way = way
  }

  protected override place(name: string): Place {
    checkComponent(name)
    this.#verify()
    return placeOf(this.nameFor(name))
  }

  protected override here(): Place {
    this.#verify()
    return placeOf(this.path)
  }

  override stat(): Stat {
    return attempt('examine', this.path, () => this.#verify())
  }

  override child(name: string): PortableDirectory {
    const path = this.nameFor(name)
    const stat = this.on('open the directory', name, () => statFrom(lstatSync(this.place(name))))
    if (stat.kind !== 'directory') throw diskError('ENOTDIR', 'open the directory', path)
    return new PortableDirectory([...this.#way, { path, stat }], path, this.parts)
  }

  override get address(): string {
    return this.path
  }

  override async copy(name: string, to: DirectoryHandle, newName: string): Promise<void> {
    const target = reached(to) as PortableDirectory
    if (this.lookup(name)?.kind !== 'file') throw diskError('EINVAL', 'copy', this.nameFor(name))
    const [from, into] = [this.place(name), target.place(newName)]
    try {
      await copyFile(from, into, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
      target.setMode(newName, 0o600)
    } catch (error) {
      throw translated(error, 'copy', this.pairOf(name, target, newName))
    }
  }

  /** A hard link to a symbolic link is one to its target on macOS: refused. */
  override link(name: string, to: DirectoryHandle, newName: string): void {
    if (this.lookup(name)?.kind === 'symlink') throw diskError('ELOOP', 'link', this.nameFor(name))
    super.link(name, to, newName)
  }

  override setMode(name: string, mode: number): void {
    this.change('set the mode of', name, () => {
      const place = this.place(name)
      const { kind, mode: before } = statFrom(lstatSync(place))
      if (kind !== 'file' && kind !== 'directory') throw diskError('EOPNOTSUPP', 'set the mode of', this.nameFor(name))
      this.willTouch(place)
      changeMode(place, modeFor(kind, before, mode))
    })
  }

  override close(): void {}

  #verify(): Stat {
    let last: Stat | undefined
    for (const step of this.#way) {
      last = statFrom(lstatSync(placeOf(step.path)))
      if (last.kind !== 'directory') throw diskError('ENOTDIR', 'reach', step.path)
      if (!isSame(last, step.stat)) throw diskError('ESTALE', 'reach', step.path)
    }
    invariant(last !== undefined, 'The way to a directory has a step')
    return last
  }
}

/** macOS changes the mode of a name without following it; elsewhere the file must be opened, which needs permission. */
function changeMode(place: Place, mode: number): void {
  if (process.platform === 'darwin') return lchmodSync(place, mode)
  const descriptor = openSync(place, constants.O_RDONLY | constants.O_NONBLOCK | noFollow)
  try {
    fchmodSync(descriptor, mode)
  } finally {
    closeSync(descriptor)
  }
}
