import type { Answer, Question, ReplicaFacts } from '../core/messages.ts'
import type { ConflictKind, GuardKind, Notice, Problem, Side, Untaken } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import type { WaitingPath } from '../core/session/path-state.ts'
import type { LogEvent } from '../ports/log.ts'
import type { GuestDesk } from '../protocol/guest-door.ts'
import type { SessionSpec, SyncMode } from './session-spec.ts'

/**
 * One root on one pair of hosts, as the daemon drives it. Everything returned is plain JSON unless said otherwise.
 * A session looks after its own link: after `disconnected` it comes back by itself.
 */
export interface SessionHandle {
  /** Absolute path of the root on this host. This host is alpha. */
  readonly root: string
  /** The other host's name. It is beta. */
  readonly host: string
  status(): SessionStatus
  /** Every open conflict, by path. */
  conflicts(): readonly ConflictInfo[]
  /**
   * Waits until every change made before the call has reached the other side, or says what keeps it.
   * @param options `path`: only at and below it · `verify`: list both sides again instead of trusting the watchers.
   * @param signal aborting it gives the wait up; the promise rejects with the signal's reason.
   */
  barrier(options: BarrierOptions, signal: AbortSignal): Promise<BarrierResult>
  /** All that is known of one path; undefined while one side is not there. */
  about(path: Path): PathReport | undefined
  /** The topmost paths at and below one where the two sides do not hold the same, at most `limit`. */
  differing(path: Path, limit: number): readonly Path[]
  /** Ends one conflict; with `expected`, only if both sides still hold what a person was shown. */
  resolve(path: Path, how: Resolution, expected?: ShownVersions): Promise<ResolveResult>
  /** What it would come to if one side's version at and below a path replaced the other's. */
  foresee(order: OverrideOrder, signal: AbortSignal): Promise<OverrideForecast>
  /** Does it, if it is still what `mark` stands for, also while paused; returns as `barrier` does. */
  override(order: OverrideOrder, mark: string, signal: AbortSignal): Promise<Overridden>
  /** Puts a question to one side; `error` answers are values. Not JSON: `text` answers hold bytes. */
  ask(side: Side, question: Question): Promise<Answer>
  /** Lifts one guard, or all that hold now. `prefer` settles what differs at a first sync. */
  approve(guard?: GuardKind, prefer?: Preference): Promise<void>
  /** Plans and applies nothing more until `resume`; what is under way is finished. Calling it twice is fine. */
  pause(): void
  resume(): void
  /** Somebody did something about what may have been wrong: a side that is lost is tried again at once. */
  wake(): void
  /** Tells what happens, in order. Returns how to stop being told. */
  onEvent(listen: (event: LogEvent) => void): () => void
  /** Finishes what is under way, settles the store, releases both sides. May be called twice. */
  close(): Promise<void>
}

/**
 * Starts a session; given to the daemon by the script. Throws SyncError when it cannot; the daemon tries again.
 * @param guests for those who run commands on the other host
 */
export type OpenSession = (spec: SessionSpec, guests?: GuestDesk) => SessionHandle

export type SessionState =
  | 'connecting'
  | 'scanning'
  | 'first-sync'
  | 'syncing'
  | 'watching'
  | 'paused'
  | 'halted'
  | 'disconnected'

/** Why a session is halted, disconnected or kept from starting. */
export interface Trouble {
  readonly code?: string
  /** In words, one line. */
  readonly why?: string
  /** When the other host is tried again by itself (ms since 1970), while it is away. */
  readonly retryAt?: number
}

export interface SessionStatus extends Trouble {
  readonly root: string
  readonly host: string
  readonly state: SessionState
  /** When the present state began (ms since 1970). */
  readonly since: number
  /** When both sides were last known to agree (ms since 1970). */
  readonly lastSyncAt?: number
  /** Entries in each tree; absent until it was scanned. */
  readonly entries: Partial<Record<Side, number>>
  /** Paths that wait to be sent, and operations sent and not yet acknowledged. */
  readonly queued: number
  readonly inFlight: number
  readonly bytesQueued: number
  readonly conflicts: number
  readonly problems: Listed<Problem>
  readonly holds: readonly Hold[]
  readonly notices: Listed<Notice>
  readonly mode: SyncMode
  /** Changes of the side that only receives, which stay there. */
  readonly untaken: Listed<Untaken>
  /** From the first event of a change until the other side acknowledged it. Absent before the first. */
  readonly latency?: Latency
  /** How long a message to the other host and its answer take of late (ms). Absent until that was measured. */
  readonly roundTripMs?: number
  readonly sides: Partial<Record<Side, ReplicaFacts>>
}

/** The first of a list that may be long, and how many there are. */
export interface Listed<T> {
  readonly total: number
  readonly first: readonly T[]
}

/** How many items a `Listed` carries at most. */
export const listedItems = 100

export function listed<T>(items: readonly T[]): Listed<T> {
  return { total: items.length, first: items.slice(0, listedItems) }
}

export interface Latency {
  readonly medianMs: number
  readonly p99Ms: number
  readonly count: number
}

/** A guard that keeps something from happening until a person approves. */
export interface Hold {
  readonly guard: GuardKind
  readonly side: Side
  readonly why: string
  /** What it holds; for a guard on a whole root, nothing. */
  readonly paths: Listed<Path>
}

export interface ConflictInfo {
  readonly root: string
  readonly host: string
  readonly path: Path
  readonly kind: ConflictKind
  /** When it was first seen (ms since 1970). */
  readonly since: number
  readonly hosts: Readonly<Record<Side, string>>
  readonly sides: Readonly<Record<Side, VersionInfo>>
}

/** What one side holds at a conflicting path. */
export interface VersionInfo {
  readonly kind: 'file' | 'symlink' | 'directory' | 'absent' | 'untracked' | 'problem'
  /** Equal marks mean equal versions (kind, content, mode); compared only with other marks of the same host pair. */
  readonly mark?: string
  readonly digest?: string
  readonly size?: number
  readonly mode?: number
  readonly target?: string
  /** Absolute path, on this version's host, of the copy kept there of the *other* side's version. */
  readonly copy?: string
}

/** What stands at a path, or is known to. */
export type EntryInfo = Omit<VersionInfo, 'mark' | 'copy'> & {
  /** Why it is not synced, or cannot be. */
  readonly why?: string
}

/** All that a session knows of one path. Lists hold what stands at the path, above it and below it. */
export interface PathReport {
  /** What both sides last agreed on, what each holds, and how many entries lie below. */
  readonly agreed: EntryInfo
  readonly sides: Readonly<Record<Side, EntryInfo>>
  readonly entries: Readonly<Record<Side, number>>
  readonly isEqual: boolean
  readonly conflicts: readonly ConflictInfo[]
  readonly problems: readonly Problem[]
  readonly notices: readonly Notice[]
  readonly untaken: readonly Untaken[]
  readonly holds: readonly Hold[]
  /** The first of what has not reached the other side. */
  readonly waiting: readonly WaitingPath[]
  /** Kept still for a while by something else that goes on there. */
  readonly isShut: boolean
}

/** The `mark` of each side's version when it was shown. */
export type ShownVersions = Readonly<Record<Side, string | undefined>>

/** `newest`: the later modification time, as each host's own clock tells it · `both`: alpha's stays, beta's is placed beside it. */
export interface Resolution {
  readonly take: Side | 'newest' | 'both'
}

export type ResolveResult =
  | { readonly state: 'resolved' }
  /** It is no longer what was shown. */
  | { readonly state: 'changed'; readonly conflict: ConflictInfo }
  /** No conflict stands there. */
  | { readonly state: 'none' }
  | { readonly state: 'failed'; readonly why: string }

/** Whose version is to stand on both sides, and from which path down. */
export interface OverrideOrder {
  readonly path: Path
  readonly take: Side
  /** Give the wait up after this (ms). */
  readonly timeoutMs: number
}

/** What an override would change on the losing side. */
export interface OverrideOffer {
  readonly changes: Listed<OverrideChange>
  readonly counts: Readonly<Record<OverrideChange['how'], { readonly paths: number; readonly bytes: number }>>
  /** Stays as it is, and why: what is `UNTRACKED` stands there, or a side cannot tell what stands there. */
  readonly left: Listed<{ readonly path: Path; readonly why: string; readonly side?: Side }>
  /** Equal marks mean equal changes. */
  readonly mark: string
}

export interface OverrideChange {
  readonly path: Path
  readonly how: 'create' | 'replace' | 'delete' | 'mode'
  /** Of what comes, or of what goes when nothing does. */
  readonly kind: 'file' | 'symlink' | 'directory'
  /** Of a file (bytes). */
  readonly size?: number
}

export type OverrideForecast = ({ readonly state: 'ready' } & OverrideOffer) | OverrideRefusal

/**
 * Why nothing can be overridden: `parted`: the parent `at` is not a directory on both sides · `emptied`: the root whose
 * version is to count is empty · `first-sync`: the two have never synced, and a part cannot be the first ·
 * `one-way`: the host that would change only sends.
 */
export interface OverrideRefusal extends Trouble {
  readonly state: 'parted' | 'emptied' | 'first-sync' | 'one-way' | 'halted' | 'timeout' | 'disconnected'
  readonly at?: Path
}

export type Overridden = BarrierResult | ({ readonly state: 'changed' } & OverrideOffer) | OverrideRefusal

export interface BarrierOptions {
  readonly path?: Path
  readonly timeoutMs: number
  readonly verify: boolean
}

export type BarrierState =
  | 'synced'
  | 'conflicts'
  | 'held'
  | 'problems'
  | 'paused'
  | 'halted'
  | 'timeout'
  | 'disconnected'

export interface BarrierResult extends Trouble {
  readonly state: BarrierState
  /** What has not reached the other side. */
  readonly waiting: Listed<Path>
  readonly conflicts: Listed<{ readonly path: Path; readonly kind: ConflictKind }>
  readonly untaken: Listed<Untaken>
  readonly problems: Listed<Problem>
  readonly holds: readonly Hold[]
}

/** Which side's version a first sync of two used roots takes where they differ; `ask` makes each a conflict. */
export type Preference = Side | 'newest' | 'ask'
