import { lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { codeOf } from '../core/errors.ts'
import type { Standing } from './standing.ts'
import { absent } from './standing.ts'

/** What a file we look into may weigh (bytes): more is no file of settings. */
const mostBytes = 8 * 1024 * 1024

/** What stands at an absolute path on this disk, links not followed. What may not be read is `other`. */
export function lookAt(path: string): Standing {
  try {
    const stat = lstatSync(path)
    const mode = stat.mode & 0o7777
    if (stat.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) }
    if (stat.isDirectory()) return { kind: 'directory', mode }
    if (!stat.isFile()) return { kind: 'other', says: 'it is neither a file nor a directory' }
    const uid = process.getuid?.()
    if (uid !== undefined && stat.uid !== uid) return { kind: 'other', says: 'it belongs to another user' }
    if (stat.size > mostBytes) return { kind: 'other', says: 'it is over 8 MiB' }
    return { kind: 'file', mode, bytes: new Uint8Array(readFileSync(path)) }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return absent
    if (code === 'EACCES' || code === 'EPERM') return { kind: 'other', says: 'it may not be read' }
    if (code === 'ELOOP') return { kind: 'other', says: 'it is a link that leads in a circle' }
    throw error
  }
}
