import { join } from 'node:path'
import type { KitHome } from './kit-home.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

/**
 * The commands that this home's user has looked at and let be run, by hash. It lies where nothing is synced: settings
 * may come from elsewhere, a yes may not.
 */
export function trustedCommands(home: KitHome): ReadonlySet<string> {
  try {
    const value: unknown = JSON.parse(readPrivateFile(fileOf(home)) ?? '[]')
    return new Set(Array.isArray(value) ? value.filter(hash => typeof hash === 'string') : [])
  } catch (error) {
    // What cannot be read trusts nothing.
    if (error instanceof SyntaxError) return new Set()
    throw error
  }
}

/** Lets these be run and no others: one that left the settings is asked about again when it comes back. */
export function trustCommands(home: KitHome, hashes: readonly string[]): void {
  writePrivateFile(fileOf(home), `${JSON.stringify([...new Set(hashes)])}\n`)
}

function fileOf(home: KitHome): string {
  return join(home.state, 'trusted-commands.json')
}
