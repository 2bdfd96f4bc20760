import { openSync } from 'node:fs'
import { components } from '../../core/path.ts'
import type { Disk } from '../../ports/disk.ts'
import type { Base } from './base.ts'
import type { Native } from './native-calls.ts'
import { placeOf } from './names.ts'
import { toRead } from './open-flags.ts'
import { PortableDirectory } from './portable-directory.ts'
import { Unsynced } from './unsynced.ts'

/**
 * A disk that reaches directories by path and checks them before every call. Not run on macOS, for which it is
 * meant: tested on Linux.
 */
export class PortableDisk implements Disk {
  readonly #base: Base
  readonly #native: Native | undefined
  readonly #unsynced = new Unsynced((_, path) => openSync(placeOf(path), toRead))

  constructor(base: Base, native: Native | undefined) {
    this.#base = base
    this.#native = native
  }

  get base(): string {
    return this.#base.path
  }

  ensureBase(mode: number): boolean {
    return this.#base.ensure(mode)
  }

  open(path: string): PortableDirectory {
    const stat = this.#base.stat()
    const parts = { native: this.#native, unsynced: this.#unsynced }
    let directory = new PortableDirectory([{ path: this.base, stat }], this.base, parts)
    for (const name of components(path)) directory = directory.child(name)
    return directory
  }

  async flush(): Promise<void> {
    await this.#unsynced.flush(this.base)
  }

  close(): void {
    this.#unsynced.close()
  }
}
