import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** What stands at a path, as a user sees it. */
export interface Shape {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other'
  readonly mode: number
  /** A file's digest, or `link:` with a link's target. */
  readonly version: string
}

export type Snapshot = ReadonlyMap<string, Shape>

/** Reads a directory with all below it. The directory itself is left out. */
export function snapshot(root: string): Snapshot {
  const found = new Map<string, Shape>()
  const waiting = ['']
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const name of readdirSync(join(root, at))) {
      const path = at === '' ? name : `${at}/${name}`
      const shape = shapeOf(join(root, path))
      found.set(path, shape)
      if (shape.kind === 'directory') waiting.push(path)
    }
  }
  return found
}

function shapeOf(path: string): Shape {
  const stat = lstatSync(path)
  if (stat.isSymbolicLink()) return { kind: 'symlink', mode: 0, version: linkVersion(readlinkSync(path)) }
  const mode = stat.mode & 0o777
  if (stat.isDirectory()) return { kind: 'directory', mode, version: '' }
  return stat.isFile()
    ? { kind: 'file', mode, version: fileVersion(readFileSync(path)) }
    : { kind: 'other', mode, version: '' }
}

export function fileVersion(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

export function linkVersion(target: string): string {
  return `link:${target}`
}

/** Where two snapshots differ, in words. `isExempt` says which paths may. */
export function differences(alpha: Snapshot, beta: Snapshot, isExempt: (path: string) => boolean): string[] {
  const differing: string[] = []
  for (const path of new Set([...alpha.keys(), ...beta.keys()])) {
    const [a, b] = [alpha.get(path), beta.get(path)]
    if (textOf(a) !== textOf(b) && !isExempt(path)) differing.push(`${path}: ${textOf(a)} | ${textOf(b)}`)
  }
  return differing.toSorted()
}

function textOf(shape: Shape | undefined): string {
  return shape === undefined ? 'nothing' : `${shape.kind} ${shape.mode.toString(8)} ${shape.version.slice(0, 12)}`
}
