import {
  chmodSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { SyncError, codeOf } from '../core/errors.ts'
import type { Blocked, Change, Trace } from './footprint.ts'
import { lookAt } from './look.ts'
import { manifestText, manifestTraces } from './manifest.ts'
import type { Standing } from './standing.ts'
import { sameStanding } from './standing.ts'

/** What a file or link of ours is called until it takes its place: always the same, so that a run after a crash finds it. */
function partOf(path: string): string {
  return `${path}.dsync-part`
}

/**
 * Carries out changes in order. Each is one rename, mkdir or unlink of content that is durable: interrupted at any point,
 * a path holds what stood there or what was to stand there, and a plan made anew holds what is left.
 * A path that no longer holds what the plan saw is left alone, and so is a directory that holds something: both are
 * named in the answer. Throws the error of the system, naming the path.
 * @param each called before each change
 */
export function lay(changes: readonly Change[], each: (change: Change) => void = () => {}): Blocked[] {
  const left: Blocked[] = []
  for (const change of changes) {
    each(change)
    const { path, before } = change
    try {
      if (!sameStanding(lookAt(path), before)) left.push({ path, why: 'it was changed this very moment' })
      else if (!put(change)) left.push({ path, why: 'other files are in it' })
    } catch (error) {
      const code = codeOf(error)
      if (!(error instanceof Error) || code?.startsWith('E') !== true) throw error
      throw new SyncError('REFUSED', `Cannot change ${path}: ${error.message}`, { cause: error })
    }
  }
  return left
}

/** Removes what an interrupted run left beside the paths of these traces. */
export function sweep(traces: readonly Trace[]): void {
  for (const { path } of traces) rmSync(partOf(path), { force: true })
}

/** What the manifest of a home holds; nothing where there is none. Throws REFUSED when it is damaged. */
export function readManifest(path: string): Trace[] {
  try {
    return manifestTraces(readFileSync(path, 'utf8'), path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Writes the manifest, durable, before what it tells of is done; one that would be empty goes. */
export function writeManifest(path: string, traces: readonly Trace[]): void {
  if (traces.length === 0) {
    rmSync(path, { force: true })
    return
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeWhole(path, { kind: 'file', mode: 0o600, bytes: new TextEncoder().encode(manifestText(traces)) })
}

/** False when a directory that was to go holds something. */
function put({ path, before, after }: Change): boolean {
  switch (after.kind) {
    case 'absent':
      return before.kind === 'directory' ? removeEmpty(path) : remove(path)
    case 'directory':
      if (before.kind === 'absent') mkdirSync(path, { mode: after.mode })
      chmodSync(path, after.mode)
      return true
    case 'file':
      writeWhole(path, after)
      return true
    case 'link':
      rmSync(partOf(path), { force: true })
      symlinkSync(after.target, partOf(path))
      renameSync(partOf(path), path)
      return true
    case 'other':
      return true
  }
}

function remove(path: string): true {
  unlinkSync(path)
  syncDirectory(dirname(path))
  return true
}

function removeEmpty(path: string): boolean {
  try {
    rmdirSync(path)
    return true
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw error
  }
}

function writeWhole(path: string, { bytes, mode }: Extract<Standing, { kind: 'file' }>): void {
  const part = partOf(path)
  rmSync(part, { force: true })
  const file = openSync(part, 'wx', 0o600)
  try {
    writeFileSync(file, bytes)
    fchmodSync(file, mode)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(part, path)
  syncDirectory(dirname(path))
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
