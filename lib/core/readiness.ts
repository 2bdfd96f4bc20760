import { backoffBurst, backoffFirstMs, backoffLastMs, endlessMs, quietMs, shorterQuietMs } from './limits.ts'

/** What a look at a path found, as far as it matters for believing it. */
export type Sight =
  /** Whole for certain: a directory, a link, or a file that nobody has open for writing and that is not empty. */
  | 'whole'
  /** Nothing there, where something is known. */
  | 'absent'
  /** A file without content. */
  | 'empty'
  /** A file that somebody has open for writing. */
  | 'open'
  /** A file of which it cannot be known whether it is open, shorter than what is known of it. */
  | 'shorter'
  /** A file of which it cannot be known whether it is open, not shorter. */
  | 'likely'

/** One name that may have changed, from its first event until a look at it is believed. Times are monotonic ms. */
export interface Pending {
  readonly firstAt: number
  readonly lastAt: number
  /** When to look (again). */
  readonly dueAt: number
  /** The last writer closed it, or it was moved here whole, and nothing has been heard of it since. */
  readonly closed: boolean
  /** Something other than a close or a move was heard of it: somebody wrote, as far as the watcher tells these apart. */
  readonly written: boolean
}

/** A path that was sent before and may change again. */
export interface Backoff {
  readonly sentAt: number
  readonly waitMs: number
  /** Times it was sent, less one for each `backoffLastMs` that has passed. */
  readonly sends: number
}

/**
 * Takes one event into account. A look is due at once, and never later than `endlessMs` after the first event;
 * a path in back-off waits for its turn.
 * @param signal `closed` is the best sign that a save is over; see `WatchEvent`.
 */
export function noted(
  before: Pending | undefined,
  signal: 'changed' | 'closed' | 'gone',
  now: number,
  backoff?: Backoff,
): Pending {
  const firstAt = before?.firstAt ?? now
  const earliest = backoff === undefined ? now : Math.max(now, backoff.sentAt + backoff.waitMs)
  const written = before?.written === true || signal === 'changed'
  return { firstAt, lastAt: now, dueAt: earliest, closed: signal === 'closed', written }
}

/**
 * Decides whether a sight is believed now, or after how much more time it is worth another look.
 * Measured: at the first event 114–144 of 200 plain saves read as empty, and 82 of 100 vim-style saves as absent.
 */
export function believed(
  sight: Sight,
  pending: Pending,
  now: number,
): { readonly ready: true } | { readonly againAt: number } {
  const needed = quietNeeded(sight)
  if (needed === 0) return { ready: true }
  const at = Math.min(pending.lastAt + needed, pending.firstAt + endlessMs)
  return at <= now ? { ready: true } : { againAt: at }
}

function quietNeeded(sight: Sight): number {
  switch (sight) {
    case 'whole':
    case 'likely':
      return 0
    case 'shorter':
      return shorterQuietMs
    case 'absent':
    case 'empty':
    case 'open':
      return quietMs
  }
}

/** The back-off of a path that was just sent: none for a burst of saves, then twice as long each time it changes again. */
export function backedOff(before: Backoff | undefined, now: number): Backoff {
  const sends = before === undefined ? 1 : Math.max(0, before.sends - (now - before.sentAt) / backoffLastMs) + 1
  const doublings = Math.ceil(sends) - backoffBurst - 1
  return { sentAt: now, sends, waitMs: doublings < 0 ? 0 : Math.min(backoffFirstMs * 2 ** doublings, backoffLastMs) }
}
