/** What a look at a machine found, as plain data: see `surveyScript`. What could not be found out is absent. */
export interface Survey {
  /** Nothing was cut short. */
  readonly isWhole: boolean
  /** What was looked for and not found out in time, as the script calls it: `program rsync`. */
  readonly unfinished: readonly string[]
  readonly system: SystemFacts
  readonly user: UserFacts
  readonly environment: EnvironmentFacts
  readonly kit: KitFacts
  /** By name. */
  readonly programs: Readonly<Record<string, ProgramFacts>>
  readonly runtimes: readonly RuntimeFacts[]
  /** `home`, `kit`, `tmp`, then those that were asked for. */
  readonly places: readonly PlaceFacts[]
  /** Of the kit's home by their paths in it, `.` itself; of the user's home with `~/` before them. */
  readonly files: readonly FileFacts[]
  readonly watches?: WatchFacts
  readonly clock?: ClockFacts
  readonly mac?: MacFacts
}

export interface SystemFacts {
  /** As Node says it: `linux`, `darwin`, or what `uname -s` says in small letters. */
  readonly name: string
  /** As in `linux-x64`. */
  readonly platform: string
  readonly release: string
  readonly bits?: number
  /** `glibc 2.36` or `musl`. */
  readonly libc?: string
  readonly hasSystemd: boolean
  /** Services of this user go on when nobody is logged in (systemd). */
  readonly lingers: boolean
}

export interface UserFacts {
  readonly id?: number
  readonly name?: string
  readonly home: string
  readonly shell: string
  /** As a number: 0o022. */
  readonly umask?: number
}

export interface EnvironmentFacts {
  readonly path: readonly string[]
  /** What decides how characters are read: LC_ALL, LC_CTYPE or LANG, the first that is set; `''` when none is. */
  readonly locale: string
  /** As in `UTF-8`. */
  readonly charmap?: string
  /** Files that a process may hold open; Infinity is not JSON, so without a limit it is absent. */
  readonly openFiles?: number
  readonly temporary?: string
  /** The ssh agent that SSH_AUTH_SOCK names. */
  readonly agent?: { readonly socket: string; readonly state: 'keys' | 'empty' | 'gone' }
}

export interface KitFacts {
  readonly home: string
  /** Of that home, as `homeId` makes it; absent where none was made yet. */
  readonly id?: string
  /** The release in use: a directory below `kit/`. */
  readonly release?: string
  readonly version?: string
}

export interface ProgramFacts {
  readonly path: string
  /** The first line of what it says of its version. */
  readonly version?: string
  /** Found by PATH; else only in a usual place. */
  readonly isOnPath: boolean
}

export interface RuntimeFacts {
  readonly kind: 'node' | 'deno'
  /** As in `24.21.0`. */
  readonly version: string
  readonly path: string
}

export interface PlaceFacts {
  readonly name: string
  readonly path: string
  /** Something is there. All below is true of it, or of the nearest directory above that is there. */
  readonly exists: boolean
  readonly isWritable: boolean
  readonly isListed: boolean
  readonly totalBytes?: number
  readonly freeBytes?: number
  readonly freeInodes?: number
  /** `ext4`, `apfs`, `nfs4`, … */
  readonly fileSystem?: string
  /** `File` and `file` are one name there. */
  readonly foldsCase?: boolean
  /** A file that was made there could be written, and run. */
  readonly trial?: { readonly isWritten: boolean; readonly isRun: boolean }
  /** Directories that a root there would watch; `isAll` is false when there are more. */
  readonly directories?: { readonly count: number; readonly isAll: boolean }
  /** Entries with extended attributes, and with access lists. */
  readonly attributes?: number
  readonly accessLists?: number
}

export interface FileFacts {
  readonly path: string
  /** Permission bits: 0o600. */
  readonly mode: number
  readonly owner: number
  readonly kind: 'file' | 'directory' | 'other'
}

/** inotify(7). `used` and `instances` count what this user can see: for root, everybody's. */
export interface WatchFacts {
  readonly limit: number
  readonly used: number
  readonly instancesLimit: number
  readonly instances: number
}

export interface ClockFacts {
  /** That clock less ours (ms), give or take `errorMs`. */
  readonly offsetMs: number
  readonly errorMs: number
  /** A line there and back (ms). */
  readonly roundTripMs: number
}

export interface MacFacts {
  readonly version?: string
  /** An Intel program on Apple's processor. */
  readonly isTranslated: boolean
  /** Minutes until it sleeps; 0: never. */
  readonly sleepMinutes?: number
  readonly hasFullDisk: boolean
}

/** A directory to look at: a name without blanks, and a path there that is absolute or begins with `~`. */
export interface PlaceToLookAt {
  readonly name: string
  readonly path: string
}

/** The place of a survey that has this name. */
export function placeNamed(survey: Survey, name: string): PlaceFacts | undefined {
  return survey.places.find(place => place.name === name)
}
