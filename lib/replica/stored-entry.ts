import type { Entry } from '../core/entry.ts'
import { SyncError } from '../core/errors.ts'
import type { TrashReason } from '../core/messages.ts'
import { emptyPage } from '../core/page.ts'
import { checkPath } from '../core/path.ts'

/** An entry without what lies below it, as the work area's own files keep it. */
export type StoredEntry =
  | Exclude<Entry, { readonly kind: 'directory' | 'problem' }>
  | { readonly kind: 'directory'; readonly mode: number }
  | { readonly kind: 'problem'; readonly why: string }

export function storedEntry(entry: Entry): StoredEntry {
  switch (entry.kind) {
    case 'directory':
      return { kind: 'directory', mode: entry.mode }
    case 'problem':
      return { kind: 'problem', why: entry.why }
    default:
      return entry
  }
}

/** The entry again; undefined when it is not one. */
export function revivedEntry(value: unknown): Entry | undefined {
  if (!isRecord(value)) return undefined
  const { kind, mode, digest, size, target, why } = value
  switch (kind) {
    case 'file':
      if (typeof mode !== 'number' || typeof digest !== 'string' || typeof size !== 'number') return undefined
      return { kind, mode, digest, size }
    case 'symlink':
      return typeof target === 'string' ? { kind, target } : undefined
    case 'directory':
      return typeof mode === 'number' ? { kind, mode, children: emptyPage } : undefined
    case 'untracked':
      return isUntracked(why) ? { kind, why } : undefined
    case 'problem':
      return typeof why === 'string' ? { kind, why, over: undefined } : undefined
    default:
      return undefined
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

const untracked = ['ignored', 'fifo', 'socket', 'device', 'kept'] as const

function isUntracked(why: unknown): why is (typeof untracked)[number] {
  return untracked.some(known => known === why)
}

const reasons: readonly TrashReason[] = ['replaced', 'deleted', 'conflict-loser', 'copy', 'recovered', 'undone']

export function isReason(value: unknown): value is TrashReason {
  return reasons.some(reason => reason === value)
}

export function isPath(path: string): boolean {
  try {
    checkPath(path)
    return true
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    return false
  }
}
