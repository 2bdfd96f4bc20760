import {
  closeSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  readdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../core/errors.ts'
import type { KitHome } from './kit-home.ts'

/** The daemon's own output is started anew above this (bytes). */
const logBytes = 1024 * 1024

/** Room that a daemon needs to start (bytes): its lock, its token, what it says of itself. */
const startBytes = 64 * 1024

/** What the daemon process prints: next to nothing, unless it cannot start. */
export interface DaemonLog {
  /** A descriptor to hand to the process. */
  readonly file: number
  /** Why the process ended, by what it printed since the log was opened: an error's own line, else the last one. */
  said(): string
  close(): void
}

/** Throws what the system says when there is no room for a daemon, which could not even say so. */
export function openDaemonLog(home: KitHome): DaemonLog {
  const file = openSync(home.daemonLog, 'a+', 0o600)
  fchmodSync(file, 0o600)
  if (fstatSync(file).size > logBytes) ftruncateSync(file)
  const from = fstatSync(file).size
  try {
    writeFileSync(file, Buffer.alloc(startBytes))
    ftruncateSync(file, from)
  } catch (error) {
    ftruncateSync(file, from)
    closeSync(file)
    throw error
  }
  return {
    file,
    said() {
      const bytes = Buffer.alloc(logBytes)
      const count = readSync(file, bytes, 0, bytes.length, from)
      const lines = bytes.toString('utf8', 0, count).trimEnd().split('\n')
      return lines.find(line => /^(?:Uncaught )?\w*Error\b/.test(line)) ?? lines.at(-1) ?? ''
    },
    close: () => closeSync(file),
  }
}

/** Starts the logs anew that a supervisor only ever adds to, once they are long. */
export function boundLogs(home: KitHome): void {
  try {
    for (const name of readdirSync(home.run).filter(each => each.endsWith('.log'))) {
      const file = join(home.run, name)
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > logBytes) truncateSync(file)
    }
  } catch (error) {
    // A home that is not there yet has none, and one that cannot be written is for the daemon to tell.
    if (codeOf(error) === undefined) throw error
  }
}

/** The last lines of a log that a supervisor adds to, and when something was added last (ms since 1970); undefined without one. */
export function logTail(
  file: string,
  count: number,
): { readonly lines: readonly string[]; readonly at: number } | undefined {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  const bytes = Buffer.alloc(Math.min(stat.size, logBytes))
  const open = openSync(file, 'r')
  try {
    const length = readSync(open, bytes, 0, bytes.length, stat.size - bytes.length)
    const lines = bytes.toString('utf8', 0, length).split('\n')
    if (lines.at(-1) === '') lines.pop()
    return { lines: count === 0 ? [] : lines.slice(-count), at: stat.mtimeMs }
  } finally {
    closeSync(open)
  }
}
