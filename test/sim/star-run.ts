import type { HistoryOptions } from './history.ts'
import type { HistoryResult } from './history-run.ts'
import { StarHistory } from './star-history.ts'
import { judgeStar } from './star-judge.ts'

/** Lives one random history of a star through and judges it. The same seed gives the same history. */
export async function runStarHistory(seed: number, { trace }: HistoryOptions = {}): Promise<HistoryResult> {
  const history = new StarHistory(seed, trace)
  const { failures, star } = history
  const conflicts = { injected: 0, reported: 0 }
  try {
    await history.live()
    await judgeStar(history, conflicts)
  } catch (error) {
    failures.push(`threw: ${textOf(error)}`)
  } finally {
    await star.close()
  }
  for (const error of star.errors) failures.push(`rejected: ${textOf(error)}`)
  return { seed, failures, operations: history.operations, faults: history.faults.counts, conflicts }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
