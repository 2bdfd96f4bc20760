import type { Digester, SyncedEntry } from '../core/entry.ts'
import type { Operation } from '../core/operation.ts'
import { isFile } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { toBytes } from '../core/path.ts'
import type { OverridePlan } from '../core/session/override.ts'
import type { OverrideChange, OverrideOffer } from './session-handle.ts'
import { listed } from './session-handle.ts'

/** What carrying out an override would change, as people and scripts are shown it. */
export function overrideOffer({ operations, left }: OverridePlan, digester: Digester): OverrideOffer {
  const changes = changesOf(operations)
  const counts = { create: tally(), replace: tally(), delete: tally(), mode: tally() }
  for (const { how, size = 0 } of changes) {
    counts[how].paths += 1
    if (how !== 'mode') counts[how].bytes += size
  }
  const marked = [...operations.map(marks), ...left.map(({ path, why }) => `${path}\0${why}`)]
  return { changes: listed(changes), counts, left: listed(left), mark: digester(toBytes(marked.join('\n'))) }
}

function tally() {
  return { paths: 0, bytes: 0 }
}

function changesOf(operations: readonly Operation[]): readonly OverrideChange[] {
  const changes = new Map<Path, OverrideChange>()
  for (const operation of operations) {
    const { path } = operation
    if (operation.kind === 'move') continue
    const entry = operation.kind === 'put' ? operation.after : operation.before
    changes.set(path, { path, how: howOf(operation, changes.get(path)), ...described(entry) })
  }
  return [...changes.values()].toSorted(
    (a, b) => ranks.indexOf(a.how) - ranks.indexOf(b.how) || (a.path < b.path ? -1 : 1),
  )
}

/** What a person should look at first. */
const ranks: readonly OverrideChange['how'][] = ['delete', 'replace', 'mode', 'create']

/** @param earlier of the same plan at the same path: what was cleared away for another kind of entry */
function howOf(operation: Exclude<Operation, { kind: 'move' }>, earlier: OverrideChange | undefined) {
  if (operation.kind === 'remove') return 'delete'
  const { before, after } = operation
  if (before === undefined) return earlier === undefined ? 'create' : 'replace'
  const isMode = before.kind === 'directory' || (isFile(before) && isFile(after) && before.digest === after.digest)
  return isMode ? 'mode' : 'replace'
}

function described(entry: SyncedEntry) {
  return entry.kind === 'file' ? { kind: entry.kind, size: entry.size } : { kind: entry.kind }
}

/** What tells an operation from others. */
function marks(operation: Operation): string {
  const { kind, path, before } = operation
  return [kind, path, before, 'after' in operation ? operation.after : ''].map(each => textOf(each)).join('\0')
}

function textOf(entry: SyncedEntry | string | undefined): string {
  if (entry === undefined || typeof entry === 'string') return entry ?? ''
  if (entry.kind === 'file') return `${entry.mode} ${entry.digest}`
  return entry.kind === 'symlink' ? `link ${entry.target}` : `directory ${entry.mode}`
}
