import type { DirectoryKey } from '../../ports/watcher.ts'

const none: readonly DirectoryKey[] = []

/**
 * Which of the kernel's watches stands for which directory. The kernel has one watch for a directory, whatever it is
 * called: where it is reached by two paths (a bind mount), or got a new key after a rename, it stands for several keys.
 *
 * The kernel never gives a number twice, so events still under way for a watch that was forgotten here find no key.
 */
export class WatchTable {
  readonly #watches = new Map<DirectoryKey, number>()
  readonly #keys = new Map<number, readonly DirectoryKey[]>()

  /** How many keys have a watch. */
  get size(): number {
    return this.#watches.size
  }

  /** What `watch` stands for, the newest key first. */
  keysOf(watch: number): readonly DirectoryKey[] {
    return this.#keys.get(watch) ?? none
  }

  /** Lets `watch` stand for `key` too. Returns the watch that `key` had before, when no key needs that any more. */
  place(key: DirectoryKey, watch: number): number | undefined {
    if (this.#watches.get(key) === watch) return undefined
    const unneeded = this.remove(key)
    this.#watches.set(key, watch)
    this.#keys.set(watch, [key, ...this.keysOf(watch)])
    return unneeded
  }

  /** Forgets a key. Returns the watch it had, when no other key needs that. */
  remove(key: DirectoryKey): number | undefined {
    const watch = this.#watches.get(key)
    if (watch === undefined) return undefined
    this.#watches.delete(key)
    const others = this.keysOf(watch).filter(other => other !== key)
    if (others.length > 0) this.#keys.set(watch, others)
    else this.#keys.delete(watch)
    return others.length > 0 ? undefined : watch
  }
}
