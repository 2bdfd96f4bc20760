import { SyncError } from '../core/errors.ts'
import type { Arguments } from './command-spec.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * Asks whether to go on, unless `--yes` says so already. Throws USAGE when nobody is there to answer, INTERRUPTED when
 * the answer is not yes.
 */
export async function confirm(
  question: string,
  given: Arguments,
  around: Pick<Surroundings, 'terminal'>,
): Promise<void> {
  if (given.has('yes')) return
  const { terminal } = around
  if (!terminal.canAsk || given.has('json')) {
    throw new SyncError('USAGE', `Cannot ask without a terminal: ${question}`, { hint: 'Add --yes if you mean it' })
  }
  const answer = await terminal.ask(`${question} [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new SyncError('INTERRUPTED', 'Nothing was changed')
}
