import type { Arguments } from '../command-spec.ts'
import { ask } from '../daemon-access.ts'
import { exitCodes } from '../exit-codes.ts'
import { statusLines } from '../status-lines.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

/** Everything at a glance. */
export async function status(given: Arguments, around: Surroundings): Promise<Outcome> {
  if (given.has('watch')) {
    const { watchStatus } = await import('./status-watch.ts')
    return await watchStatus(given.has('json'), around)
  }
  const { sessions, failed, config, ...daemon } = await ask(around, 'status', {})
  return {
    exit: exitCodes.ok,
    json: { status: sessions, failed, config, daemon },
    lines: paint => statusLines({ sessions, failed, config, ...daemon }, { paint, userHome: around.userHome }),
  }
}
