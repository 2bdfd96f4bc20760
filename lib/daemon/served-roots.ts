import { SyncError } from '../core/errors.ts'
import type { KitHome } from './kit-home.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

/** A root that this home's agent may serve to a hub. Written by `dsync roots add` alone, never by what a hub says. */
export interface ServedRoot {
  readonly id: string
  readonly path: string
}

/** The roots of a home's `roots.json`; none when there is no such file. Throws STORE_DAMAGED when it is not what was written. */
export function servedRoots(home: KitHome): ServedRoot[] {
  const text = readPrivateFile(home.served)
  if (text === undefined) return []
  const value = parse(text)
  if (!Array.isArray(value) || !value.every(isServedRoot)) {
    throw new SyncError('STORE_DAMAGED', `Cannot read ${home.served}: it is not a list of roots`, {
      verdict: 'halt',
      hint: `Remove it, then add the roots again with dsync roots add`,
    })
  }
  return value.map(({ id, path }) => ({ id, path }))
}

/** Adds a root, or gives the one with this id another path. */
export function serveRoot(home: KitHome, root: ServedRoot): void {
  writeServed(home, [...servedRoots(home).filter(other => other.id !== root.id), root])
}

export function unserveRoot(home: KitHome, id: string): void {
  const roots = servedRoots(home)
  const left = roots.filter(root => root.id !== id)
  if (left.length < roots.length) writeServed(home, left)
}

function writeServed(home: KitHome, roots: readonly ServedRoot[]): void {
  writePrivateFile(home.served, `${JSON.stringify(roots, undefined, 2)}\n`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isServedRoot(value: unknown): value is ServedRoot {
  if (typeof value !== 'object' || value === null || !('id' in value) || !('path' in value)) return false
  return typeof value.id === 'string' && typeof value.path === 'string' && value.path.startsWith('/')
}
