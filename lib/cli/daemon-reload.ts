import { SyncError, codeOf } from '../core/errors.ts'
import { readConfig } from '../daemon/config-reader.ts'
import { sshTargets } from '../daemon/other-host.ts'
import { writePlaces } from '../daemon/shell-places.ts'
import type { ConfigProblem } from '../daemon/verbs.ts'
import { keepOwnSsh } from '../kit/own-ssh.ts'
import { kitLayout } from '../kit/layout.ts'
import { askOwn } from './daemon-access.ts'
import { escape } from './escape.ts'
import type { Paint } from './paint.ts'
import type { Surroundings } from './surroundings.ts'

/** What became of an edit of the settings: whether a daemon runs that has taken it up, and what it finds wrong. */
export interface Reloaded {
  readonly running: boolean
  readonly problems: readonly ConfigProblem[]
}

/** Tells shells, the person's own ssh, and the daemon when one runs, that the settings have changed. */
export async function reloadDaemon(around: Surroundings): Promise<Reloaded> {
  writePlaces(around)
  await tellOwnSsh(around)
  try {
    const { problems } = await askOwn(around, 'reload', {})
    return { running: true, problems }
  } catch (error) {
    if (codeOf(error) === 'DAEMON_DOWN') return { running: false, problems: [] }
    throw error
  }
}

/** Where an installation made the person's own ssh listen. What it cannot be told keeps nobody from working. */
async function tellOwnSsh({ home, environment, terminal }: Surroundings): Promise<void> {
  const { config } = readConfig(home)
  if (config === undefined) return
  const say = (what: string): void =>
    terminal.err(`dsync: your own ssh does not know of it: ${escape(what)}\n  → ./install.sh\n`)
  try {
    const left = await keepOwnSsh(kitLayout(home.directory), sshTargets(config), environment)
    for (const { path, why } of left) say(`${path} stays as it is: ${why}`)
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    say(error.message)
  }
}

/** What a person should do next, after an edit. */
export function reloadedLines({ running, problems }: Reloaded, paint: Paint): string[] {
  const wrong = problems.map(
    ({ message, hint }) => `${paint.yellow('!')} ${escape(message)}${hint === undefined ? '' : `  → ${escape(hint)}`}`,
  )
  return running ? wrong : ['  → dsync start', ...wrong]
}
