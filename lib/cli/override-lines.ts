import type { OverrideOffer, OverrideRefusal } from '../sync/session-handle.ts'
import type { RootForecast, RootOverridden } from '../daemon/verbs.ts'
import type { Cell } from './aligned.ts'
import { aligned } from './aligned.ts'
import { barrierLines } from './commands/sync.ts'
import { escape } from './escape.ts'
import type { Paint } from './paint.ts'
import { placeText, placeWord } from './places.ts'
import { bytesText, countText } from './quantities.ts'

/** How `push` and `pull` show things. */
export interface OverrideView {
  readonly verb: 'push' | 'pull'
  readonly userHome: string
  /** False: it is only shown. */
  readonly isDone: boolean
}

/** How many paths are named before the rest is counted. */
const namedItems = 20

type Counts = OverrideOffer['counts']
type How = keyof Counts

const colours = { delete: 'red', replace: 'yellow', mode: 'dim', create: 'green' } as const

/** What would change, as a table, or why nothing can. */
export function forecastLines(forecast: RootForecast, paint: Paint, view: OverrideView): string[] {
  const { root, path, from, to, state } = forecast
  const place = placeText(view.userHome, root, path)
  const way = `${place}, from ${escape(from)} to ${escape(to)}`
  if (state !== 'ready') return refusalLines(forecast, forecast, paint, view)
  const left = leftLines(forecast, view)
  if (forecast.changes.total === 0) return [`${paint.green('nothing to do')}  ${way}`, ...left]
  const rows = forecast.changes.first
    .slice(0, namedItems)
    .map(({ how, path: at, kind, size }): Cell[] => [
      { text: how, paint: colours[how] },
      size === undefined ? kind : bytesText(size),
      placeText(view.userHome, root, at),
    ])
  const rest = forecast.changes.total - rows.length
  return [
    `${way}${forecast.paused ? ' (paused, and stays so)' : ''}: ${countsText(forecast.counts)}`,
    ...aligned(rows, paint),
    ...(rest > 0 ? [`  and ${rest.toLocaleString('en-US')} more`] : []),
    ...left,
  ]
}

/** What became of it. */
export function overriddenLines(
  { forecast, result }: { readonly forecast: RootForecast; readonly result: RootOverridden },
  paint: Paint,
  view: OverrideView,
): string[] {
  const { root, path, host, to } = forecast
  const word = placeWord(view.userHome, root, path)
  switch (result.state) {
    case 'changed':
      return [
        `${paint.red('changed')}  ${placeText(view.userHome, root, path)}: it is no longer what was shown  → dsync ${view.verb} ${word}`,
      ]
    case 'parted':
    case 'emptied':
    case 'first-sync':
    case 'one-way':
      return refusalLines(result, forecast, paint, view)
    default: {
      const counts = forecast.state === 'ready' ? forecast.counts : undefined
      const isDone = result.state === 'synced' || result.state === 'conflicts' || result.state === 'problems'
      const isLost = counts !== undefined && counts.replace.paths + counts.delete.paths > 0
      const back = isLost ? `  → dsync undo ${placeWord(view.userHome, root)} --on ${escape(to)}` : ''
      const done = `${paint.green(`${view.verb}ed`)}  ${placeText(view.userHome, root, path)} to ${escape(to)}: ${counts === undefined ? '' : countsText(counts)}${back}`
      const stands =
        result.state === 'synced' || !('waiting' in result)
          ? []
          : barrierLines({ ...result, root, host }, { paint, userHome: view.userHome })
      return isDone ? [done, ...stands] : stands
    }
  }
}

/** `Replace 1 path, delete 3 paths (12 kB)`: what a person is asked about. */
export function totalText(forecasts: readonly RootForecast[]): string {
  const total = { create: zero(), replace: zero(), delete: zero(), mode: zero() }
  for (const forecast of forecasts) {
    if (forecast.state !== 'ready') continue
    for (const how of hows) {
      total[how].paths += forecast.counts[how].paths
      total[how].bytes += forecast.counts[how].bytes
    }
  }
  const text = countsText(total)
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

function zero() {
  return { paths: 0, bytes: 0 }
}

const hows: readonly How[] = ['delete', 'replace', 'mode', 'create']

function countsText(counts: Counts): string {
  return hows
    .filter(how => counts[how].paths > 0)
    .map(how => {
      const { paths, bytes } = counts[how]
      const what =
        how === 'mode' ? `change the mode of ${countText(paths, 'path')}` : `${how} ${countText(paths, 'path')}`
      return bytes > 0 ? `${what} (${bytesText(bytes)})` : what
    })
    .join(', ')
}

function leftLines({ left, root }: OverrideOffer & { readonly root: string }, { userHome }: OverrideView): string[] {
  const rest = left.total - Math.min(left.first.length, namedItems)
  return [
    ...left.first
      .slice(0, namedItems)
      .map(({ path, why }) => `  stays as it is: ${placeText(userHome, root, path)}: ${reasonText(why)}`),
    ...(rest > 0 ? [`  and ${countText(rest, 'more path')} that stay`] : []),
  ]
}

function reasonText(why: string): string {
  return why === 'UNTRACKED' ? 'something that is not synced stands there' : escape(why)
}

function refusalLines(
  { state, at, why }: OverrideRefusal,
  { root, host, path, from, to }: RootForecast,
  paint: Paint,
  { verb, userHome }: OverrideView,
): string[] {
  const place = `${placeText(userHome, root, path)} with ${escape(host)}`
  const word = placeWord(userHome, root)
  const says: Readonly<Record<OverrideRefusal['state'], string>> = {
    parted: `${paint.red('not alone')}  ${place}: ${placeText(userHome, root, at)} is not a directory on both hosts  → dsync ${verb} ${placeWord(userHome, root, at)}`,
    emptied: `${paint.red('held')}  ${place}: the root on ${escape(from)} is empty  → dsync ${verb === 'push' ? 'pull' : 'push'} ${word}`,
    'first-sync': `${paint.red('held')}  ${place}: the two have never synced, so only the whole root can be taken  → dsync ${verb} ${word}`,
    'one-way': `${paint.red('one-way')}  ${place}: ${escape(to)} only sends  → dsync config set roots.${word}.mode two-way`,
    halted: `${paint.red('halted')}  ${place}  → dsync status`,
    timeout: `${paint.red('timed out')}  ${place}  → dsync status`,
    disconnected: `${paint.red('disconnected')}  ${place}  → dsync hosts check ${escape(host)}`,
  }
  return [says[state], ...(why === undefined ? [] : [`    ${escape(why)}`])]
}
