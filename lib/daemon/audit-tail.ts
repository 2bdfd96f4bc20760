import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { codeOf } from '../core/errors.ts'
import type { LogEvent } from '../ports/log.ts'

/** How far back a log is read at most (bytes). */
const tailBytes = 4 * 1024 * 1024

/** More than a log may grow to, and more files than are kept aside: all of it is read. */
const wholeBytes = 64 * 1024 * 1024
const asideLimit = 20

/**
 * The last lines of a log as events, oldest first; the file put aside last is read too when the present one is short.
 * No log yet is no lines. Lines that do not parse are left out.
 */
export function auditTail(path: string, lines: number): LogEvent[] {
  const present = lastLines(path, lines)
  if (present.length >= lines) return present
  return [...lastLines(`${path}.1`, lines - present.length), ...present]
}

/** Every event of a log and of the files put aside before it, newest first. */
export function* auditBackwards(path: string): Generator<LogEvent, void, undefined> {
  for (let aside = 0; aside <= asideLimit; aside++) {
    const texts = lastText(aside === 0 ? path : `${path}.${aside}`, wholeBytes).split('\n')
    for (let i = texts.length - 1; i >= 0; i--) {
      const event = eventOf(texts[i] ?? '')
      if (event !== undefined) yield event
    }
  }
}

function lastLines(path: string, lines: number): LogEvent[] {
  const texts = lastText(path, tailBytes).split('\n')
  const events: LogEvent[] = []
  for (let i = texts.length - 1; i >= 0 && events.length < lines; i--) {
    const event = eventOf(texts[i] ?? '')
    if (event !== undefined) events.push(event)
  }
  return events.toReversed()
}

/** @param limit bytes */
function lastText(path: string, limit: number): string {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ''
    throw error
  }
  try {
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(size, limit))
    const count = readSync(file, bytes, 0, bytes.length, size - bytes.length)
    return bytes.toString('utf8', 0, count)
  } finally {
    closeSync(file)
  }
}

function eventOf(line: string): LogEvent | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  if (typeof value !== 'object' || value === null || !('time' in value) || !('event' in value)) return undefined
  const { time, ...rest } = value as { time: unknown; level: LogEvent['level']; event: string }
  return { at: typeof time === 'string' ? Date.parse(time) : 0, ...rest }
}
