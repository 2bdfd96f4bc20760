import { linkSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { SyncError, codeOf } from '../core/errors.ts'
import { writePrivateFile } from './private-file.ts'
import type { ProcessIdentity, ProcessState } from './process-identity.ts'
import { processState } from './process-identity.ts'

/** Who holds a lock, and where it can be reached. */
export interface LockRecord extends ProcessIdentity {
  readonly socket?: string
  /** Its holder gave it back. */
  readonly released?: boolean
  /** The first of its holders since one that was stopped as it should be took it then (ms since 1970). */
  readonly cleanSince?: number
}

/** `live`: its holder runs · `foreign`: its holder ran on another host, so only a person can tell · `free`: nobody's. */
export type LockState = 'free' | 'live' | 'foreign'

export interface Lock {
  readonly taken: true
  release(): void
}

export interface LockRefusal {
  readonly taken: false
  readonly state: 'live' | 'foreign'
  readonly holder: LockRecord
  readonly path: string
}

/**
 * Judges a lock as seen from a host.
 * @param stateOf what is known here of a process number.
 */
export function judgeLock(
  record: LockRecord | undefined,
  here: { readonly boot: string; readonly host: string },
  stateOf: (pid: number) => ProcessState,
): LockState {
  if (record === undefined || record.released === true) return 'free'
  if (record.boot === here.boot) {
    const state = stateOf(record.pid)
    if (state.alive && (state.start === undefined || record.start === undefined || state.start === record.start)) {
      return 'live'
    }
  }
  return record.host === here.host ? 'free' : 'foreign'
}

/**
 * Takes the lock `name` in a directory, unless its holder lives or may live.
 *
 * A lock is the file `NAME.lock-N` with the highest N. It is taken by linking a whole record to N + 1, which only one
 * can do, and the newest file is never removed: so nobody can remove, as stale, a lock that was taken meanwhile.
 */
export function takeLock(directory: string, name: string, record: LockRecord): Lock | LockRefusal {
  for (let attempt = 0; attempt < 100; attempt++) {
    const newest = newestLock(directory, name)
    const state = judgeLock(newest.record, record, processState)
    if (state !== 'free' && newest.record !== undefined) {
      return { taken: false, state, holder: newest.record, path: join(directory, fileName(name, newest.number)) }
    }
    const number = newest.number + 1
    if (!create(directory, fileName(name, number), record)) continue
    if (newestLock(directory, name).number !== number) {
      unlinkSync(join(directory, fileName(name, number)))
      continue
    }
    removeOlder(directory, name, number)
    const path = join(directory, fileName(name, number))
    return { taken: true, release: () => giveBack(path, record) }
  }
  throw new SyncError('BUSY', `Cannot take the lock ${join(directory, name)}: too many want it`, { verdict: 'retry' })
}

/** A home that was removed meanwhile has no lock to give back, and a disk that takes nothing gets none: its holder ends. */
const kept: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOSPC', 'EDQUOT', 'EROFS'])

function giveBack(path: string, record: LockRecord): void {
  try {
    writePrivateFile(path, JSON.stringify({ ...record, released: true }))
  } catch (error) {
    if (!kept.has(codeOf(error))) throw error
  }
}

/** Whoever holds the lock now, or may hold it on another host. */
export function lockHolder(
  directory: string,
  name: string,
  here: { readonly boot: string; readonly host: string },
): { readonly state: 'live' | 'foreign'; readonly record: LockRecord } | undefined {
  const { record } = newestLock(directory, name)
  const state = judgeLock(record, here, processState)
  return state === 'free' || record === undefined ? undefined : { state, record }
}

/** The last holder of a lock, without judging whether it lives. */
export function lastHolder(directory: string, name: string): LockRecord | undefined {
  return newestLock(directory, name).record
}

/** Where the last holder of a lock could be reached, without judging whether it lives: connecting to it tells. */
export function lastSocket(directory: string, name: string): string | undefined {
  const { record } = newestLock(directory, name)
  return record?.released === true ? undefined : record?.socket
}

function newestLock(directory: string, name: string): { readonly number: number; readonly record?: LockRecord } {
  for (let attempt = 0; attempt < 100; attempt++) {
    const number = Math.max(0, ...lockNumbers(directory, name))
    if (number === 0) return { number }
    const record = readRecord(join(directory, fileName(name, number)))
    if (record !== 'gone') return record === undefined ? { number } : { number, record }
  }
  throw new SyncError('BUSY', `Cannot read the lock ${join(directory, name)}: it keeps changing`, { verdict: 'retry' })
}

/** A record is linked whole, so one that does not parse was torn by a power cut, and its holder with it. */
function readRecord(path: string): LockRecord | undefined | 'gone' {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'gone'
    throw error
  }
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isRecord(value: unknown): value is LockRecord {
  if (typeof value !== 'object' || value === null) return false
  return 'pid' in value && typeof value.pid === 'number' && 'boot' in value && 'host' in value
}

function create(directory: string, file: string, record: LockRecord): boolean {
  const part = join(directory, `${file}.${randomBytes(6).toString('hex')}`)
  writeFileSync(part, JSON.stringify(record), { flag: 'wx', mode: 0o600 })
  try {
    linkSync(part, join(directory, file))
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    unlinkSync(part)
  }
}

function removeOlder(directory: string, name: string, number: number): void {
  for (const older of lockNumbers(directory, name)) {
    if (older >= number) continue
    try {
      unlinkSync(join(directory, fileName(name, older)))
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
  }
}

function lockNumbers(directory: string, name: string): number[] {
  return readdirSync(directory).flatMap(file => {
    const number = file.startsWith(`${name}.lock-`) ? file.slice(name.length + 6) : ''
    return /^[1-9][0-9]{0,14}$/.test(number) ? [Number(number)] : []
  })
}

function fileName(name: string, number: number): string {
  return `${name}.lock-${number}`
}

/** What to tell somebody who wants to be, or do the work of, the daemon of a home. */
export function lockRefused({ state, holder, path }: LockRefusal): SyncError {
  if (state === 'live') {
    return new SyncError('DAEMON_RUNNING', `Cannot start: a daemon runs already (process ${holder.pid})`, {
      hint: 'dsync status',
    })
  }
  return new SyncError('REFUSED', `Cannot start: a daemon on ${holder.host} holds this home (${path})`, {
    hint: `Stop it there; if that host is gone, remove ${path}`,
  })
}
