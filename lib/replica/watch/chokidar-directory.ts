import type { Stats } from 'node:fs'
import type { FSWatcher, watch as Watch } from 'chokidar'
import { codeOf, SyncError } from '../../core/errors.ts'
import { nameOf, parentOf } from '../../core/path.ts'
import type { DirectoryKey, WatchEvent } from '../../ports/watcher.ts'
import { replacementCharacter } from './path-keys.ts'

export interface ChokidarDirectoryOptions {
  /** chokidar's function of that name. */
  readonly watch: typeof Watch
  /** ms between two looks; undefined for the system's events. */
  readonly pollMs: number | undefined
  readonly ignores: (name: string, isDirectory: boolean) => boolean
  readonly tell: (event: WatchEvent) => void
  /** Called once: it has begun to watch, or is not waited for any more. */
  readonly begun: () => void
  /** The system has no watch left for it. */
  readonly refused: () => void
}

/** chokidar gives up on nothing by itself: a start or an end that takes longer than this is not waited for (ms). */
const patienceMs = 2000

/**
 * One directory watched by a chokidar of its own, not below it: thus a watch begins and ends when we say so. One
 * chokidar for a whole root goes deaf in directories that are removed and made again, or renamed, in quick succession.
 */
export class ChokidarDirectory {
  readonly #key: DirectoryKey
  readonly #path: string
  readonly #options: ChokidarDirectoryOptions
  readonly #chokidar: FSWatcher
  readonly #patience: NodeJS.Timeout
  #begun = false
  #closed = false

  constructor(key: DirectoryKey, path: string, options: ChokidarDirectoryOptions) {
    const { pollMs } = options
    this.#key = key
    this.#path = path
    this.#options = options
    this.#chokidar = options.watch(path, {
      depth: 0,
      persistent: false,
      ignoreInitial: true,
      followSymlinks: false,
      atomic: false,
      ignorePermissionErrors: true,
      ignored: (child, stats) => this.#ignored(child, stats),
      ...(pollMs === undefined ? {} : { backend: 'polling', pollingInterval: pollMs, pollingBinaryInterval: pollMs }),
    })
    if ((this.#chokidar.options.backend === 'polling') !== (pollMs !== undefined)) {
      void this.#chokidar.close()
      throw new SyncError('REFUSED', 'CHOKIDAR_USEPOLLING in the environment overrules the configured watcher')
    }
    this.#chokidar.on('ready', () => this.#begin())
    this.#chokidar.on('raw', (_, name, details) => this.#raw(name, details))
    this.#chokidar.on('all', (event, child) => this.#told(event, child))
    this.#chokidar.on('error', error => this.#failed(error))
    this.#patience = setTimeout(() => this.#begin(), patienceMs).unref()
  }

  /** Nothing is told afterwards. Resolves when nothing of it is left, or after some patience. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#patience)
    this.#leave()
    let patience: NodeJS.Timeout | undefined
    const enough = new Promise<void>(resolve => (patience = setTimeout(resolve, patienceMs)))
    await Promise.race([this.#chokidar.close(), enough])
    clearTimeout(patience)
  }

  /** Until now it may not have been watched: whatever happened is found by listing. */
  #begin(): void {
    clearTimeout(this.#patience)
    this.#lost('chokidar has only now begun to watch it')
    this.#leave()
  }

  #leave(): void {
    if (!this.#begun) this.#options.begun()
    this.#begun = true
  }

  /** Asked first without `stats`, when it is not known yet whether the path is a directory. */
  #ignored(path: string, stats: Stats | undefined): boolean {
    return (
      stats !== undefined && parentOf(path) === this.#path && this.#options.ignores(nameOf(path), stats.isDirectory())
    )
  }

  /**
   * What the system said, before chokidar compared it with what it knows: it keeps changes of mode and quick
   * successions to itself. By events, `name` is one in the directory; by polling, a path that looks different.
   */
  #raw(name: string | null, details: unknown): void {
    if (name === null) this.#lost('an event came without a name')
    else if (!isPoll(details)) this.#named('changed', name, undefined)
    else if (name === this.#path) this.#lost('it looks different')
    else this.#told('change', name)
  }

  #told(event: string, path: string): void {
    const isDirectory = event === 'addDir' || event === 'unlinkDir'
    if (path === this.#path && event === 'unlinkDir') this.#tell({ kind: 'self', directory: this.#key })
    else if (parentOf(path) !== this.#path) return
    else
      this.#named(
        event === 'unlink' || event === 'unlinkDir' ? 'gone' : 'changed',
        nameOf(path),
        event === 'change' ? undefined : isDirectory,
      )
  }

  #named(kind: 'changed' | 'gone', name: string, isDirectory: boolean | undefined): void {
    if (name.includes(replacementCharacter)) this.#lost('something changed whose name is not UTF-8')
    else this.#tell({ kind, directory: this.#key, name, isDirectory })
  }

  #failed(error: unknown): void {
    const code = codeOf(error)
    if (code === 'ENOSPC' || code === 'EMFILE') this.#options.refused()
    else this.#lost(`chokidar failed: ${String(error)}`)
  }

  #lost(why: string): void {
    this.#tell({ kind: 'lost', directory: this.#key, below: false, why })
  }

  #tell(event: WatchEvent): void {
    if (!this.#closed) this.#options.tell(event)
  }
}

function isPoll(details: unknown): boolean {
  return typeof details === 'object' && details !== null && 'current' in details
}
