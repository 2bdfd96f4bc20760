import { isWithin, join } from '../../core/path.ts'
import type { DirectoryKey, WatchEvent } from '../../ports/watcher.ts'
import type { PathKeys } from './path-keys.ts'

/** More touched directories than this are listed again together with everything else. */
const touchedLimit = 64

/** Turns bursts of paths into watch events, and remembers which directories they touched: the system may have dropped more there. */
export class FseventsBursts {
  readonly #root: string
  readonly #keys: PathKeys
  #touched = new Set<DirectoryKey>()
  #everything = false

  constructor(root: string, keys: PathKeys) {
    this.#root = root
    this.#keys = keys
  }

  /** @param paths relative to the root; undefined for an event without a name */
  take(paths: readonly (string | undefined)[]): WatchEvent[] {
    const events: WatchEvent[] = []
    for (const path of paths) {
      if (path === undefined) this.#everything = true
      const event = path === undefined ? undefined : this.#keys.event('changed', join(this.#root, path), undefined)
      if (event === undefined) continue
      events.push(event)
      if (event.directory !== undefined) this.#touched.add(event.directory)
    }
    return events
  }

  /** What must be listed again now that the burst is over. */
  settle(): WatchEvent[] {
    const why = 'macOS does not say whether it dropped events'
    const lost: WatchEvent[] =
      this.#everything || this.#touched.size > touchedLimit
        ? [{ kind: 'lost', directory: undefined, below: true, why }]
        : this.#topmost().map(directory => ({ kind: 'lost', directory, below: true, why }))
    this.#touched = new Set()
    this.#everything = false
    return lost
  }

  /** Touched directories that are not below another one. */
  #topmost(): DirectoryKey[] {
    const paths = [...this.#touched].flatMap(key => this.#keys.pathOf(key) ?? [])
    const top = paths.filter(path => !paths.some(other => other !== path && isWithin(path, other)))
    return top.flatMap(path => this.#keys.keyOf(path) ?? [])
  }
}
