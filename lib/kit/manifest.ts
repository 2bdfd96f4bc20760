import { SyncError } from '../core/errors.ts'
import type { Trace } from './footprint.ts'
import type { Standing } from './standing.ts'

/** How the manifest is written; another number is of another dsync. */
const format = 1

/** The text of `state/installed.json`: what was changed outside the home, and what stood there before. */
export function manifestText(traces: readonly Trace[]): string {
  const files = traces.map(trace =>
    trace.kind === 'edit' ? trace : { ...trace, before: packed(trace.before), ours: trace.ours.map(packed) },
  )
  return `${JSON.stringify({ format, files }, undefined, 2)}\n`
}

/** What `manifestText` was given. Throws REFUSED for a text that is none: what it says would be written and removed. */
export function manifestTraces(text: string, path: string): Trace[] {
  const value = parsed(text)
  if (!isRecord(value) || value['format'] !== format || !Array.isArray(value['files'])) throw damaged(path)
  return value['files'].map(file => traceIn(file) ?? damage(path))
}

/** A file's content as text where it is text, so that a person can read what was there. */
function packed(standing: Standing): object {
  if (standing.kind !== 'file') return standing
  const { bytes, ...rest } = standing
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  if (!text.includes('\uFFFD')) return { ...rest, text }
  return { ...rest, base64: Buffer.from(bytes).toString('base64') }
}

function traceIn(value: unknown): Trace | undefined {
  if (!isRecord(value)) return undefined
  const { path, part, kind } = value
  if (typeof path !== 'string' || !path.startsWith('/') || typeof part !== 'string') return undefined
  if (kind === 'whole') {
    const before = standingIn(value['before'])
    const ours = Array.isArray(value['ours']) ? value['ours'].map(standingIn) : [undefined]
    if (before === undefined || !ours.every(each => each !== undefined)) return undefined
    return { path, part, kind, before, ours }
  }
  const { edit, created } = value
  if (kind !== 'edit' || !isRecord(edit) || typeof created !== 'boolean') return undefined
  const { name, line } = edit
  if (edit['kind'] === 'block' && typeof name === 'string') {
    return { path, part, kind, edit: { kind: 'block', name }, created }
  }
  if (edit['kind'] === 'first-line' && typeof line === 'string') {
    return { path, part, kind, edit: { kind: 'first-line', line }, created }
  }
  return undefined
}

function standingIn(value: unknown): Standing | undefined {
  if (!isRecord(value)) return undefined
  const { kind, mode, target, text, base64 } = value
  if (kind === 'absent') return { kind }
  if (kind === 'link' && typeof target === 'string') return { kind, target }
  if (typeof mode !== 'number') return undefined
  if (kind === 'directory') return { kind, mode }
  if (kind !== 'file') return undefined
  if (typeof text === 'string') return { kind, mode, bytes: new TextEncoder().encode(text) }
  return typeof base64 === 'string' ? { kind, mode, bytes: new Uint8Array(Buffer.from(base64, 'base64')) } : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function damage(path: string): never {
  throw damaged(path)
}

function damaged(path: string): SyncError {
  return new SyncError('REFUSED', `Cannot read ${path}: it is not a list of what was installed`, {
    hint: `Put it aside and install again: mv '${path}' '${path}.damaged'`,
  })
}
