import type { Path } from '../../core/path.ts'
import { isWithin, join } from '../../core/path.ts'
import type { DirectoryKey, OpenWatcher, WatchEvent, Watcher, WatcherTraits } from '../../ports/watcher.ts'
import { ChokidarDirectory } from './chokidar-directory.ts'
import { checkDirectory } from './directory-check.ts'
import { EventBatch } from './event-batch.ts'
import { carriesPath } from './path-keys.ts'
import { watchLimit } from './watch-limit.ts'

export interface ChokidarOptions {
  /** Absolute path of the root, no link in it. */
  readonly root: string
  /** What need not be looked at. Paths are relative to the root. */
  readonly ignores: (path: Path, isDirectory: boolean) => boolean
}

/** How chokidar looks at a disk: by the system's events, or by asking again and again. */
export interface ChokidarMode {
  readonly traits: WatcherTraits
  /** ms between two looks at a path; undefined for the system's events. */
  readonly pollMs: number | undefined
}

const byEvents: ChokidarMode = {
  traits: { name: 'chokidar', closes: false, tellsLoss: false, followsMoves: false, ordered: false },
  pollMs: undefined,
}

/** Directories that begin to be watched at the same time: each is listed, and all at once would take much memory. */
const beginningLimit = 32

/**
 * Watches with chokidar. A directory begins to be watched some time after `watch` returns, and is `lost` when it does.
 * One whose path chokidar cannot carry (not UTF-8, or with a backslash) is left to the caller's polling.
 */
export function openChokidar(options: ChokidarOptions): OpenWatcher {
  return openChokidarAs(byEvents, options)
}

export function openChokidarAs(mode: ChokidarMode, options: ChokidarOptions): OpenWatcher {
  return listener => new ChokidarWatcher(mode, options, listener)
}

class ChokidarWatcher implements Watcher {
  readonly traits: WatcherTraits
  readonly #mode: ChokidarMode
  readonly #options: ChokidarOptions
  readonly #batch: EventBatch
  readonly #paths = new Map<DirectoryKey, string>()
  /** Which directory stood at the path when it was to be watched, unless its watch is void by now. */
  readonly #identities = new Map<DirectoryKey, string>()
  readonly #directories = new Map<DirectoryKey, ChokidarDirectory>()
  readonly #waiting = new Set<DirectoryKey>()
  /** Ends under way: chokidar shares handles by path, and a new watch must not get hold of an old directory's. */
  readonly #ending = new Map<string, Promise<void>>()
  /** Directories the system had no watch left for. */
  readonly #refused = new Set<string>()
  #beginning = 0
  #failed = false
  #open = true

  constructor(mode: ChokidarMode, options: ChokidarOptions, listener: (events: readonly WatchEvent[]) => void) {
    this.traits = mode.traits
    this.#mode = mode
    this.#options = options
    this.#batch = new EventBatch(listener)
  }

  watch(key: DirectoryKey, path: string): boolean {
    const identity = checkDirectory(path)
    const cannot = this.#failed || this.#refused.has(path) || !carriesPath(path)
    // Beginning anew would be a loss, a loss a listing, and that a new beginning.
    if (!cannot && this.#paths.get(key) === path && this.#identities.get(key) === identity) return true
    this.unwatch(key)
    if (cannot) return false
    this.#paths.set(key, path)
    this.#identities.set(key, identity)
    this.#waiting.add(key)
    this.#beginSome()
    return true
  }

  unwatch(key: DirectoryKey): void {
    const path = this.#paths.get(key)
    const directory = this.#directories.get(key)
    this.#paths.delete(key)
    this.#identities.delete(key)
    this.#waiting.delete(key)
    this.#directories.delete(key)
    if (path !== undefined && directory !== undefined) this.#end(path, directory)
  }

  usage(): { readonly watches: number; readonly limit: number | undefined } {
    return { watches: this.#paths.size, limit: this.#mode.pollMs === undefined ? watchLimit() : undefined }
  }

  async close(): Promise<void> {
    this.#open = false
    this.#batch.close()
    for (const key of [...this.#paths.keys()]) this.unwatch(key)
    await Promise.all(this.#ending.values())
  }

  #beginSome(): void {
    for (const key of this.#waiting) {
      if (this.#beginning >= beginningLimit) return
      this.#waiting.delete(key)
      this.#beginning += 1
      this.#begin(key).catch((error: unknown) => this.#fail(error))
    }
  }

  async #begin(key: DirectoryKey): Promise<void> {
    // Loaded only when asked for: most roots never need it.
    const { watch } = await import('chokidar')
    const path = this.#paths.get(key)
    if (path !== undefined) await this.#ending.get(path)
    // It may have been forgotten or replaced, then watched again, in the meantime.
    if (path === undefined || this.#paths.get(key) !== path || this.#directories.has(key) || !this.#open)
      return this.#begun()
    const directory = new ChokidarDirectory(key, path, {
      watch,
      pollMs: this.#mode.pollMs,
      ignores: (name, isDirectory) => this.#ignores(join(path, name), isDirectory),
      tell: event => {
        if (event.kind === 'self') this.#identities.delete(key)
        this.#batch.push(event)
      },
      begun: () => this.#begun(),
      refused: () => this.#refuse(key, path),
    })
    this.#directories.set(key, directory)
  }

  #begun(): void {
    this.#beginning -= 1
    this.#beginSome()
  }

  #end(path: string, directory: ChokidarDirectory): void {
    const ended = Promise.all([this.#ending.get(path), directory.close()]).then(() => {
      if (this.#ending.get(path) === ended) this.#ending.delete(path)
    })
    this.#ending.set(path, ended)
  }

  #ignores(path: string, isDirectory: boolean): boolean {
    const { root, ignores } = this.#options
    return path !== root && isWithin(path, root) && ignores(path.slice(root.length + 1), isDirectory)
  }

  #refuse(key: DirectoryKey, path: string): void {
    this.#refused.add(path)
    this.#batch.push({ kind: 'self', directory: key })
  }

  /** chokidar cannot be used at all: every directory is told so, and polled by the caller from now on. */
  #fail(error: unknown): void {
    this.#failed = true
    this.#batch.push({
      kind: 'lost',
      directory: undefined,
      below: true,
      why: `chokidar cannot be used: ${String(error)}`,
    })
    for (const directory of this.#paths.keys()) this.#batch.push({ kind: 'self', directory })
    this.#begun()
  }
}
