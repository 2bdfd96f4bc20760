import type { Outcome } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import type { Stat } from '../ports/disk.ts'
import { isRefusal } from './refusal.ts'
import type { Settled } from './settle.ts'
import type { Recheck } from './trash.ts'

/** What came of one operation. */
export interface Carried {
  readonly outcome: Outcome
  /** What stands at the path after the last thing we did to it; undefined when that may be somebody else's: look again. */
  readonly stat: Stat | undefined
  /** The version that was replaced or deleted, by its id in the trash. */
  readonly trashed: string | undefined
  /** Something a person wrote that could not go back to its path, by its id in the trash: to be told of. */
  readonly recovered: string | undefined
  readonly recheck: Recheck | undefined
}

const nothing = { stat: undefined, trashed: undefined, recovered: undefined, recheck: undefined } as const

export function done(path: Path, stat: Stat | undefined, settled?: Settled): Carried {
  return { ...nothing, outcome: { result: 'done', path }, stat, ...traces(settled) }
}

export function stale(path: Path, settled?: Settled): Carried {
  return { ...nothing, outcome: { result: 'stale', path }, ...traces(settled) }
}

export function resulting(outcome: Outcome): Carried {
  return { ...nothing, outcome }
}

/** A refusal of the disk as an outcome; whatever is no refusal of the disk is thrown on. */
export function failed(path: Path, error: unknown): Outcome {
  if (!isRefusal(error)) throw error
  const { code, message } = error
  return { result: 'failed', path, code, message, verdict: error.verdict === 'retry' ? 'retry' : 'problem' }
}

function traces(settled: Settled | undefined): Partial<Carried> {
  if (settled === undefined || !('trashed' in settled)) return {}
  const { id, recheck } = settled.trashed
  return { [settled.what]: id, recheck }
}
