import { codeOf } from '../core/errors.ts'
import { writePlaces } from '../daemon/shell-places.ts'
import type { ConfigProblem } from '../daemon/verbs.ts'
import { askOwn } from './daemon-access.ts'
import { escape } from './escape.ts'
import type { Paint } from './paint.ts'
import type { Surroundings } from './surroundings.ts'

/** What became of an edit of the settings: whether a daemon runs that has taken it up, and what it finds wrong. */
export interface Reloaded {
  readonly running: boolean
  readonly problems: readonly ConfigProblem[]
}

/** Tells shells, and the daemon when one runs, that the settings have changed. */
export async function reloadDaemon(around: Surroundings): Promise<Reloaded> {
  writePlaces(around)
  try {
    const { problems } = await askOwn(around, 'reload', {})
    return { running: true, problems }
  } catch (error) {
    if (codeOf(error) === 'DAEMON_DOWN') return { running: false, problems: [] }
    throw error
  }
}

/** What a person should do next, after an edit. */
export function reloadedLines({ running, problems }: Reloaded, paint: Paint): string[] {
  const wrong = problems.map(
    ({ message, hint }) => `${paint.yellow('!')} ${escape(message)}${hint === undefined ? '' : `  → ${escape(hint)}`}`,
  )
  return running ? wrong : ['  → dsync start', ...wrong]
}
