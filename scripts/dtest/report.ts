import type { Paint } from '../../lib/cli/paint.ts'
import { latencyText } from '../../lib/cli/quantities.ts'
import type { Figure } from './figure.ts'

/** How one scenario came out. */
export interface Result {
  readonly name: string
  readonly state: 'ok' | 'failed' | 'not reached'
  readonly ms: number
  readonly figures: readonly Figure[]
  readonly why?: string
}

const marks = { ok: '✔', failed: '✘', 'not reached': '–' } as const
const colours = { ok: 'green', failed: 'red', 'not reached': 'yellow' } as const

/** One scenario as lines, its figures below each other. */
export function resultLines({ name, state, ms, figures, why }: Result, paint: Paint): string[] {
  const mark = paint[colours[state]](marks[state])
  const figureLines = figures.map(({ what, text }) => `${what.padEnd(52)}  ${text}`)
  const told = why === undefined ? [] : [paint.red(why)]
  const [first = state === 'not reached' ? 'not reached' : '', ...rest] = [...figureLines, ...told]
  return [
    `  ${mark} ${paint.bold(name.padEnd(14))}  ${first}`,
    ...rest.map(line => `${' '.repeat(20)}${line}`),
    ...(state === 'ok' ? [paint.dim(`${' '.repeat(20)}in ${latencyText(ms)}`)] : []),
  ]
}

/** The last lines: whether anything was left, and how many passed. */
export function closingLines(
  results: readonly Result[],
  { left, ms }: { readonly left: readonly string[]; readonly ms: number },
  paint: Paint,
): string[] {
  const passed = results.filter(({ state }) => state === 'ok').length
  const trace =
    left.length === 0
      ? [
          `  ${paint.green('✔')} ${paint.bold('no trace'.padEnd(14))}  files, root, settings, trash: all as before, on both hosts`,
        ]
      : left.map(each => `  ${paint.red('✘')} ${paint.bold('left behind'.padEnd(14))}  ${each}`)
  const all = passed === results.length && left.length === 0
  const text = `${passed} of ${results.length} passed in ${latencyText(ms)}.`
  return [...trace, '', all ? paint.green(text) : paint.red(text)]
}

/** The same for scripts. */
export function resultsJson(
  results: readonly Result[],
  around: { readonly from: string; readonly to: string; readonly left: readonly string[]; readonly ms: number },
): object {
  return {
    dtest: {
      from: around.from,
      to: around.to,
      scenarios: results.map(({ name, state, ms, figures, why }) => ({
        name,
        state,
        ms: Math.round(ms),
        figures: figures.map(({ what, values }) => ({ what, ...values })),
        ...(why === undefined ? {} : { why }),
      })),
      left: around.left,
      ms: Math.round(around.ms),
    },
  }
}
