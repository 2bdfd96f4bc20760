/** Numbers as people read them. */

/** `12 kB`: bytes, in powers of a thousand. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let [value, unit] = [bytes, 0]
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1]
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

/** `2 h 5 min`: a length of time in at most two units (ms). */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  if (first < 0) return '0 s'
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}

/** `3 min ago`: one unit (ms since 1970, both). */
export function agoText(at: number | undefined, now: number): string {
  if (at === undefined) return 'never'
  const ms = now - at
  if (ms < 1000) return 'just now'
  return `${durationText(ms).split(' ').slice(0, 2).join(' ')} ago`
}

/** `in 12 s`, `now`: what is to come (ms since 1970, both). */
export function inText(at: number, now: number): string {
  return at - now < 1000 ? 'now' : `in ${durationText(at - now)}`
}

/** `0.8 ms`, `12 ms`, `1.2 s`: a latency (ms). */
export function latencyText(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** `1 conflict`, `2,000 conflicts`. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
}
