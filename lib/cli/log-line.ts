import type { LogEvent } from '../ports/log.ts'
import { escape } from './escape.ts'
import type { Colour, Paint } from './paint.ts'
import { placeText } from './places.ts'
import { latencyText } from './quantities.ts'

const levelColours: Readonly<Record<LogEvent['level'], Colour | undefined>> = {
  info: undefined,
  notice: 'cyan',
  warning: 'yellow',
  error: 'red',
}

/** A log event as one line: when, what, where, with whom, how long it took, and whatever else it tells. */
export function logLine(event: LogEvent, view: { readonly paint: Paint; readonly userHome: string }): string {
  const { at, level, event: what, root, host, path, latencyMs, ...details } = event
  const colour = levelColours[level]
  const word = escape(what).padEnd(12)
  const parts = [view.paint.dim(timeText(at)), colour === undefined ? word : view.paint[colour](word)]
  if (root !== undefined) parts.push(placeText(view.userHome, root, path))
  if (host !== undefined) parts.push(view.paint.dim(escape(host)))
  if (typeof latencyMs === 'number') parts.push(latencyText(latencyMs))
  for (const [name, value] of Object.entries(details)) parts.push(view.paint.dim(`${escape(name)}=${valueText(value)}`))
  return parts.join('  ')
}

/** Local time, with the day in front. */
function timeText(at: number): string {
  const time = new Date(at)
  const two = (count: number): string => String(count).padStart(2, '0')
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
}

function valueText(value: unknown): string {
  return escape(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined'))
}
