import type { Check, CheckResult } from '../doctor/check.ts'
import type { Cell } from './aligned.ts'
import { aligned } from './aligned.ts'
import { escape } from './escape.ts'
import type { Colour, Paint } from './paint.ts'

export const checkColours: Readonly<Record<CheckResult, Colour>> = {
  ok: 'green',
  note: 'cyan',
  warning: 'yellow',
  failed: 'red',
}

/** Rows of checks, the command that mends one below it. */
export function checkLines(checks: readonly Check[], paint: Paint): string[] {
  const rows = checks.map(({ result, check, meaning }): Cell[] => [
    { text: result, paint: checkColours[result] },
    escape(check),
    escape(meaning),
  ])
  return aligned(rows, paint).flatMap((line, i) => {
    const fix = checks[i]?.fix
    return fix === undefined ? [line] : [line, `${' '.repeat(4)}→ ${escape(fix)}`]
  })
}
