import { basename } from 'node:path'
import type { ConfigProblem } from './verbs.ts'

/** `FILE:LINE:COLUMN`, as far as it is known. */
export function problemPlace({ file, line, column }: ConfigProblem): string {
  return line === undefined ? file : `${file}:${line}:${column ?? 1}`
}

/** The command that comes next: the problem's own, else the one that edits its file. */
export function problemNext({ file, hint }: ConfigProblem): string {
  return hint ?? (basename(file) === 'paths.txt' ? 'dsync config edit paths' : 'dsync config edit')
}
