/** What came of one look, from best to worst. A `note` is worth knowing and needs nobody. */
export const checkResults = ['ok', 'note', 'warning', 'failed'] as const

export type CheckResult = (typeof checkResults)[number]

/** One row of `dsync doctor`. Plain data. */
export interface Check {
  /** What was looked at, in a word or two. */
  readonly check: string
  readonly result: CheckResult
  /** What was found and what it means, in one line. */
  readonly meaning: string
  /** The command to run, or what to change. */
  readonly fix?: string
}

export function ok(check: string, meaning: string): Check {
  return { check, result: 'ok', meaning }
}

export function note(check: string, meaning: string, fix?: string): Check {
  return row('note', check, meaning, fix)
}

export function warning(check: string, meaning: string, fix?: string): Check {
  return row('warning', check, meaning, fix)
}

export function failed(check: string, meaning: string, fix?: string): Check {
  return row('failed', check, meaning, fix)
}

function row(result: CheckResult, check: string, meaning: string, fix: string | undefined): Check {
  return { check, result, meaning, ...(fix !== undefined && { fix }) }
}
