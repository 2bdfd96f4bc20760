import type { GuardKind, Side } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import type { IgnoreReason } from '../core/ignore-rules.ts'
import type { HubClaim } from '../core/hub.ts'
import type { Entry } from '../core/entry.ts'
import type { RuleChanges } from '../core/rule-change.ts'
import type { Cleaned, TrashItem } from '../core/messages.ts'
import type { LogEvent } from '../ports/log.ts'
import type { CrashReport } from './crash-reports.ts'
import type { SupervisorKind } from './supervisor-kind.ts'
import type {
  BarrierResult,
  ConflictInfo,
  EntryInfo,
  Hold,
  Listed,
  Overridden,
  OverrideForecast,
  PathReport,
  SessionState,
  SessionStatus,
  Trouble,
} from '../sync/session-handle.ts'
import type { Way } from '../sync/session-spec.ts'
import type { PlaceToLookAt, Survey } from '../remote/survey.ts'
import type { RunningRuntime } from './running-runtime.ts'

/** All that can be asked of a daemon, with what it needs, tells meanwhile, and answers. Everything is plain JSON. */
export interface Verbs {
  readonly status: Verb<NoParameters, DaemonStatus>
  readonly barrier: Verb<BarrierParameters, { readonly roots: readonly RootBarrier[] }, BarrierProgress>
  readonly queue: Verb<Selection, { readonly roots: readonly RootQueue[] }>
  readonly where: Verb<Selection, { readonly places: readonly PlaceThere[] }>
  readonly verify: Verb<VerifyParameters, { readonly roots: readonly RootVerified[] }, VerifyProgress>
  /** `roots`: those there are. */
  readonly why: Verb<Selection, { readonly why: readonly PathWhy[]; readonly roots: readonly string[] }>
  /** `missing`: what could not be had, in words. */
  readonly history: Verb<
    HistoryParameters,
    { readonly history: readonly HistoryRow[]; readonly missing: readonly string[] }
  >
  readonly conflicts: Verb<Selection, { readonly conflicts: readonly ConflictInfo[] } & Followed>
  readonly versions: Verb<Selection, { readonly versions: readonly ConflictVersions[] }>
  readonly resolve: Verb<ResolveParameters, { readonly resolved: readonly Resolved[] }>
  readonly foresee: Verb<ForeseeParameters, { readonly roots: readonly RootForecast[] }>
  readonly override: Verb<OverrideParameters, { readonly roots: readonly RootOverridden[] }, BarrierProgress>
  readonly trash: Verb<
    TrashParameters,
    { readonly trash: readonly TrashRow[]; readonly unreachable: readonly Unreachable[] } & Followed
  >
  readonly clean: Verb<
    CleanParameters,
    { readonly cleaned: readonly CleanedTrash[]; readonly unreachable: readonly Unreachable[] }
  >
  readonly undo: Verb<UndoParameters, { readonly undone: readonly Undone[] } & Followed>
  readonly holds: Verb<Selection, { readonly holds: readonly RootHold[] }>
  readonly approve: Verb<ApproveParameters, { readonly approved: readonly RootHold[] }>
  readonly pause: Verb<PauseParameters, { readonly roots: readonly SessionName[] }>
  readonly resume: Verb<PauseParameters, { readonly roots: readonly SessionName[] }>
  readonly reset: Verb<ResetParameters, { readonly roots: readonly SessionName[] }>
  readonly rules: Verb<RulesParameters, { readonly rules: readonly RootRules[] }>
  readonly survey: Verb<SurveyParameters, DaemonContext>
  readonly reload: Verb<NoParameters, { readonly problems: readonly ConfigProblem[] }>
  readonly logs: Verb<LogParameters, NoParameters, LogEvent>
  readonly stop: Verb<NoParameters, NoParameters>
}

interface Verb<Parameters, Result, Event = never> {
  readonly parameters: Parameters
  readonly result: Result
  readonly event: Event
}

export type NoParameters = Readonly<Record<string, never>>

/** Which sessions, and what in them: all when nothing is given. */
export interface Selection {
  /** Absolute paths that mean the same place, as typed and with links followed; each at or below a root. */
  readonly paths?: readonly string[]
  /** The other host. */
  readonly host?: string
}

/** A request that changes something says what it would do instead. */
export interface Changing {
  readonly dryRun?: boolean
}

export interface HistoryParameters extends Selection {
  readonly limit: number
}

/** One thing that happened to a path. */
export interface HistoryRow {
  /** ms since 1970, by this host's clock; of what only a trash tells, by the clock of its host. */
  readonly at: number
  readonly root: string
  /** The path as it was called after it happened. */
  readonly path: string
  /** A directory that was moved here was called so before. */
  readonly from?: string
  readonly what: string
  /** On whose disk. */
  readonly on?: string
  /** Of a file (bytes): the new version's, or of what only a trash tells, the old one's. */
  readonly size?: number
  readonly why?: string
  /** The version that went is in the trash under this id. */
  readonly undo?: string
}

/** Who drives the roots of this host, absent while nobody does, and where another host does, as of when the answer is known (ms since 1970). */
export interface Followed {
  readonly hub?: HubLink
  readonly asOf?: number
}

/** The others are there where another host is the hub. */
export type HubLink = HubClaim & {
  readonly isHere: boolean
  /** Where this host is the hub: another that took the roots apart from it. Neither follows the other. */
  readonly rival?: HubClaim
  /** What the hub calls this host. */
  readonly here?: string
  readonly state?: 'connected' | 'away'
  /** When it was last heard of (ms since 1970), while it is away. */
  readonly lastHeard?: number
}

export type PauseParameters = Selection & Changing

export type ResetParameters = Selection & Changing

export interface SessionName {
  readonly root: string
  readonly host: string
}

export interface DaemonStatus extends Followed {
  readonly version: string
  readonly host: string
  readonly home: string
  /** 0: none runs, and a command answers by itself on a host that follows another hub. */
  readonly pid: number
  /** When the daemon started (ms since 1970). */
  readonly since: number
  /** The daemon's clock (ms since 1970): ages are counted from here. */
  readonly now: number
  readonly sessions: readonly (SessionStatus & { readonly transport: Way['kind'] })[]
  /** Sessions that could not be opened; each is tried again. */
  readonly failed: readonly (SessionName & { readonly why: string; readonly hint?: string })[]
  /** What is wrong with the settings; those last read without a mistake are in force. */
  readonly config: readonly ConfigProblem[]
  /** Log lines that could not be written since the start. */
  readonly logDropped: number
  /** Who started this daemon and keeps it up; absent: a person. */
  readonly supervisor?: SupervisorKind
  /** Reports of daemons before this one that crashed since one was stopped as it should be, newest first. */
  readonly crashes: readonly CrashReport[]
}

/** Directories to look at. */
export interface SurveyParameters {
  readonly places: readonly PlaceToLookAt[]
}

/** What a daemon finds in its own surroundings, which may be a service's. */
export interface DaemonContext {
  readonly survey: Survey
  readonly runtime: RunningRuntime
}

/** Another text of `config.json`, not yet in force. */
export interface RulesParameters {
  readonly config: string
}

/** What other ignore rules would change on this host. */
export interface RootRules {
  readonly root: string
  readonly changes: RuleChanges
}

/** One mistake in a file people edit. Lines and columns count from 1. */
export interface ConfigProblem {
  readonly file: string
  readonly line?: number
  readonly column?: number
  readonly message: string
  /** The next command to run. */
  readonly hint?: string
}

export interface BarrierParameters extends Selection {
  readonly timeoutMs: number
  readonly verify: boolean
}

export type RootBarrier = SessionName & BarrierResult

/** What is still under way, over all sessions waited for. */
export interface BarrierProgress {
  readonly queued: number
  readonly inFlight: number
  readonly bytesQueued: number
}

/** What is known to be under way in a root, and what stands or waits at and below the path that was asked for. */
export type RootQueue = SessionName & {
  readonly state: SessionState
  readonly why?: string
  readonly queued: number
  readonly inFlight: number
  readonly bytesQueued: number
  readonly conflicts: number
  readonly problems: number
  readonly holds: number
  /** The first of them. */
  readonly waiting: PathReport['waiting']
}

/** Where a directory of this host lies on another, and how that is reached. */
export type PlaceThere = SessionName & {
  readonly directory: string
  readonly userHome: string
  readonly way: Way
}

export interface VerifyParameters extends Selection {
  /** Give up after this; without it, it takes as long as it takes. */
  readonly timeoutMs?: number
}

/** `equal` and `different`: everything was compared. Any other says why that could not be. */
export type VerifyState = 'equal' | 'different' | 'held' | 'halted' | 'paused' | 'timeout' | 'disconnected'

export type RootVerified = SessionName &
  Trouble & {
    readonly state: VerifyState
    readonly holds: readonly Hold[]
    readonly hosts: Readonly<Record<Side, string>>
    /** What was read anew. */
    readonly read: Readonly<Record<Side, { readonly entries: number; readonly bytes: number }>>
    /** There were so many differences that not everything was read. */
    readonly isCut: boolean
    readonly differing: Listed<PathDifference>
    /** Paths that are known to differ or could not be compared. */
    readonly standing: Listed<StandingPath>
  }

export interface PathDifference {
  readonly path: Path
  /** Against what was known of it: other content, gone, something new, another mode, not to be read; `apart`: the two hosts hold different things. */
  readonly how: 'changed' | 'missing' | 'new' | 'mode' | 'unreadable' | 'apart'
  /** The hosts whose disk does not hold what was known. */
  readonly on: readonly string[]
  readonly agreed: EntryInfo
  /** What each host holds. */
  readonly sides: Readonly<Record<Side, EntryInfo>>
}

export interface StandingPath {
  readonly path: Path
  readonly why: string
  readonly on?: string
}

/** What has been read, and how many entries there are to read. */
export interface VerifyProgress {
  readonly entries: number
  readonly bytes: number
  readonly expected: number
}

/** What state one path is in, with one host. */
export type PathWhy = SessionName & {
  readonly path: Path
  readonly hosts: Readonly<Record<Side, string>>
  /** Of the whole root, since when (ms since 1970), and why. */
  readonly state: SessionState
  readonly since: number
  readonly reason?: string
  readonly lastSyncAt?: number
  readonly holds: readonly Hold[]
  /** The rule by which each host leaves it alone, as far as it says. */
  readonly ignoredBy: Partial<Record<Side, IgnoreReason>>
  /** The default that a host would leave it alone by, were it not in git's index; the repository, where that host has it. */
  readonly exemptFrom: Partial<Record<Side, { readonly rule: IgnoreReason; readonly repository?: Path }>>
  /** Whether something stands there on the disk, as far as a host says. */
  readonly stands: Partial<Record<Side, boolean>>
  /** Absent while a host is not there. */
  readonly about?: PathReport
}

/** The two texts of a conflict, base64, cut at `textBytesLimit`; absent where there is no text to show. */
export interface ConflictVersions {
  readonly conflict: ConflictInfo
  readonly texts: Partial<Record<Side, string>>
}

/** How much of each version `diff` shows (bytes). */
export const textBytesLimit = 1024 * 1024

/** `alpha` is the host where the person types; a host's name says which side by itself. */
export interface ResolveParameters extends Selection, Changing {
  readonly take: 'mine' | 'theirs' | 'newest' | 'both' | { readonly host: string }
}

export type Resolved = SessionName & {
  readonly path: Path
  readonly state: 'resolved' | 'changed' | 'none' | 'failed'
  readonly why?: string
}

/** `mine` is the version of the host where the person types. */
export interface ForeseeParameters extends Selection {
  readonly take: 'mine' | 'theirs'
  readonly timeoutMs: number
}

/** `marks`: what the person was shown. A session without one is left alone. */
export interface OverrideParameters extends ForeseeParameters {
  readonly marks: readonly (SessionName & { readonly mark: string })[]
}

/** Whose version counts, and where it goes. */
export type OverridePlace = SessionName & { readonly path: Path; readonly from: string; readonly to: string }

export type RootForecast = OverridePlace & { readonly paused: boolean } & OverrideForecast

export type RootOverridden = OverridePlace & Overridden

export interface TrashParameters extends Selection {
  readonly limit: number
}

export type TrashRow = Omit<TrashItem, 'entry'> & {
  readonly root: string
  /** The host in whose trash it lies. */
  readonly host: string
  readonly kind: Entry['kind']
  /** Of a file only (bytes). */
  readonly size?: number
}

export type CleanParameters = Selection & Changing

/** What went from the trash of one root on one host, or would. */
export type CleanedTrash = SessionName & Cleaned

export interface Unreachable {
  readonly host: string
  readonly why: string
}

export interface UndoParameters extends Selection {
  /** An item's id or a group's name; without it and without a path, the newest group. */
  readonly name?: string
  /** Only say what would come back. */
  readonly list: boolean
}

export type Undone = SessionName & {
  readonly path: Path
  /** Why it was in the trash, and since when (ms since 1970). */
  readonly reason: string
  readonly at: number
  readonly group: string
  /** Absent when it is back; with `list`, absent too. */
  readonly refused?: string
}

export interface ApproveParameters extends Selection, Changing {
  readonly guard?: GuardKind
  /** A host's name, `newest` or `ask`: whose version a first sync takes where two used roots differ. */
  readonly prefer?: string
}

/** `on` is the host whose side holds. */
export type RootHold = SessionName & Hold & { readonly on: string }

export interface LogParameters {
  /** How many past lines. */
  readonly lines: number
  readonly follow: boolean
  readonly realtime: boolean
}
