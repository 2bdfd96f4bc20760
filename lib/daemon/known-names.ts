import { parse } from 'jsonc-parser'
import { codeOf } from '../core/errors.ts'
import type { KitHome } from './kit-home.ts'
import { readPrivateFile } from './private-file.ts'

/** The hosts and roots that the settings name, as far as they can be read: quick, and never a reason to fail. */
export function namesIn(home: KitHome): { readonly hosts: readonly string[]; readonly roots: readonly string[] } {
  const value: unknown = parse(textOf(home.config))
  return { hosts: keysOf(value, 'hosts'), roots: keysOf(value, 'roots') }
}

function keysOf(value: unknown, name: 'hosts' | 'roots'): string[] {
  if (typeof value !== 'object' || value === null || !(name in value)) return []
  const found = (value as Partial<Record<typeof name, unknown>>)[name]
  return typeof found === 'object' && found !== null ? Object.keys(found) : []
}

function textOf(file: string): string {
  try {
    return readPrivateFile(file) ?? ''
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return ''
  }
}
