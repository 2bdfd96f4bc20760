import { nameBytesLimit } from '../core/limits.ts'
import { toBytes } from '../core/path.ts'

/** A longer end of a name is no extension (bytes). */
const extensionBytes = 32

/** Of a host's name, so that a name of one letter still fits whatever it is called (characters). */
const hostLength = 64

/**
 * The name of a host's version of a file: `notes.mac00.20260102T030405Z.md`, or `notes.mac00.20260102T030405Z-2.md`
 * for the second one of that second. At most 255 bytes, printable, and on every disk we serve.
 * @param name of the file; what no disk or terminal carries becomes '_' @param at ms since 1970
 */
export function copyName(name: string, host: string, at: number, count = 1): string {
  const safe = name.replaceAll(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu, '_').normalize('NFC')
  const dot = safe.lastIndexOf('.')
  const isExtension = dot > 0 && toBytes(safe.slice(dot)).length <= extensionBytes
  const stem = isExtension ? safe.slice(0, dot) : safe
  const extension = isExtension ? safe.slice(dot) : ''
  const mark = `.${safeHost(host)}.${utc(at)}${count > 1 ? `-${count}` : ''}${extension}`
  return shortened(stem, nameBytesLimit - toBytes(mark).length) + mark
}

function safeHost(host: string): string {
  return host.replaceAll(/[^A-Za-z0-9_-]+/g, '-').slice(0, hostLength) || 'host'
}

/** ISO 8601, basic format. A clock gone mad must not keep a version from being kept. */
function utc(at: number): string {
  const date = new Date(at)
  const known = Number.isNaN(date.getTime()) ? new Date(0) : date
  return `${known.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

/** The beginning of a text in at most `limit` bytes, cut between characters. */
function shortened(text: string, limit: number): string {
  let kept = ''
  let bytes = 0
  for (const character of text) {
    bytes += toBytes(character).length
    if (bytes > limit) break
    kept += character
  }
  return kept
}
