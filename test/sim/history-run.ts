import type { HistoryOptions } from './history.ts'
import { History } from './history.ts'
import { judge } from './history-judge.ts'

/** What one history came to. */
export interface HistoryResult {
  readonly seed: number
  /** What was found wrong, in words; nothing when all is well. */
  readonly failures: readonly string[]
  readonly operations: number
  /** How often each kind of fault was put in. */
  readonly faults: ReadonlyMap<string, number>
  readonly conflicts: { readonly injected: number; readonly reported: number }
}

/** Lives one random history through and judges it. The same seed gives the same history. */
export async function runHistory(seed: number, options?: HistoryOptions): Promise<HistoryResult> {
  const history = new History(seed, options)
  const { failures, world } = history
  try {
    await history.live()
    await judge(history)
  } catch (error) {
    failures.push(`threw: ${textOf(error)}`)
  } finally {
    await world.close()
  }
  for (const error of world.errors) failures.push(`rejected: ${textOf(error)}`)
  return { seed, failures, operations: history.operations, faults: history.faults.counts, conflicts: history.conflicts }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
