/** The replica's own number for a directory it knows; stays the same when the directory is renamed. 0 is its fence directory. */
export type DirectoryKey = number

/**
 * Something may have happened to `name` in a directory. Hints only: spurious ones are allowed, missed ones are not,
 * unless `lost` says so.
 */
export type WatchEvent =
  /** `changed`: created, written or touched, maybe still open · `closed`: a writer closed it, or it was moved here whole · `gone`: removed or moved away. */
  | {
      readonly kind: 'changed' | 'closed' | 'gone'
      readonly directory: DirectoryKey
      readonly name: string
      readonly isDirectory: boolean | undefined
    }
  /** A rename whose two halves were seen. Both directories are watched. Follows `gone`, then `closed` (a file) or `changed` (a directory). */
  | {
      readonly kind: 'moved'
      readonly directory: DirectoryKey
      readonly name: string
      readonly to: DirectoryKey
      readonly newName: string
      readonly isDirectory: boolean | undefined
    }
  /** The directory itself was removed or unmounted, or is the root and was moved: its watch is void. Look before you believe it. */
  | { readonly kind: 'self'; readonly directory: DirectoryKey }
  /** Events were dropped, or may have been: list it (and below, when `below`) again. Undefined: everything. */
  | {
      readonly kind: 'lost'
      readonly directory: DirectoryKey | undefined
      readonly below: boolean
      readonly why: string
    }

export interface WatcherTraits {
  readonly name: 'inotify' | 'fs-watch' | 'fsevents' | 'chokidar' | 'polling' | 'simulated'
  /** `closed` comes when a writer closes: the best sign that a file is ready. */
  readonly closes: boolean
  /** Dropped events are told of. */
  readonly tellsLoss: boolean
  /** Watches belong to directories, not to path strings: a rename keeps them. */
  readonly followsMoves: boolean
  /** One stream in order: an event for the fence directory proves that all before it have come. */
  readonly ordered: boolean
}

/** One watcher serves one root. Every implementation passes `test/contract/watcher-suite.ts`. */
export interface Watcher {
  readonly traits: WatcherTraits
  /**
   * Watches one directory (not below it). Everything that happens in it after this returns is told of, or covered by a
   * later `lost`, so place the watch, then list. Calling it again for a key replaces the watch. A directory that gets a
   * second key is told under that one; whether also under the first depends on the watcher.
   *
   * False when no watch can be had (none left, or a path this watcher cannot carry): the caller polls that directory.
   * Throws SyncError ENOENT/ENOTDIR when it is no directory (a link is none), EACCES when it may not be read.
   * @param path absolute path of the directory as it is called now, in the file system's own bytes as a core name
   */
  watch(key: DirectoryKey, path: string): boolean
  /** Forgets a directory; unknown keys are fine. Events already under way may still come. */
  unwatch(key: DirectoryKey): void
  /** How many watches stand, and how many the system allows in all (undefined: no limit known). */
  usage(): { readonly watches: number; readonly limit: number | undefined }
  close(): Promise<void>
}

/** Starts a watcher. Events come in batches, in order; `listener` is never called before this returns. */
export type OpenWatcher = (listener: (events: readonly WatchEvent[]) => void) => Watcher
