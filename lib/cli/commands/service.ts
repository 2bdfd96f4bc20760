import { join } from 'node:path'
import { SyncError, codeOf } from '../../core/errors.ts'
import { logTail } from '../../daemon/daemon-log.ts'
import { followLog } from '../../daemon/log-follow.ts'
import { safeJson } from '../../daemon/safe-json.ts'
import { jobNames } from '../../service/jobs.ts'
import type { ServiceFinding } from '../../service/service-findings.ts'
import { readService } from '../../service/service-record.ts'
import type { Arguments } from '../command-spec.ts'
import { statusOrDown } from '../daemon-process.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText } from '../places.ts'
import { agoText, countText } from '../quantities.ts'
import { findingLines, findingsOf, serviceHand } from '../service-hand.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

/** How many lines are shown unless somebody says. */
const defaultLines = 50

/** Says who keeps the daemon up, and what is not as `install` left it. Exit code 1 when something is to be done. */
export async function status(_given: Arguments, around: Surroundings): Promise<Outcome> {
  const service = readService(around.home)
  if (service === undefined) {
    const running = await statusOrDown(around)
    const daemon =
      running === undefined ? 'The daemon is not running.' : `The daemon (process ${running.pid}) was started by hand.`
    return {
      exit: exitCodes.failed,
      json: { service: { installed: false, findings: [] } },
      lines: () => [`No service is installed. ${daemon}`, '  → dsync service install'],
    }
  }
  const hand = await serviceHand(around, service)
  const look = await hand.supervisor.look()
  const findings = await findingsOf(hand)
  const isWrong = findings.some(({ isRemark }) => isRemark !== true)
  const again =
    look.restarts === undefined || look.restarts === 0 ? '' : `, started again ${countText(look.restarts, 'time')}`
  return {
    exit: isWrong ? exitCodes.failed : exitCodes.ok,
    json: {
      service: {
        installed: true,
        kind: service.kind,
        kit: service.kit,
        runtime: service.runtime,
        ...look,
        nightly: nightly(around),
        findings,
      },
    },
    lines: paint => [
      `${paint.bold(service.kind)} keeps the daemon up: ${look.state}${look.pid === undefined ? '' : `, process ${look.pid}`}${again}`,
      `  program  ${placeText(around.userHome, service.kit, 'bin/dsync')}`,
      ...hand.supervisor.files.map(({ path }) => `  file     ${placeText(around.userHome, path)}`),
      ...nightly(around).map(
        ({ name, at, said }) => `  ${name.padEnd(7)}  ${agoText(at, Date.now())}: ${escape(said)}`,
      ),
      ...(findings.length === 0 ? [`  ${paint.green('All is as it should be.')}`] : findingLines(findings, paint)),
    ],
  }
}

/** What a person should know about the service of this home, and who keeps it up; undefined when none is installed. */
export async function installedFindings(
  around: Surroundings,
): Promise<{ readonly kind: string; readonly findings: readonly ServiceFinding[] } | undefined> {
  const service = readService(around.home)
  if (service === undefined) return undefined
  return { kind: service.kind, findings: await findingsOf(await serviceHand(around, service)) }
}

/** Shows what the daemon process, or a nightly job, printed; with `--follow`, each line as it comes until the person interrupts. */
export async function logs(given: Arguments, around: Surroundings): Promise<Outcome> {
  const [job = 'daemon'] = given.operands
  if (!jobNames.some(name => name === job)) {
    throw new SyncError('USAGE', `There is no job ${JSON.stringify(job)} of the service`, {
      hint: 'One of daemon, verify, trash',
    })
  }
  const file = logOf(around, job)
  const count = Math.floor(given.number('lines') ?? defaultLines)
  if (given.has('follow')) return await follow(file, { lines: count, isJson: given.has('json') }, around)
  const lines = logTail(file, count)?.lines ?? []
  return { exit: exitCodes.ok, json: { logs: lines, file }, lines: () => lines.map(escape) }
}

async function follow(
  file: string,
  { lines, isJson }: { readonly lines: number; readonly isJson: boolean },
  { terminal, signal }: Surroundings,
): Promise<Outcome> {
  const onLine = (line: string): void => terminal.out(`${isJson ? safeJson(line) : escape(line)}\n`)
  try {
    await followLog(file, { lines, onLine, signal })
  } catch (error) {
    if (codeOf(error) !== 'INTERRUPTED') throw error
  }
  return { exit: exitCodes.interrupted, json: undefined, lines: () => [] }
}

/** When each nightly job had something to say last, and what. */
function nightly(
  around: Surroundings,
): readonly { readonly name: string; readonly at: number; readonly said: string }[] {
  return ['verify', 'trash'].flatMap(name => {
    const tail = logTail(logOf(around, name), 1)
    return tail === undefined ? [] : [{ name, at: tail.at, said: tail.lines[0]?.trim() ?? '' }]
  })
}

function logOf({ home }: Surroundings, job: string): string {
  return join(home.run, `${job}.log`)
}
