import { readdirSync } from 'node:fs'
import type { Dirent } from 'node:fs'
import { codeOf } from '../../core/errors.ts'
import { fromBytes } from '../../core/path.ts'
import type { DirectoryItem } from '../../ports/disk.ts'
import type { Place } from './names.ts'
import { nameFrom, onDeno, replacement } from './names.ts'

/** Names and kinds of a directory. Read as text first, in half the time; as bytes when the text has lost some. */
export function listingOf(place: Place): DirectoryItem[] {
  const items = readAs('utf8', place)
  if (!items.some(item => item.name.includes(replacement))) return items
  if (onDeno) return items.map(item => (item.name.includes(replacement) ? { name: item.name, kind: 'problem' } : item))
  return readAs('buffer', place)
}

/**
 * Where a disk does not say kinds, Node looks each one up, and one entry that goes meanwhile fails the whole listing:
 * then names must do. A directory that is gone itself fails again.
 */
function readAs(encoding: 'utf8' | 'buffer', place: Place): DirectoryItem[] {
  try {
    return encoding === 'utf8'
      ? readdirSync(place, { withFileTypes: true }).map(itemFrom)
      : readdirSync(place, { encoding, withFileTypes: true }).map(itemFrom)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    const names = encoding === 'utf8' ? readdirSync(place) : readdirSync(place, { encoding }).map(fromBytes)
    return names.map(name => ({ name, kind: 'unknown' }))
  }
}

function itemFrom(entry: Dirent<string> | Dirent<Buffer>): DirectoryItem {
  return { name: nameFrom(entry.name), kind: kindOf(entry) }
}

function kindOf(entry: Dirent<string> | Dirent<Buffer>): DirectoryItem['kind'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'directory'
  if (entry.isSymbolicLink()) return 'symlink'
  return entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice() ? 'other' : 'unknown'
}
