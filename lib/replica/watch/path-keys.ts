import { nameOf, parentOf } from '../../core/path.ts'
import type { DirectoryKey, WatchEvent } from '../../ports/watcher.ts'

/** What a runtime puts where bytes of a name are not UTF-8: which name it was cannot be told any more. */
export const replacementCharacter = '\uFFFD'

/** The directories of a watcher that knows paths only. A path under two keys belongs to the newer one. */
export class PathKeys {
  readonly #keys = new Map<string, DirectoryKey>()
  readonly #paths = new Map<DirectoryKey, string>()

  get size(): number {
    return this.#paths.size
  }

  place(key: DirectoryKey, path: string): void {
    this.remove(key)
    const before = this.#keys.get(path)
    if (before !== undefined) this.#paths.delete(before)
    this.#keys.set(path, key)
    this.#paths.set(key, path)
  }

  /** Forgets a directory; returns the path it had. */
  remove(key: DirectoryKey): string | undefined {
    const path = this.#paths.get(key)
    this.#paths.delete(key)
    if (path !== undefined) this.#keys.delete(path)
    return path
  }

  has(key: DirectoryKey): boolean {
    return this.#paths.has(key)
  }

  pathOf(key: DirectoryKey): string | undefined {
    return this.#paths.get(key)
  }

  keyOf(path: string): DirectoryKey | undefined {
    return this.#keys.get(path)
  }

  all(): Iterable<DirectoryKey> {
    return this.#paths.keys()
  }

  /** What to tell about a path; undefined when its directory is not watched: whoever watches it next lists it anyway. */
  event(kind: 'changed' | 'gone', path: string, isDirectory: boolean | undefined): WatchEvent | undefined {
    const directory = this.#keys.get(parentOf(path))
    if (directory === undefined) return undefined
    const name = nameOf(path)
    if (!name.includes(replacementCharacter)) return { kind, directory, name, isDirectory }
    return { kind: 'lost', directory, below: false, why: 'something changed whose name is not UTF-8' }
  }
}

/** True for a directory path that comes back from such a watcher unchanged. chokidar takes a backslash for a slash. */
export function carriesPath(path: string): boolean {
  return path.isWellFormed() && !path.includes(replacementCharacter) && !path.includes('\\')
}
