/** Bytes as people say them: `512 MB`, `1.4 GB`. */
export function bytesOf(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const
  let [value, unit] = [bytes, 0]
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000
  const digits = value < 10 && unit > 0 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value))
  return `${digits} ${units[unit] ?? ''}`
}

/** `1,234`. */
export function countOf(count: number): string {
  return count.toLocaleString('en-US')
}

/** A length of time: `3 s`, `5 min`, `2 h`. */
export function timeOf(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

/** A word for `sh`, as a person types it. */
export function wordOf(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
