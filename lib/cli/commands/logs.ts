import { codeOf } from '../../core/errors.ts'
import { auditTail } from '../../daemon/audit-tail.ts'
import { safeJson } from '../../daemon/safe-json.ts'
import type { LogEvent } from '../../ports/log.ts'
import type { Arguments } from '../command-spec.ts'
import { ask } from '../daemon-access.ts'
import { exitCodes } from '../exit-codes.ts'
import { logLine } from '../log-line.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

const defaultLines = 50

/** How long the daemon may take to read its log (ms). */
const waitMs = 10_000

/** Shows what was done; with `--follow`, a line for each event until the person interrupts. */
export async function logs(given: Arguments, around: Surroundings): Promise<Outcome> {
  const wanted: Wanted = { lines: Math.floor(given.number('lines') ?? defaultLines), realtime: given.has('realtime') }
  if (given.has('follow')) return await follow(wanted, given.has('json'), around)
  const events = await past(wanted, around)
  return {
    exit: exitCodes.ok,
    json: { logs: events },
    lines: paint => events.map(event => logLine(event, { paint, userHome: around.userHome })),
  }
}

interface Wanted {
  readonly lines: number
  readonly realtime: boolean
}

/** From the daemon, which may not have written the newest yet; without one, from the file. */
async function past(wanted: Wanted, around: Surroundings): Promise<readonly LogEvent[]> {
  const events: LogEvent[] = []
  try {
    await ask(around, 'logs', { ...wanted, follow: false }, { onEvent: event => events.push(event), waitMs })
    return events
  } catch (error) {
    if (codeOf(error) !== 'DAEMON_DOWN') throw error
  }
  return auditTail(wanted.realtime ? around.home.realtimeLog : around.home.syncLog, wanted.lines)
}

async function follow(wanted: Wanted, json: boolean, around: Surroundings): Promise<Outcome> {
  const { terminal, userHome } = around
  const onEvent = (event: LogEvent): void => {
    terminal.out(`${json ? safeJson(event) : logLine(event, { paint: terminal.paint, userHome })}\n`)
  }
  try {
    await ask(around, 'logs', { ...wanted, follow: true }, { onEvent })
  } catch (error) {
    if (codeOf(error) !== 'INTERRUPTED') throw error
  }
  return { exit: exitCodes.interrupted, json: undefined, lines: () => [] }
}
