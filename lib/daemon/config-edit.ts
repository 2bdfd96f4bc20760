import { setTimeout } from 'node:timers/promises'
import type { JSONPath } from 'jsonc-parser'
import { applyEdits, modify } from 'jsonc-parser'
import { SyncError } from '../core/errors.ts'
import type { KitHome } from './kit-home.ts'
import { ensureKitHome } from './kit-home.ts'
import { takeLock } from './lock.ts'
import { withPath, withPathOff, withoutPath } from './paths-file.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { thisProcess } from './process-identity.ts'

const emptyConfig = '{\n  "hosts": {},\n  "roots": {}\n}\n'

const emptyPaths = '# The directories dsync keeps the same on your hosts, one a line.\n'

/** Sets one value of `config.json`, or removes it when undefined; every other line and comment stays as it is. */
export function editConfig(home: KitHome, path: JSONPath, value: unknown): void {
  const text = readPrivateFile(home.config) ?? ''
  const edited = configWith(text, path, value)
  if (edited !== text) writePrivateFile(home.config, edited)
}

/** The text of a `config.json` with one value set, or removed when undefined. Pure. */
export function configWith(text: string, path: JSONPath, value: unknown): string {
  const before = text.trim() === '' ? emptyConfig : text
  const edits = modify(before, path, value, { formattingOptions: { insertSpaces: true, tabSize: 2, eol: '\n' } })
  return applyEdits(before, edits)
}

/** Adds a root to `paths.txt`. */
export function addPath(home: KitHome, path: string): void {
  editPaths(home, text => withPath(text, path))
}

/** Removes a root from `paths.txt`. */
export function removePath(home: KitHome, path: string): void {
  editPaths(home, text => withoutPath(text, path))
}

/** Switches a root of `paths.txt` off: its line stays, behind a `#`. */
export function switchOffPath(home: KitHome, path: string): void {
  editPaths(home, text => withPathOff(text, path))
}

function editPaths(home: KitHome, edit: (text: string) => string): void {
  const text = readPrivateFile(home.paths)
  const left = edit(text ?? emptyPaths)
  // A running daemon takes an empty file for a lost one.
  const edited = left.trim() === '' ? emptyPaths : left
  if (edited !== text) writePrivateFile(home.paths, edited)
}

/** How long a command waits for another that edits (ms), and how often it looks (ms). An edit takes some milliseconds. */
const editWaitMs = 3000
const editLookMs = 20

/** Whether an edit only finds out what it would do, and writes nothing. */
export interface EditOptions {
  readonly dryRun?: boolean
}

/** Runs an edit that reads, decides and writes while no other command does. Throws BUSY when another does not end. */
export async function whileEditing<T>(
  { home, host }: { readonly home: KitHome; readonly host: string },
  edit: () => T | Promise<T>,
  { dryRun = false }: EditOptions = {},
): Promise<T> {
  if (dryRun) return await edit()
  ensureKitHome(home)
  const deadline = Date.now() + editWaitMs
  let lock = takeLock(home.run, 'config', thisProcess(host))
  while (!lock.taken && Date.now() < deadline) {
    await setTimeout(editLookMs)
    lock = takeLock(home.run, 'config', thisProcess(host))
  }
  if (!lock.taken) {
    throw new SyncError('BUSY', `Cannot change the settings: process ${lock.holder.pid} is changing them`, {
      verdict: 'retry',
      hint: `If nothing is, remove ${lock.path}`,
    })
  }
  try {
    return await edit()
  } finally {
    lock.release()
  }
}
