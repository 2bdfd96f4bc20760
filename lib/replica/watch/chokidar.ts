import type { Stats } from 'node:fs'
import type { FSWatcher } from 'chokidar'
import { codeOf, SyncError } from '../../core/errors.ts'
import type { Path } from '../../core/path.ts'
import { isWithin, join } from '../../core/path.ts'
import type { DirectoryKey, OpenWatcher, WatchEvent, Watcher, WatcherTraits } from '../../ports/watcher.ts'
import { checkDirectory } from './directory-check.ts'
import { EventBatch } from './event-batch.ts'
import { carriesPath, PathKeys } from './path-keys.ts'
import { Settling } from './settling.ts'
import { watchLimit } from './watch-limit.ts'

export interface ChokidarOptions {
  /** Absolute path of the root, no link in it: chokidar is told to follow none. */
  readonly root: string
  /** What chokidar need not look at. Paths are relative to the root. */
  readonly ignores: (path: Path, isDirectory: boolean) => boolean
}

/** How chokidar looks at a disk: by the system's events, or by asking again and again. */
export interface ChokidarMode {
  readonly traits: WatcherTraits
  /** ms between two looks at a path; undefined for the system's events. */
  readonly pollMs: number | undefined
  /** When chokidar has surely begun to watch a directory that is new to it (ms). */
  readonly settleMs: number
}

const events: ChokidarMode = {
  traits: { name: 'chokidar', closes: false, tellsLoss: false, followsMoves: false, ordered: false },
  pollMs: undefined,
  settleMs: 250,
}

/**
 * Watches with chokidar, which walks and watches the root by itself: `watch` only says which directories are of
 * interest. Until it has walked the root, everything counts as lost. It begins to watch new directories at its own
 * pace, so each directory that is asked for later is lost once more when that has surely happened.
 *
 * A directory whose path it cannot carry (not UTF-8, or with a backslash) is left to the caller's polling.
 */
export function openChokidar(options: ChokidarOptions): OpenWatcher {
  return openChokidarAs(events, options)
}

export function openChokidarAs(mode: ChokidarMode, options: ChokidarOptions): OpenWatcher {
  return listener => new ChokidarWatcher(mode, options, listener)
}

class ChokidarWatcher implements Watcher {
  readonly traits: WatcherTraits
  readonly #mode: ChokidarMode
  readonly #options: ChokidarOptions
  readonly #batch: EventBatch
  readonly #keys = new PathKeys()
  readonly #settling: Settling
  /** Directories the system had no watch left for. */
  readonly #refused = new Set<string>()
  /** Never rejects; undefined when chokidar cannot be used. */
  readonly #chokidar: Promise<FSWatcher | undefined>
  #ready = false
  #failed = false
  #open = true

  constructor(mode: ChokidarMode, options: ChokidarOptions, listener: (events: readonly WatchEvent[]) => void) {
    this.traits = mode.traits
    this.#mode = mode
    this.#options = options
    this.#batch = new EventBatch(listener)
    this.#settling = new Settling(mode.settleMs, directories => {
      for (const directory of directories) if (this.#keys.has(directory)) this.#lost(directory, 'it was new to chokidar')
    })
    this.#chokidar = this.#start().catch((error: unknown) => this.#fail(error))
  }

  watch(key: DirectoryKey, path: string): boolean {
    this.unwatch(key)
    checkDirectory(path)
    if (this.#failed || this.#refused.has(path) || !carriesPath(path)) return false
    this.#keys.place(key, path)
    if (this.#ready) this.#settling.add(key)
    if (!this.#covers(path)) this.#tell(chokidar => chokidar.add(path))
    return true
  }

  unwatch(key: DirectoryKey): void {
    const path = this.#keys.remove(key)
    if (path !== undefined && !this.#covers(path)) this.#tell(chokidar => chokidar.unwatch(path))
  }

  usage(): { readonly watches: number; readonly limit: number | undefined } {
    return { watches: this.#keys.size, limit: this.#mode.pollMs === undefined ? watchLimit() : undefined }
  }

  async close(): Promise<void> {
    this.#open = false
    this.#batch.close()
    this.#settling.close()
    const chokidar = await this.#chokidar
    await chokidar?.close()
  }

  /** Loaded only when asked for: most roots never need it. */
  async #start(): Promise<FSWatcher | undefined> {
    const { watch } = await import('chokidar')
    if (!this.#open) return undefined
    const { pollMs } = this.#mode
    const chokidar = watch(this.#options.root, {
      persistent: false,
      ignoreInitial: true,
      followSymlinks: false,
      atomic: false,
      ignorePermissionErrors: true,
      ignored: (path, stats) => this.#ignored(path, stats),
      ...(pollMs === undefined ? {} : { backend: 'polling', pollingInterval: pollMs, pollingBinaryInterval: pollMs }),
    })
    if ((chokidar.options.backend === 'polling') !== (pollMs !== undefined)) {
      await chokidar.close()
      throw new SyncError('REFUSED', 'CHOKIDAR_USEPOLLING in the environment overrules the configured watcher')
    }
    chokidar.on('ready', () => {
      this.#ready = true
      this.#lost(undefined, 'chokidar has only now begun to watch')
    })
    chokidar.on('raw', (_, path, details) => this.#raw(path, details))
    chokidar.on('all', (event, path) => this.#told(event, path))
    chokidar.on('error', error => this.#error(error))
    return chokidar
  }

  #tell(order: (chokidar: FSWatcher) => void): void {
    void this.#chokidar.then(chokidar => {
      if (chokidar !== undefined && this.#open) order(chokidar)
    })
  }

  #covers(path: string): boolean {
    return isWithin(path, this.#options.root)
  }

  /** Asked first without `stats`, when it is not known yet whether the path is a directory. */
  #ignored(path: string, stats: Stats | undefined): boolean {
    if (stats === undefined || path === this.#options.root || !this.#covers(path)) return false
    return this.#options.ignores(path.slice(this.#options.root.length + 1), stats.isDirectory())
  }

  /**
   * What the system said, before chokidar compared it with what it knows: it keeps changes of mode and quick
   * successions to itself. By events, a directory and a name in it; by polling, the path that looks different.
   */
  #raw(path: string | null, details: unknown): void {
    const directory = watchedPath(details)
    if (path === null) this.#lost(undefined, 'an event came without a name')
    else this.#hint('changed', directory === undefined ? path : join(directory, path), undefined)
  }

  #told(event: string, path: string): void {
    const isDirectory = event === 'addDir' || event === 'unlinkDir'
    const gone = event === 'unlink' || event === 'unlinkDir'
    this.#hint(gone ? 'gone' : 'changed', path, isDirectory)
    const directory = this.#keys.keyOf(path)
    if (event === 'unlinkDir' && directory !== undefined) this.#batch.push({ kind: 'self', directory })
  }

  /** A watched directory that is named itself may be another one by now, which chokidar has yet to notice. */
  #hint(kind: 'changed' | 'gone', path: string, isDirectory: boolean | undefined): void {
    this.#batch.push(this.#keys.event(kind, path, isDirectory))
    const directory = this.#keys.keyOf(path)
    if (directory === undefined) return
    this.#lost(directory, 'the directory itself changed')
    this.#settling.add(directory)
  }

  #error(error: unknown): void {
    const code = codeOf(error)
    const path = typeof error === 'object' && error !== null && 'path' in error ? error.path : undefined
    if ((code !== 'ENOSPC' && code !== 'EMFILE') || typeof path !== 'string') {
      this.#lost(undefined, `chokidar failed: ${String(error)}`)
      return
    }
    this.#refused.add(path)
    const directory = this.#keys.keyOf(path)
    if (directory !== undefined) this.#batch.push({ kind: 'self', directory })
  }

  /** chokidar cannot be used at all: every directory is told so, and polled by the caller from now on. */
  #fail(error: unknown): undefined {
    this.#failed = true
    this.#lost(undefined, `chokidar cannot be used: ${String(error)}`)
    for (const directory of this.#keys.all()) this.#batch.push({ kind: 'self', directory })
  }

  #lost(directory: DirectoryKey | undefined, why: string): void {
    this.#batch.push({ kind: 'lost', directory, below: directory === undefined, why })
  }
}

function watchedPath(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return undefined
  return typeof details.watchedPath === 'string' ? details.watchedPath : undefined
}
