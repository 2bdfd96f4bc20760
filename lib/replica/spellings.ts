import { folded } from '../core/folded-name.ts'
import type { DirectoryHandle } from '../ports/disk.ts'

/**
 * How things are called on a disk that takes several spellings for one name (case, Unicode forms): a lookup finds what
 * stands there by any of them, and only a listing tells which one it bears.
 */
export class Spellings {
  readonly #folds: boolean
  #listed: { readonly directory: DirectoryHandle; readonly names: ReadonlyMap<string, string> } | undefined

  constructor(folds: boolean) {
    this.#folds = folds
  }

  /**
   * The spelling borne by what a lookup of this name finds; undefined when the listing has none of that name. Listings
   * are remembered until `forget`: no longer than between two turns of others.
   */
  of(directory: DirectoryHandle, name: string): string | undefined {
    if (!this.#folds) return name
    if (this.#listed?.directory !== directory) {
      const names = new Map<string, string>()
      for (const item of directory.list()) {
        names.set(folded(item.name), item.name)
        names.set(item.name, item.name)
      }
      this.#listed = { directory, names }
    }
    return this.#listed.names.get(name) ?? this.#listed.names.get(folded(name))
  }

  forget(): void {
    this.#listed = undefined
  }
}
