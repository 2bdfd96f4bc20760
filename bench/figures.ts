import { loadavg } from 'node:os'

/** Several measurements of one thing, in one unit. */
export interface Figures {
  readonly count: number
  readonly median: number
  readonly p99: number
  readonly least: number
  readonly most: number
}

export function figuresOf(values: readonly number[]): Figures {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { count: sorted.length, median: at(0.5), p99: at(0.99), least: at(0), most: at(1) }
}

/** One line of the result. */
export interface Line {
  readonly what: string
  readonly unit: 'ms' | 's' | 'MB' | '%' | '×'
  readonly value: number
  /** What it shall not exceed, from section 13 of the design. */
  readonly aim?: number
  /** Least and most of what was measured, how often, and what else explains it. */
  readonly note: string
}

/** Everything that was measured, as it comes. */
export class Report {
  readonly lines: (Line & { readonly load: number })[] = []
  readonly #print: (text: string) => void

  constructor(print: (text: string) => void) {
    this.#print = print
  }

  add(line: Line): void {
    const load = loadavg()[0] ?? 0
    this.lines.push({ ...line, load })
    this.#print(lineText({ ...line, load }))
  }

  /** Progress, for people. */
  say(text: string): void {
    this.#print(text)
  }
}

export function verdictOf({ value, aim }: Line): 'pass' | 'falls short' | '' {
  if (aim === undefined) return ''
  return value <= aim ? 'pass' : 'falls short'
}

function lineText(line: Line & { readonly load: number }): string {
  const aim = line.aim === undefined ? '' : `aim ≤ ${shown(line.aim)} ${line.unit}`
  const value = `${shown(line.value)} ${line.unit}`
  return `${line.what.padEnd(58)} ${value.padStart(11)}  ${aim.padEnd(14)} ${verdictOf(line).padEnd(11)} ${line.note}; load ${shown(line.load)}`
}

export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return value.toFixed(0)
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** "1.2–3.4, 5 runs" */
export function spread({ least, most, count }: Figures): string {
  return `${shown(least)}–${shown(most)}, ${count} ${count === 1 ? 'run' : 'runs'}`
}
