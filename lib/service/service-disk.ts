import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../core/errors.ts'
import type { KitHome } from '../daemon/kit-home.ts'
import { readPrivateFile, removePrivateFile, writePrivateFile } from '../daemon/private-file.ts'
import type { Plan, Trace } from '../kit/footprint.ts'
import type { Standing } from '../kit/standing.ts'
import { absent } from '../kit/standing.ts'

/** What stands at a path; what a service needs are files and directories. */
export function standingAt(path: string): Standing {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return absent
  const mode = stat.mode & 0o7777
  if (stat.isDirectory()) return { kind: 'directory', mode }
  if (stat.isFile()) return { kind: 'file', mode, bytes: new Uint8Array(readFileSync(path)) }
  return stat.isSymbolicLink() ? { kind: 'link', target: '' } : { kind: 'other', says: 'it is not a file' }
}

/** What is written down of the files of this home's service, so that they can be taken back. */
export function serviceTraces(home: KitHome): readonly Trace[] {
  const text = readPrivateFile(fileOf(home))
  if (text === undefined) return []
  const revive = (_key: string, value: unknown): unknown =>
    isBytes(value) ? new Uint8Array(Buffer.from(value.base64, 'base64')) : value
  return JSON.parse(text, revive) as readonly Trace[]
}

/** Makes the changes of a plan, one after the other. What it will take to undo them is written down first. */
export function carryOut(home: KitHome, { changes, traces }: Plan): void {
  const keep = (_key: string, value: unknown): unknown =>
    value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value
  if (traces.length > 0) writePrivateFile(fileOf(home), JSON.stringify(traces, keep))
  for (const { path, before, after } of changes) change(path, before, after)
  if (traces.length === 0) removePrivateFile(fileOf(home))
}

function change(path: string, before: Standing, after: Standing): void {
  if (after.kind === 'directory') mkdirSync(path, { mode: after.mode })
  else if (after.kind === 'file') {
    writeFileSync(`${path}.part`, after.bytes, { mode: after.mode })
    chmodSync(`${path}.part`, after.mode)
    renameSync(`${path}.part`, path)
  } else if (before.kind === 'directory') removeEmpty(path)
  else rmSync(path, { force: true })
}

/** Others may have put something of theirs in. */
function removeEmpty(path: string): void {
  try {
    rmdirSync(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'ENOENT') throw error
  }
}

function isBytes(value: unknown): value is { readonly base64: string } {
  return typeof value === 'object' && value !== null && 'base64' in value && typeof value.base64 === 'string'
}

function fileOf(home: KitHome): string {
  return join(home.state, 'service-files.json')
}
