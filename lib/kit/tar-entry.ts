import { SyncError } from '../core/errors.ts'

const blockBytes = 512

/**
 * The content of one regular file in a tar archive (POSIX ustar). Long names and attributes of other kinds are skipped:
 * what we look for has a short name. Throws PROTOCOL when it is not in there, or the archive is cut short.
 */
export function tarEntry(archive: Uint8Array, name: string): Uint8Array {
  for (let at = 0; at + blockBytes <= archive.length;) {
    const header = archive.subarray(at, at + blockBytes)
    const size = Number.parseInt(text(header.subarray(124, 136)).trim() || '0', 8)
    const isFile = header[156] === 0x30 || header[156] === 0
    const from = at + blockBytes
    if (!(size >= 0) || from + size > archive.length) break
    if (isFile && nameIn(header) === name) return archive.subarray(from, from + size)
    at = from + Math.ceil(size / blockBytes) * blockBytes
  }
  throw new SyncError('PROTOCOL', `Cannot find ${name} in the package that npm brought`)
}

/** With the directory that stands apart in longer ones. */
function nameIn(header: Uint8Array): string {
  const prefix = text(header.subarray(345, 500))
  const name = text(header.subarray(0, 100))
  return prefix === '' ? name : `${prefix}/${name}`
}

/** Up to its end mark. */
function text(field: Uint8Array): string {
  return Buffer.from(field).toString('latin1').split('\0', 1)[0] ?? ''
}
