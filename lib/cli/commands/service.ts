import { readPrivateFile } from '../../daemon/private-file.ts'
import { readService } from '../../service/service-record.ts'
import type { Arguments } from '../command-spec.ts'
import { statusOrDown } from '../daemon-process.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText } from '../places.ts'
import { countText } from '../quantities.ts'
import { findingLines, findingsOf, serviceHand } from '../service-hand.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

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
      service: { installed: true, kind: service.kind, kit: service.kit, runtime: service.runtime, ...look, findings },
    },
    lines: paint => [
      `${paint.bold(service.kind)} keeps the daemon up: ${look.state}${look.pid === undefined ? '' : `, process ${look.pid}`}${again}`,
      `  program  ${placeText(around.userHome, service.kit, 'bin/dsync')}`,
      ...hand.supervisor.files.map(({ path }) => `  file     ${placeText(around.userHome, path)}`),
      ...(findings.length === 0 ? [`  ${paint.green('All is as it should be.')}`] : findingLines(findings, paint)),
    ],
  }
}

/** Shows what the daemon process itself printed: next to nothing, unless it could not start or crashed. */
export async function logs(given: Arguments, around: Surroundings): Promise<Outcome> {
  const file = around.home.daemonLog
  const count = Math.floor(given.number('lines') ?? 50)
  const lines = lastLines(file, count)
  return { exit: exitCodes.ok, json: { logs: lines, file }, lines: () => lines.map(escape) }
}

function lastLines(file: string, count: number): string[] {
  const text = readPrivateFile(file) ?? ''
  const lines = text.split('\n').slice(0, text.endsWith('\n') ? -1 : undefined)
  return count === 0 ? [] : lines.slice(-count)
}
