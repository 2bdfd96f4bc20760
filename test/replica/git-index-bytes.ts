import { createHash } from 'node:crypto'
import { toBytes } from '../../lib/core/path.ts'

/** The bytes of a git index, version 2, that names these paths as regular files. */
export function gitIndex(paths: readonly string[]): Uint8Array {
  const sorted = paths.map(path => Buffer.from(toBytes(path))).toSorted((a, b) => a.compare(b))
  const header = Buffer.alloc(12)
  header.write('DIRC', 'latin1')
  header.writeUInt32BE(2, 4)
  header.writeUInt32BE(sorted.length, 8)
  const entries = sorted.map(path => {
    const entry = Buffer.alloc((62 + path.length + 8) & ~7)
    entry.writeUInt32BE(0o100644, 24)
    entry.writeUInt16BE(Math.min(path.length, 0xfff), 60)
    path.copy(entry, 62)
    return entry
  })
  const content = Buffer.concat([header, ...entries])
  return Buffer.concat([content, createHash('sha1').update(content).digest()])
}
