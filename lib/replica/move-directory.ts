import { codeOf } from '../core/errors.ts'
import type { MoveDirectory } from '../core/operation.ts'
import type { Carried } from './carried.ts'
import { done, stale } from './carried.ts'
import type { Hands } from './hands.ts'
import type { Place } from './install.ts'

/**
 * Renames a directory that is still the known one to a name that is free. Where the disk has no exclusive rename, an
 * empty directory that somebody makes at the new name between look and rename is replaced; nothing else can be.
 */
export function carryOutMove(hands: Hands, from: Place, to: Place, move: MoveDirectory): Carried {
  const { path } = move
  const stat = from.parent.lookup(from.name)
  if (stat?.kind !== 'directory' || !hands.isKnownDirectory(move.from, stat)) return stale(path)
  const { exclusiveRename, caseSensitive, normalising } = hands.work.area.abilities
  const standing = to.parent.lookup(to.name)
  const isOtherSpelling =
    (!caseSensitive || normalising) && standing?.inode === stat.inode && standing.device === stat.device
  if (standing !== undefined && !isOtherSpelling) return stale(path)
  try {
    from.parent.rename(from.name, to.parent, to.name, exclusiveRename && !isOtherSpelling ? 'exclusive' : 'replace')
  } catch (error) {
    if (isOvertaken(error)) return stale(path)
    throw error
  }
  const moved = to.parent.lookup(to.name)
  return done(path, moved?.inode === stat.inode ? moved : undefined)
}

/** Somebody else changed one of the two names since they were looked at. */
function isOvertaken(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOENT' || code === 'EEXIST' || code === 'ENOTEMPTY' || code === 'ENOTDIR'
}
