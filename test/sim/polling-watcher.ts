import { codeOf } from '../../lib/core/errors.ts'
import type { DirectoryKey, OpenWatcher, WatchEvent, Watcher, WatcherTraits } from '../../lib/ports/watcher.ts'
import type { Inode } from './inode.ts'
import { uncovered } from './inode.ts'
import type { SimProcess } from './process.ts'
import type { SimVolume } from './volume.ts'
import { directoryAt } from './watcher.ts'

export interface SimPollingOptions {
  readonly process: SimProcess
  readonly volume: SimVolume
  /** ms between two looks. */
  readonly pollMs: number
}

interface Watched {
  readonly path: string
  readonly inode: Inode
  /** What was seen under each name, and when the directory had last changed. */
  seen: Map<string, string>
  mtimeMs: number
}

/** Looks again and again, by path: knows no closes, no moves, and hardly anything of what came and went between two looks. */
export function openSimPolling(options: SimPollingOptions): OpenWatcher {
  return listener => new SimPollingWatcher(options, listener)
}

class SimPollingWatcher implements Watcher {
  readonly traits: WatcherTraits = {
    name: 'simulated',
    closes: false,
    tellsLoss: false,
    followsMoves: false,
    ordered: false,
  }
  readonly #options: SimPollingOptions
  readonly #listener: (events: readonly WatchEvent[]) => void
  readonly #watched = new Map<DirectoryKey, Watched>()
  #cancel = (): void => {}
  #ticking = false

  constructor(options: SimPollingOptions, listener: (events: readonly WatchEvent[]) => void) {
    this.#options = options
    this.#listener = listener
    options.process.onDeath(() => this.#watched.clear())
  }

  watch(key: DirectoryKey, path: string): boolean {
    const inode = directoryAt(this.#options.volume, path)
    this.#watched.set(key, { path, inode, seen: glance(this.#options.volume, inode), mtimeMs: inode.mtimeMs })
    this.#start()
    return true
  }

  unwatch(key: DirectoryKey): void {
    this.#watched.delete(key)
  }

  usage(): { readonly watches: number; readonly limit: number | undefined } {
    return { watches: this.#watched.size, limit: undefined }
  }

  close(): Promise<void> {
    this.#watched.clear()
    this.#cancel()
    return Promise.resolve()
  }

  #start(): void {
    if (this.#ticking) return
    this.#ticking = true
    this.#cancel = this.#options.process.clock.after(this.#options.pollMs, () => this.#look())
  }

  #look(): void {
    this.#ticking = false
    const events = [...this.#watched].flatMap(([key, watched]) => this.#lookAt(key, watched))
    if (this.#watched.size > 0) this.#start()
    if (events.length > 0) this.#listener(events)
  }

  #lookAt(key: DirectoryKey, watched: Watched): WatchEvent[] {
    if (now(this.#options.volume, watched.path) !== watched.inode) {
      this.#watched.delete(key)
      return [{ kind: 'self', directory: key }]
    }
    const before = watched.seen
    watched.seen = glance(this.#options.volume, watched.inode)
    const events: WatchEvent[] = []
    for (const name of new Set([...before.keys(), ...watched.seen.keys()])) {
      if (before.get(name) === watched.seen.get(name)) continue
      const kind = watched.seen.has(name) ? 'changed' : 'gone'
      events.push({ kind, directory: key, name, isDirectory: undefined })
    }
    if (watched.mtimeMs !== watched.inode.mtimeMs) {
      watched.mtimeMs = watched.inode.mtimeMs
      events.push({ kind: 'lost', directory: key, below: false, why: 'names came and went between two looks' })
    }
    return events
  }
}

/**
 * What a look tells of each name: of a directory only that it is there. A change that moves none of it is not seen; so
 * what changed within the clock's grain looks different the next time.
 */
function glance(volume: SimVolume, directory: Inode): Map<string, string> {
  const { grainMs, clock } = volume.options
  const seen = new Map<string, string>()
  for (const { name, inode } of directory.children.values()) {
    const { kind, number, mode, data, mtimeMs, ctimeMs } = uncovered(inode)
    const young = ctimeMs + grainMs >= clock.now()
    const own = kind === 'directory' ? '' : `${data.length} ${mtimeMs} ${ctimeMs} ${young}`
    seen.set(name, `${kind} ${number} ${mode} ${own}`)
  }
  return seen
}

function now(volume: SimVolume, path: string): Inode | undefined {
  try {
    return directoryAt(volume, path)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' || code === 'ELOOP') return undefined
    throw error
  }
}
