import { barrierSeconds } from '../../core/limits.ts'
import type { BarrierState } from '../../sync/session-handle.ts'
import type { BarrierParameters, BarrierProgress, RootBarrier } from '../../daemon/verbs.ts'
import type { Arguments } from '../command-spec.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import type { ExitCode } from '../exit-codes.ts'
import { exitCodes } from '../exit-codes.ts'
import { apartNext, haltNext, holdNext } from '../hold-next.ts'
import type { Paint } from '../paint.ts'
import { placeText, placeWord } from '../places.ts'
import { countText } from '../quantities.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import { SyncProgress } from '../sync-progress.ts'
import { foreseenSync } from './foreseen-sync.ts'
import { codeText } from '../system-words.ts'
import { untakenText } from '../untaken-text.ts'

/** How much later than asked the daemon may answer before it counts as hanging (ms). */
const graceMs = 30_000

/** Waits until every change made before has reached the other side. */
export async function sync(given: Arguments, around: Surroundings): Promise<Outcome> {
  if (given.has('dry-run')) return await foreseenSync(given, around)
  const roots = await barrier(around, { ...selected(around, given), verify: given.has('verify') }, given)
  return {
    exit: barrierExit(roots.map(({ state }) => state)),
    json: { sync: roots },
    lines: paint => roots.flatMap(root => barrierLines(root, { paint, userHome: around.userHome })),
  }
}

/** Waits for what was changed before, as long as `--timeout` says, and shows how much is left. */
export async function barrier(
  around: Surroundings,
  what: Omit<BarrierParameters, 'timeoutMs'>,
  given: Arguments,
): Promise<readonly RootBarrier[]> {
  const timeoutMs = (given.number('timeout') ?? barrierSeconds) * 1000
  const shown = new SyncProgress(Date.now())
  const onEvent = (progress: BarrierProgress): void => around.terminal.progress(shown.text(progress, Date.now()))
  const { roots } = await ask(around, 'barrier', { ...what, timeoutMs }, { onEvent, waitMs: timeoutMs + graceMs })
  around.terminal.progress('')
  return roots
}

const exits: Readonly<Record<BarrierState, ExitCode>> = {
  disconnected: exitCodes.unreachable,
  timeout: exitCodes.timeout,
  halted: exitCodes.held,
  held: exitCodes.held,
  problems: exitCodes.held,
  paused: exitCodes.paused,
  conflicts: exitCodes.conflicts,
  synced: exitCodes.ok,
}

/** One exit code for several roots: the state furthest from agreement counts, in the order above. */
export function barrierExit(states: readonly BarrierState[]): ExitCode {
  const worst = (Object.keys(exits) as BarrierState[]).find(state => states.includes(state))
  return worst === undefined ? exitCodes.ok : exits[worst]
}

const namedItems = 10

/** How a wait ended, in lines. */
export function barrierLines(
  result: RootBarrier,
  view: { readonly paint: Paint; readonly userHome: string },
): string[] {
  const { root, host, state } = result
  const { paint, userHome } = view
  const place = `${placeText(userHome, root)} with ${escape(host)}`
  const word = placeWord(userHome, root)
  const list = (items: readonly { readonly text: string }[], total: number): string[] => [
    ...items.slice(0, namedItems).map(({ text }) => `    ${text}`),
    ...(total > namedItems ? [`    and ${(total - namedItems).toLocaleString('en-US')} more`] : []),
  ]
  const waiting = list(
    result.waiting.first.map(path => ({ text: placeText(userHome, root, path) })),
    result.waiting.total,
  )
  const conflicts = list(
    result.conflicts.first.map(({ path, kind }) => ({ text: `${placeText(userHome, root, path)} (${kind})` })),
    result.conflicts.total,
  )
  const problems = list(
    result.problems.first.map(({ path, why }) => ({
      text: `${placeText(userHome, root, path)}: ${escape(codeText(why))}`,
    })),
    result.problems.total,
  )
  const holds = list(
    result.holds.map(({ why }) => ({ text: escape(why) })),
    result.holds.length,
  )
  const [untaken] = result.untaken.first
  const isHere = untaken?.side === 'alpha'
  const apart =
    untaken === undefined
      ? ''
      : `; ${untakenText(result.untaken.total, isHere ? '' : host)}  → dsync ${isHere ? 'pull' : 'push'} ${word}`
  const why = result.why === undefined ? [] : [`    ${escape(result.why)}`]
  const says: Readonly<Record<BarrierState, readonly string[]>> = {
    synced: [`${paint.green('in sync')}  ${place}${apart}`],
    conflicts: [
      `${paint.red(countText(result.conflicts.total, 'conflict'))}  ${place}  → dsync conflicts ${word}`,
      ...conflicts,
    ],
    held: [`${paint.red('held')}  ${place}  → ${holdNext(result.holds, word)}`, ...holds],
    halted: [
      `${paint.red('halted')}  ${place}  → ${result.holds.length > 0 ? holdNext(result.holds, word) : haltNext(result.code, word)}`,
      ...holds,
      ...why,
    ],
    problems: [`${paint.yellow(countText(result.problems.total, 'problem'))}  ${place}  → dsync status`, ...problems],
    paused: [`${paint.yellow('paused')}  ${place}  → dsync resume ${word}`],
    disconnected: [`${paint.red('disconnected')}  ${place}  → ${apartNext(result.code, escape(host))}`, ...why],
    timeout: [
      `${paint.red('timed out')}  ${place}, ${countText(result.waiting.total, 'path')} to go  → dsync status`,
      ...waiting,
    ],
  }
  return [...says[state]]
}
