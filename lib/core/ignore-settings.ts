import { SyncError } from './errors.ts'

/** What people say in their settings about one root: the same on both sides of a session. */
export interface IgnoreSettings {
  /** Lines as in a `.gitignore` at the root; later ones win, `!` takes back. */
  readonly patterns: readonly string[]
  /** `.gitignore` files count as well. */
  readonly gitignore: boolean
}

export const noIgnoreSettings: IgnoreSettings = { patterns: [], gitignore: false }

/** The settings as one text, for a request to the other side. */
export function ignoreText({ patterns, gitignore }: IgnoreSettings): string {
  return JSON.stringify({ patterns, gitignore })
}

/** Reads what `ignoreText` wrote. Throws PROTOCOL for anything else: a root is not served by rules that are not understood. */
export function readIgnoreText(text: string | undefined): IgnoreSettings {
  if (text === undefined) return noIgnoreSettings
  const value = parse(text)
  if (typeof value === 'object' && value !== null && 'patterns' in value && 'gitignore' in value) {
    const { patterns, gitignore } = value
    if (isTexts(patterns) && typeof gitignore === 'boolean') return { patterns, gitignore }
  }
  throw new SyncError('PROTOCOL', 'Cannot serve a root: its ignore rules are not what a hub sends', { verdict: 'halt' })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(each => typeof each === 'string')
}
