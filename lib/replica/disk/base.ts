import { lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { codeOf, invariant } from '../../core/errors.ts'
import type { Stat } from '../../ports/disk.ts'
import { attempt, diskError } from './errors.ts'
import type { Place } from './names.ts'
import { nameFrom, onDeno, placeOf } from './names.ts'
import { statFrom } from './stat.ts'

/**
 * Where a disk begins. Links above it are the user's own wish and resolved once; the base itself must be a directory.
 */
export class Base {
  #path: string
  #isResolved = false

  constructor(path: string) {
    invariant(isAbsolute(path), `The base of a disk must be an absolute path: ${path}`)
    this.#path = join(path)
    this.#resolve()
  }

  get path(): string {
    return this.#path
  }

  /** What stands at the base now. Throws ENOENT when nothing does, ENOTDIR when it is no directory, but maybe a link to one. */
  stat(): Stat {
    if (!this.#isResolved) this.#resolve()
    const stat = attempt('open', this.#path, () => statFrom(lstatSync(placeOf(this.#path))))
    if (stat.kind !== 'directory') throw diskError('ENOTDIR', 'open', this.#path)
    return stat
  }

  /** Makes the base with its parents unless it is there. Says whether it made it. */
  ensure(mode: number): boolean {
    const made = attempt('make the directory', this.#path, () => {
      mkdirSync(placeOf(dirname(this.#path)), { recursive: true })
      return makeUnlessTaken(placeOf(this.#path), mode)
    })
    this.stat()
    return made
  }

  /** While a parent is missing there is nothing to resolve yet. */
  #resolve(): void {
    try {
      const real = attempt('resolve', this.#path, () => realPathOf(placeOf(dirname(this.#path))))
      this.#path = join(real, basename(this.#path))
      this.#isResolved = true
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
  }
}

function realPathOf(place: Place): string {
  return nameFrom(onDeno ? realpathSync(place) : realpathSync.native(place, 'buffer'))
}

function makeUnlessTaken(place: Place, mode: number): boolean {
  try {
    mkdirSync(place, mode)
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    return false
  }
}
