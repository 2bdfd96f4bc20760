/**
 * What a caller should do about an error: try again later, stop the session until a person acts,
 * report this one path and go on, or treat it as a mistake of ours.
 */
export type Verdict = 'retry' | 'halt' | 'problem' | 'bug' | 'usage'

/** Why something could not be done, in a word that code can compare. Errno names are passed through as they are. */
export type ErrorCode =
  | 'USAGE'
  | 'NOT_FOUND'
  | 'EXISTS'
  | 'REFUSED'
  | 'HELD'
  | 'STALE'
  | 'BUSY'
  | 'PATH_INVALID'
  | 'ROOT_REFUSED'
  | 'ROOT_MISSING'
  | 'ROOT_REPLACED'
  | 'ROOT_EMPTIED'
  | 'TRANSPORT_LOST'
  | 'AGENT_FAILED'
  | 'PROTOCOL'
  | 'VERSION'
  | 'OTHER_HUB'
  | 'STORE_DAMAGED'
  | 'DAEMON_DOWN'
  | 'DAEMON_RUNNING'
  | 'TIMEOUT'
  | 'INTERRUPTED'
  | 'INVARIANT'
  | `E${string}`

export interface ErrorOptions {
  readonly verdict?: Verdict
  /** The next command to run, or what to change; shown after the message. */
  readonly hint?: string
  readonly cause?: unknown
}

/**
 * The one exception this library throws on purpose. Expected outcomes (a conflict, a missing entry, a held delete)
 * are values, not exceptions. Messages say what could not be done, to what, and why.
 */
export class SyncError extends Error {
  override readonly name = 'SyncError'
  readonly code: ErrorCode
  readonly verdict: Verdict
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.verdict = options.verdict ?? 'problem'
    this.hint = options.hint
  }
}

/** The code of any thrown value: a SyncError's, a system call's errno name, or undefined. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Throws INVARIANT when something that cannot happen did: better to stop than to guess with somebody's files. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new SyncError('INVARIANT', message, { verdict: 'bug' })
}
