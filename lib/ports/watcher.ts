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
  /** A rename whose two halves were seen. Both directories are watched. Follows the `gone` and `closed` of its halves, if any. */
  | {
      readonly kind: 'moved'
      readonly directory: DirectoryKey
      readonly name: string
      readonly to: DirectoryKey
      readonly newName: string
      readonly isDirectory: boolean | undefined
    }
  /** The directory itself was removed, moved or unmounted: its watch is void. */
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
  /** `closed` comes when the last writer closes: the best sign that a file is ready. */
  readonly closes: boolean
  /** Dropped events are told of. */
  readonly tellsLoss: boolean
  /** Watches belong to directories, not to path strings: a rename keeps them. */
  readonly followsMoves: boolean
  /** One stream in order: an event for the fence directory proves that all before it have come. */
  readonly ordered: boolean
}

/** One watcher serves one root. Every implementation passes `test/contract/watcher.ts`. */
export interface Watcher {
  readonly traits: WatcherTraits
  /**
   * Watches one directory (not below it). Everything that happens in it after this returns is told of, so place the
   * watch, then list. Calling it again for a key replaces the watch. False when the system has no watch left
   * (the caller polls that directory); throws SyncError ENOENT/ENOTDIR when it is no directory.
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
