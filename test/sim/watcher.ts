import type { DirectoryKey, OpenWatcher, WatchEvent, Watcher, WatcherTraits } from '../../lib/ports/watcher.ts'
import type { EventQueueOptions } from './event-queue.ts'
import { EventQueue } from './event-queue.ts'
import type { Inode } from './inode.ts'
import { inodeAt } from './resolve.ts'
import type { MoveMutation, Mutation, NameMutation, SimVolume } from './volume.ts'
import { fail } from './volume.ts'

export interface SimWatcherOptions extends Partial<EventQueueOptions> {
  readonly process: EventQueueOptions['process']
  readonly random: EventQueueOptions['random']
  readonly volume: SimVolume
  /** Absolute path of the root: it alone tells when it is moved, as nobody watches above it. */
  readonly root: string
  /** Watches the system allows. */
  readonly watchLimit?: number
}

/** Watches like inotify behind our own translation: closes and moves are told, overflow too. */
export function openSimInotify(options: SimWatcherOptions): OpenWatcher {
  return listener => new SimWatcher(options, inotify, listener)
}

/** Watches like Node's `fs.watch`: hardly more than names, and what is dropped is guessed from the size of a burst. */
export function openSimFsWatch(options: SimWatcherOptions): OpenWatcher {
  return listener => new SimWatcher(options, fsWatch, listener)
}

/** How one kind of watcher tells what happened. */
interface Manner {
  readonly traits: WatcherTraits
  readonly event: (mutation: NameMutation | MoveMutation, keys: KeyOf) => readonly WatchEvent[]
  /** A watched directory was moved, or its own mode or times changed. */
  readonly tellsSelf: (what: 'moved' | 'attrib', isRoot: boolean) => boolean
}

type KeyOf = (inode: Inode) => DirectoryKey | undefined

const inotify: Manner = {
  traits: { name: 'simulated', closes: true, tellsLoss: true, followsMoves: true, ordered: true },
  tellsSelf: (what, isRoot) => what === 'moved' && isRoot,
  event(mutation, keyOf) {
    const isDirectory = mutation.inode.isDirectory
    const directory = keyOf(mutation.parent)
    if (mutation.kind !== 'move') {
      const kind = mutation.kind === 'close' ? 'closed' : mutation.kind === 'delete' ? 'gone' : 'changed'
      return directory === undefined ? [] : [{ kind, directory, name: mutation.name, isDirectory }]
    }
    const { name, newName } = mutation
    const to = keyOf(mutation.to)
    const events: WatchEvent[] = []
    if (directory !== undefined) events.push({ kind: 'gone', directory, name, isDirectory })
    if (to !== undefined)
      events.push({ kind: isDirectory ? 'changed' : 'closed', directory: to, name: newName, isDirectory })
    if (directory !== undefined && to !== undefined)
      events.push({ kind: 'moved', directory, name, to, newName, isDirectory })
    return events
  },
}

const fsWatch: Manner = {
  traits: { name: 'simulated', closes: false, tellsLoss: false, followsMoves: true, ordered: true },
  tellsSelf: () => true,
  event(mutation, keyOf) {
    const changed = (inode: Inode, name: string): WatchEvent[] => {
      const directory = keyOf(inode)
      return directory === undefined ? [] : [{ kind: 'changed', directory, name, isDirectory: undefined }]
    }
    if (mutation.kind === 'close') return []
    const from = changed(mutation.parent, mutation.name)
    return mutation.kind === 'move' ? [...from, ...changed(mutation.to, mutation.newName)] : from
  },
}

/** A watcher over a simulated volume: one watch for each directory inode, fed by the volume's mutations. */
export class SimWatcher implements Watcher {
  readonly traits: WatcherTraits
  readonly #options: SimWatcherOptions
  readonly #manner: Manner
  readonly #queue: EventQueue
  readonly #keys = new Map<Inode, DirectoryKey>()
  readonly #inodes = new Map<DirectoryKey, Inode>()
  #root: Inode | undefined
  readonly #listen = (mutation: Mutation): void => this.#take(mutation)

  constructor(options: SimWatcherOptions, manner: Manner, listener: (events: readonly WatchEvent[]) => void) {
    const { process, random, queueLimit = 16_384, delayMs = 3 } = options
    this.#options = options
    this.#manner = manner
    this.traits = manner.traits
    this.#queue = new EventQueue({ process, random, queueLimit, delayMs }, listener, queue => this.#lose(queue))
    options.volume.listeners.add(this.#listen)
    process.onDeath(() => this.#stop())
  }

  watch(key: DirectoryKey, path: string): boolean {
    this.unwatch(key)
    const inode = directoryAt(this.#options.volume, path)
    const displaced = this.#keys.get(inode)
    if (displaced !== undefined) this.#inodes.delete(displaced)
    else if (this.#keys.size >= (this.#options.watchLimit ?? Infinity)) return false
    this.#keys.set(inode, key)
    this.#inodes.set(key, inode)
    if (path === this.#options.root) this.#root = inode
    return true
  }

  unwatch(key: DirectoryKey): void {
    const inode = this.#inodes.get(key)
    if (inode === undefined) return
    this.#inodes.delete(key)
    this.#keys.delete(inode)
  }

  usage(): { readonly watches: number; readonly limit: number | undefined } {
    return { watches: this.#inodes.size, limit: this.#options.watchLimit }
  }

  close(): Promise<void> {
    this.#stop()
    return Promise.resolve()
  }

  /** Drops the events under way, as a system that was too busy does. */
  overflow(): void {
    this.#queue.drop()
    this.#lose(this.#queue)
  }

  #stop(): void {
    this.#options.volume.listeners.delete(this.#listen)
    this.#queue.close()
  }

  #take(mutation: Mutation): void {
    if (mutation.kind === 'freed' || mutation.kind === 'unmount') return this.#lost(mutation.kind, mutation.inode)
    if (mutation.kind !== 'replaced') {
      for (const event of this.#manner.event(mutation, inode => this.#keys.get(inode))) this.#queue.push(event)
    }
    if (mutation.kind !== 'move' && mutation.kind !== 'attrib') return
    const key = this.#keys.get(mutation.inode)
    const what = mutation.kind === 'move' ? 'moved' : 'attrib'
    if (key !== undefined && this.#manner.tellsSelf(what, mutation.inode === this.#root)) {
      this.#queue.push({ kind: 'self', directory: key })
    }
  }

  #lost(how: 'freed' | 'unmount', inode: Inode): void {
    if (how === 'freed') return this.#gone(inode)
    for (const watched of [...this.#keys.keys()]) if (watched.fileSystem === inode.fileSystem) this.#gone(watched)
  }

  /** The directory is no more, or not here: the watch goes with it. */
  #gone(inode: Inode): void {
    const key = this.#keys.get(inode)
    if (key === undefined) return
    this.#keys.delete(inode)
    this.#inodes.delete(key)
    this.#queue.push({ kind: 'self', directory: key })
  }

  #lose(queue: EventQueue): void {
    const why = this.#manner.traits.tellsLoss
      ? 'more events than the queue holds'
      : 'a burst so large that some may be missing'
    if (queue.last?.kind !== 'lost') queue.force({ kind: 'lost', directory: undefined, below: true, why })
  }
}

/** The directory at an absolute path; `ENOENT` or `ENOTDIR` when there is none. */
export function directoryAt(volume: SimVolume, path: string): Inode {
  const inode = inodeAt(volume, path, false)
  if (inode === undefined) fail('ENOENT', 'watch', path)
  return inode.isDirectory ? inode : fail('ENOTDIR', 'watch', path)
}
