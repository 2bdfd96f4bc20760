const factors: Readonly<Record<string, number>> = { '': 1, k: 1000, m: 1_000_000, g: 1_000_000_000 }

/** How a setting says bytes a second: a number with K, M or G (thousands) and a B, as in `500 KB` and `1.5MB`. */
export const bandwidthPattern = '^[0-9]{1,6}(\\.[0-9]{1,3})? ?([KkMmGg][Bb]?|[Bb])$'

/** The bytes a second that a checked setting says: at least a thousand, so that nothing stands still. */
export function bytesPerSecond(setting: string): number {
  const [, number = '0', unit = ''] = /^([\d.]+) ?([kmg]?)b?$/i.exec(setting) ?? []
  return Math.max(1000, Math.round(Number(number) * (factors[unit.toLowerCase()] ?? 1)))
}
