import { barrierSeconds, overrideSeconds } from '../../core/limits.ts'
import type { BarrierProgress, RootForecast, RootOverridden } from '../../daemon/verbs.ts'
import type { Arguments } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { ask, selected } from '../daemon-access.ts'
import type { ExitCode } from '../exit-codes.ts'
import { exitCodes } from '../exit-codes.ts'
import { forecastLines, overriddenLines, totalText } from '../override-lines.ts'
import type { OverrideView } from '../override-lines.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import { SyncProgress } from '../sync-progress.ts'
import { barrierExit } from './sync.ts'

/** How much later than asked the daemon may answer before it counts as hanging (ms). */
const graceMs = 30_000

/** How often what is shown may change before it is answered. */
const showings = 5

export function push(given: Arguments, around: Surroundings): Promise<Outcome> {
  return override('push', given, around)
}

export function pull(given: Arguments, around: Surroundings): Promise<Outcome> {
  return override('pull', given, around)
}

/** Shows what would change, asks, and does exactly that. What changed meanwhile is shown anew. */
async function override(verb: 'push' | 'pull', given: Arguments, around: Surroundings): Promise<Outcome> {
  const take = verb === 'push' ? ('mine' as const) : ('theirs' as const)
  const seconds = given.number('timeout')
  const place = { ...selected(around, given), take }
  const view = { verb, userHome: around.userHome, isDone: !given.has('dry-run') }
  const hearMs = (seconds ?? barrierSeconds) * 1000
  const waitMs = (seconds ?? overrideSeconds) * 1000
  for (let showing = 1; ; showing++) {
    const { roots } = await ask(around, 'foresee', { ...place, timeoutMs: hearMs }, { waitMs: hearMs + graceMs })
    const wanted = roots.filter(root => root.state === 'ready' && root.changes.total > 0)
    if (given.has('dry-run') || wanted.length === 0) return outcomeOf(roots, [], view)
    if (!given.has('json'))
      around.terminal.err(
        `${wanted.flatMap(root => forecastLines(root, around.terminal.paintErrors, view)).join('\n')}\n`,
      )
    await confirm(`${totalText(wanted)}?`, given, around)
    const shown = new SyncProgress(Date.now())
    const onEvent = (progress: BarrierProgress): void => around.terminal.progress(shown.text(progress, Date.now()))
    const marks = wanted.flatMap(root =>
      root.state === 'ready' ? [{ root: root.root, host: root.host, mark: root.mark }] : [],
    )
    const done = await ask(
      around,
      'override',
      { ...place, timeoutMs: waitMs, marks },
      { onEvent, waitMs: waitMs + graceMs },
    )
    const hasChanged = done.roots.some(({ state }) => state === 'changed')
    if (!hasChanged || given.has('yes') || showing >= showings) return outcomeOf(roots, done.roots, view)
    around.terminal.err('It is no longer what was shown:\n')
  }
}

function outcomeOf(forecasts: readonly RootForecast[], done: readonly RootOverridden[], view: OverrideView): Outcome {
  const rows = forecasts.map(forecast => {
    const result = done.find(({ root, host }) => root === forecast.root && host === forecast.host)
    return { forecast, result }
  })
  return {
    exit: exitOf(rows.map(({ forecast, result }) => result ?? forecast)),
    json: {
      [view.verb]: rows.map(({ forecast, result }) => ({ ...forecast, ...result })),
      ...(!view.isDone && { dryRun: true }),
    },
    lines: paint =>
      rows.flatMap(({ forecast, result }) =>
        result === undefined
          ? forecastLines(forecast, paint, view)
          : overriddenLines({ forecast, result }, paint, view),
      ),
  }
}

/** The worst of several: the one who cannot be reached first, then what is held, then what is left to decide. */
function exitOf(roots: readonly (RootForecast | RootOverridden)[]): ExitCode {
  const codes = roots.map((root): ExitCode => {
    switch (root.state) {
      case 'ready':
        return exitCodes.ok
      case 'changed':
        return exitCodes.conflicts
      case 'parted':
      case 'one-way':
        return exitCodes.usage
      case 'emptied':
      case 'first-sync':
        return exitCodes.held
      default:
        return barrierExit([root.state])
    }
  })
  const order: readonly ExitCode[] = [
    ...[exitCodes.unreachable, exitCodes.timeout, exitCodes.held, exitCodes.conflicts, exitCodes.usage],
  ]
  return order.find(code => codes.includes(code)) ?? exitCodes.ok
}
