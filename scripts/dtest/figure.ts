import { latencyText } from '../../lib/cli/quantities.ts'

/** What was measured: in words, as a person reads it, and as numbers. */
export interface Figure {
  readonly what: string
  readonly text: string
  readonly values: Readonly<Record<string, number>>
}

/** Median and 99th percentile of latencies (ms), by nearest rank. */
export function latencies(what: string, ms: readonly number[]): Figure {
  const sorted = ms.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
  const [medianMs, p99Ms] = [at(0.5), at(0.99)]
  return {
    what,
    text: `median ${latencyText(medianMs)}, p99 ${latencyText(p99Ms)}`,
    values: { count: ms.length, medianMs: rounded(medianMs), p99Ms: rounded(p99Ms) },
  }
}

/** How many files came in some time (ms). */
export function fileRate(what: string, files: number, ms: number): Figure {
  const filesPerSecond = Math.round((files * 1000) / ms)
  return {
    what,
    text: `${latencyText(ms)}, ${filesPerSecond.toLocaleString('en-US')} files/s`,
    values: { files, ms: rounded(ms), filesPerSecond },
  }
}

/** How much came in some time (bytes, ms). */
export function byteRate(what: string, bytes: number, ms: number): Figure {
  const megabytesPerSecond = rounded(bytes / 1000 / ms)
  return {
    what,
    text: `${latencyText(ms)}, ${megabytesPerSecond} MB/s`,
    values: { bytes, ms: rounded(ms), megabytesPerSecond },
  }
}

export function duration(what: string, ms: number): Figure {
  return { what, text: latencyText(ms), values: { ms: rounded(ms) } }
}

export function count(what: string, entries: number): Figure {
  return { what, text: `${entries.toLocaleString('en-US')} entries`, values: { entries } }
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
