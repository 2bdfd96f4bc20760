import { problemNext, problemPlace } from '../../daemon/config-problem.ts'
import type { ForeseenSessions } from '../../daemon/foreseen-sessions.ts'
import type { ConfigProblem, DaemonStatus, SessionName } from '../../daemon/verbs.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Paint } from '../paint.ts'
import { placeText } from '../places.ts'
import { countText } from '../quantities.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

type Verb = 'start' | 'stop' | 'restart'

/** Says what `start`, `stop` or `restart` would do. @param running the daemon that runs, if one does */
export async function foreseenDaemon(
  verb: Verb,
  running: DaemonStatus | undefined,
  around: Surroundings,
): Promise<Outcome> {
  const { roots, config } = verb === 'restart' || running === undefined ? await atStart(verb, around) : now(running)
  const pid = running?.pid
  const isRunning = running !== undefined
  return {
    exit: exitCodes.ok,
    json: {
      [verb]: { running: isRunning, ...(isRunning && { pid }), home: around.home.directory, roots, config },
      dryRun: true,
    },
    lines: paint => [
      headline(verb, pid, roots),
      ...roots.map(({ root, host }) => `  ${placeText(around.userHome, root)} with ${escape(host)}`),
      ...problemsFound(config, paint),
    ],
  }
}

/** What is wrong with the settings that a daemon reads, a line each. */
export function problemsFound(problems: readonly ConfigProblem[], paint: Paint): string[] {
  return problems.map(problem => {
    const what = escape(`${problemPlace(problem)}: ${problem.message}`)
    return `${paint.yellow('!')} ${what}  → ${escape(problemNext(problem))}`
  })
}

function headline(verb: Verb, pid: number | undefined, { length }: readonly SessionName[]): string {
  const those = `${countText(length, 'root')}${length === 0 ? '.' : ':'}`
  if (pid === undefined) {
    return verb === 'stop' ? 'The daemon is not running. Nothing would be done.' : `Would start the daemon for ${those}`
  }
  switch (verb) {
    case 'start':
      return `The daemon runs already (process ${pid}). Nothing would be done. It keeps ${those}`
    case 'stop':
      return `Would stop the daemon (process ${pid}). Changes would wait in ${those}`
    case 'restart':
      return `Would stop the daemon (process ${pid}) and start another for ${those}`
  }
}

/** A stop needs no settings. Others load what reads them. */
async function atStart(verb: Verb, around: Surroundings): Promise<ForeseenSessions> {
  if (verb === 'stop') return { roots: [], config: [] }
  const { foreseenSessions } = await import('../../daemon/foreseen-sessions.ts')
  return foreseenSessions(around)
}

function now({ sessions, failed, config }: DaemonStatus): ForeseenSessions {
  return { roots: [...sessions, ...failed].map(({ root, host }) => ({ root, host })), config }
}
