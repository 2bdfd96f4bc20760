import { SyncError } from '../../core/errors.ts'
import { fromBytes, toBytes } from '../../core/path.ts'

/** A path as node:fs takes it: bytes wherever a string would not round-trip. */
export type Place = string | Buffer

/** Deno makes text of the bytes of a path, with U+FFFD for what is no UTF-8: such names cannot be carried there. */
export const onDeno = process.versions['deno'] !== undefined

/** The replacement character: the only sign that text has lost bytes of a name. */
export const replacement = '\uFFFD'

/**
 * A core path as node:fs takes it. Throws PATH_INVALID where no disk can have it, and on Deno EILSEQ for what may be
 * another name than it looks: it would name a file that is not there, or a wrong one.
 */
export function placeOf(path: string): Place {
  const isText = path.isWellFormed()
  if (onDeno && (!isText || path.includes(replacement))) {
    throw new SyncError('EILSEQ', `Cannot reach ${shown(path)}: Deno carries only names in UTF-8`, {
      hint: 'run dsync under Node',
    })
  }
  return isText ? path : Buffer.from(toBytes(path))
}

/** The core name of what node:fs gave back. */
export function nameFrom(bytes: string | Uint8Array): string {
  return typeof bytes === 'string' ? bytes : fromBytes(bytes)
}

/** Refuses what is not plainly one name in a directory: the kernel would resolve it to somewhere else. */
export function checkComponent(name: string): void {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw new SyncError('EINVAL', `Cannot use ${JSON.stringify(name)} as the name of an entry`, { verdict: 'bug' })
  }
}

/** C0 and C1 controls, line and paragraph separators, directional controls and lone surrogates: they deceive a reader or drive a terminal. */
const deceptive = /[\p{Cc}\p{Cs}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu

/** A path for a message: everything deceptive is escaped as in JSON. */
export function shown(path: string): string {
  return path.replace(deceptive, character => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
}
