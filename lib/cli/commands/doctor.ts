import { SyncError } from '../../core/errors.ts'
import { runningRuntime } from '../../daemon/running-runtime.ts'
import type { CheckResult } from '../../doctor/check.ts'
import { checkResults } from '../../doctor/check.ts'
import type { Examined } from '../../doctor/examination.ts'
import { examine } from '../../doctor/examination.ts'
import { probeSeconds } from '../../remote/survey-script.ts'
import { checkColours, checkLines } from '../check-lines.ts'
import type { Arguments } from '../command-spec.ts'
import { ask, askOwn } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Paint } from '../paint.ts'
import { countText } from '../quantities.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import { installedFindings } from './service.ts'

/** The daemon may wait for what hangs as long as we do, and a little longer (ms). */
const surveyMs = (probeSeconds + 20) * 1000

export async function doctor(given: Arguments, around: Surroundings): Promise<Outcome> {
  const host = given.text('host')
  if (host !== undefined && given.has('here')) {
    throw new SyncError('USAGE', 'Cannot examine only this host and only another: choose --here or --host', {
      hint: 'dsync help doctor',
    })
  }
  around.terminal.progress('Looking …')
  const examined = await examine(
    {
      ...around,
      runtime: runningRuntime(),
      service: () => installedFindings(around),
      daemon: {
        status: () => ask(around, 'status', {}),
        survey: places => askOwn(around, 'survey', { places }, { waitMs: surveyMs }),
      },
    },
    { isHereOnly: given.has('here'), ...(host !== undefined && { host }) },
  )
  return {
    exit: exitOf(examined),
    json: { doctor: examined },
    lines: paint => [
      ...examined.flatMap((each, i) => [...(i === 0 ? [] : ['']), ...examinedLines(each, paint)]),
      '',
      sumOf(examined, paint),
    ],
  }
}

function exitOf(examined: readonly Examined[]): number {
  if (examined.some(({ isReached }) => !isReached)) return exitCodes.unreachable
  return count(examined, 'failed') > 0 ? exitCodes.failed : exitCodes.ok
}

function count(examined: readonly Examined[], result: CheckResult): number {
  return examined.flatMap(({ checks }) => checks).filter(check => check.result === result).length
}

const places: Readonly<Record<Examined['place'], string>> = {
  here: 'this host',
  daemon: 'its daemon',
  other: 'other host',
}

function examinedLines({ host, place, isReached, checks }: Examined, paint: Paint): string[] {
  const state = isReached ? places[place] : `${places[place]}, not reached`
  return [`${paint.bold(escape(host))} (${state})`, ...checkLines(checks, paint)]
}

/** What it comes to, in one line. */
function sumOf(examined: readonly Examined[], paint: Paint): string {
  const parts = checkResults.flatMap(result => {
    const number = count(examined, result)
    if (number === 0) return []
    return [
      paint[checkColours[result]](
        result === 'ok' || result === 'failed' ? `${number} ${result}` : countText(number, result),
      ),
    ]
  })
  return parts.toReversed().join(', ')
}
