import type { Change } from './footprint.ts'
import { lineDifference } from './line-difference.ts'
import type { Standing } from './standing.ts'

/** Lines that show a change before it is made, as git shows one. What stands in the files is not escaped. */
export function previewChange({ path, before, after }: Change): string[] {
  const head = headOf(before, after)
  if (before.kind !== 'file' && after.kind !== 'file') return [`${path}: ${head}`]
  return [
    `${path}: ${head}`,
    `--- ${before.kind === 'file' ? path : '/dev/null'}`,
    `+++ ${after.kind === 'file' ? path : '/dev/null'}`,
    ...lineDifference(textIn(before), textIn(after)),
  ]
}

function headOf(before: Standing, after: Standing): string {
  if (before.kind === 'absent') return `new ${nameOf(after)}`
  if (after.kind === 'absent') return `${nameOf(before)} goes`
  if (before.kind === 'file' && after.kind === 'file') {
    return before.mode === after.mode ? 'changed' : `changed, mode ${octal(before.mode)} → ${octal(after.mode)}`
  }
  return `${nameOf(before)} → ${nameOf(after)}`
}

function nameOf(standing: Standing): string {
  switch (standing.kind) {
    case 'absent':
      return 'nothing'
    case 'file':
    case 'directory':
      return `${standing.kind}, mode ${octal(standing.mode)}`
    case 'link':
      return `link to ${standing.target}`
    case 'other':
      return standing.says
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

function textIn(standing: Standing): string {
  return standing.kind === 'file' ? new TextDecoder().decode(standing.bytes) : ''
}
