import type { LogEvent } from '../ports/log.ts'

/** A guard sees deletes within this of each other as one (ms): the first of them have gone before it holds the rest. */
const windowMs = 10_000

/** How far two clocks may be apart: of one host, whose log gathers lines, and of two (ms). */
const sameClockMs = 2000
const otherClockMs = 60_000

/** What went to a trash at last, and where. */
export interface Deletion {
  readonly root: string
  /** The host whose trash it is. */
  readonly on: string
  readonly isHere: boolean
  /** When the first of it went (ms since 1970, by the clock of that host). */
  readonly at: number
}

/**
 * When the first deletes went of a deletion whose rest a guard held until somebody approved: from, until (ms since 1970).
 * Undefined when nothing was held just before.
 * @param log newest first
 */
export function heldBefore(
  log: Iterable<LogEvent>,
  { root, on, isHere, at }: Deletion,
): { readonly from: number; readonly until: number } | undefined {
  const skewMs = isHere ? sameClockMs : otherClockMs
  let isApproved = false
  for (const event of log) {
    if (event.at > at + skewMs || event.root !== root || event['on'] !== on) continue
    const isHold = event.event === 'held' || event.event === 'remark'
    if (event['guard'] !== 'mass-delete' && event['code'] !== 'MASS_DELETE') {
      if (!isApproved && event.at < at - windowMs - skewMs) return undefined
    } else if (event.event === 'approved' && !isApproved) isApproved = true
    else if (isHold && isApproved) return { from: event.at - windowMs - skewMs, until: event.at + skewMs }
    else return undefined
  }
  return undefined
}
