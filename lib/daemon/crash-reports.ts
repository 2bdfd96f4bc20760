import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../core/errors.ts'
import type { KitHome } from './kit-home.ts'
import type { LockRecord } from './lock.ts'
import { readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** How many reports are kept; the oldest go. */
const keptReports = 5

/** A daemon that ended otherwise than it was told to. */
export interface CrashReport {
  /** ms since 1970. */
  readonly at: number
  readonly pid: number
  readonly why: string
  readonly file: string
}

/** What is known of a daemon of this home when it has crashed. */
export interface Crash extends Omit<CrashReport, 'file'> {
  readonly version: string
}

/**
 * Writes a report, 0600, unless there is one of that process already. A disk that takes nothing gets none: why the
 * daemon crashed must not be hidden by why it could not say so.
 */
export function writeCrashReport(home: KitHome, crash: Crash): void {
  const reports = crashReports(home)
  if (reports.some(({ pid, at }) => pid === crash.pid && crash.at - at < sameCrashMs)) return
  const at = new Date(crash.at).toISOString()
  const { versions, platform, arch } = process
  const runtime = versions['deno'] === undefined ? `Node ${versions.node}` : `Deno ${versions['deno']}`
  const lines = [
    `time: ${at}`,
    `process: ${crash.pid}`,
    `version: dsync ${crash.version}, ${runtime}, ${platform} ${arch}`,
    '',
    crash.why,
    '',
  ]
  try {
    writePrivateFile(join(home.state, `crash-${at.replaceAll(':', '-')}.txt`), lines.join('\n'))
    for (const { file } of reports.slice(keptReports - 1)) removePrivateFile(file)
  } catch (error) {
    if (codeOf(error) === undefined) throw error
  }
}

/** Process numbers come again, but not so soon (ms). */
const sameCrashMs = 3600 * 1000

/** The reports there are, newest first. One that a person removed has been read. */
export function crashReports(home: KitHome): CrashReport[] {
  return names(home)
    .toSorted()
    .toReversed()
    .flatMap(name => {
      const file = join(home.state, name)
      const report = parsed(readPrivateFile(file) ?? '')
      return report === undefined ? [] : [{ ...report, file }]
    })
}

function names(home: KitHome): string[] {
  try {
    return readdirSync(home.state).filter(name => /^crash-[\dTZ.-]+\.txt$/.test(name))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

function parsed(text: string): Omit<CrashReport, 'file'> | undefined {
  const [, time = '', process = '', why = ''] = /^time: (\S+)\nprocess: (\d+)\n[^]*?\n\n([^]*)$/.exec(text) ?? []
  const at = Date.parse(time)
  return Number.isNaN(at) ? undefined : { at, pid: Number(process), why: why.trim() }
}

/** Those that nobody has removed, of daemons that crashed since then. */
export function reportsSince(home: KitHome, cleanSince: number): CrashReport[] {
  return crashReports(home).filter(({ at }) => at >= cleanSince)
}

/** True when the last holder of the lock went neither by itself nor with its system. */
export function hasCrashed(last: LockRecord, here: Pick<ProcessIdentity, 'boot' | 'host'>): boolean {
  return last.released !== true && last.boot === here.boot && last.host === here.host
}

/** Since when every daemon of the home has crashed but the one that begins now (ms since 1970). */
export function cleanSinceAfter(last: LockRecord | undefined, here: Pick<ProcessIdentity, 'boot' | 'host'>): number {
  return last !== undefined && hasCrashed(last, here) ? (last.cleanSince ?? 0) : Date.now()
}

/** Reports a daemon that could not do so itself. */
export function reportUnsaid(home: KitHome, { pid }: LockRecord, version: string): void {
  const why = 'It ended without a word: it was killed, or the system had no memory left.'
  writeCrashReport(home, { at: Date.now(), pid, version, why })
}
