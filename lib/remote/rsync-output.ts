import type { CarriageEnd } from '../ports/carrier.ts'
import type { ChildEnd } from './child-link.ts'

/** Bytes of the file that were dealt with, by the last line of progress in a piece of output; undefined when there is none. */
export function progressBytes(output: string): number | undefined {
  const last = [...output.matchAll(/(?:^|[\r\n])\s*(\d[\d.,]*)\s+\d+%/g)].at(-1)
  return last === undefined ? undefined : numberOf(last[1])
}

/** Bytes of the file that had to be sent, where rsync counts them. */
export function literalBytes(output: string): number | undefined {
  const found = /^Literal data: (\d[\d.,]*) bytes/m.exec(output)
  return found === null ? undefined : numberOf(found[1])
}

/** Numbers are grouped as the locale says. */
function numberOf(text = ''): number {
  return Number(text.replaceAll(/[.,]/g, ''))
}

/** Exit codes after which another attempt may go on: the connection broke, or somebody ended it. Source: rsync(1), ssh(1). */
const broken: ReadonlySet<number | null> = new Set([10, 12, 20, 30, 35, 255])

/** … and after which no file would fare better: the two do not understand each other, or cannot be started. */
const useless: ReadonlySet<number | null> = new Set([1, 2, 4, 5, 14, 25, 124, 125, 126, 127])

/** Longest that is kept of what it said (characters). */
const saidLimit = 300

/** What the end of an rsync means. */
export function rsyncEnd({ code, signal, startError, stderr }: ChildEnd, output: string): CarriageEnd {
  if (startError !== undefined) return { is: 'unusable', why: `rsync cannot be started: ${startError}` }
  if (code === 0) return { is: 'done', sent: literalBytes(output) }
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`
  const said = stderr.split('\n').find(line => line.trim() !== '')
  const why = `rsync ${how}${said === undefined ? '' : `; it said: ${said.trim().slice(0, saidLimit)}`}`
  if (signal !== null || broken.has(code)) return { is: 'lost', why }
  return { is: useless.has(code) ? 'unusable' : 'failed', why }
}
