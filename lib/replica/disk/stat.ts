import { constants } from 'node:fs'
import type { Stats } from 'node:fs'
import type { Stat } from '../../ports/disk.ts'

export function statFrom(stats: Stats): Stat {
  return {
    kind: kindOf(stats.mode),
    mode: stats.mode & 0o7777,
    size: stats.size,
    mtimeMs: stats.mtimeMs,
    ctimeMs: stats.ctimeMs,
    inode: stats.ino,
    device: stats.dev,
    links: stats.nlink,
    owner: stats.uid,
  }
}

function kindOf(mode: number): Stat['kind'] {
  switch (mode & constants.S_IFMT) {
    case constants.S_IFREG:
      return 'file'
    case constants.S_IFDIR:
      return 'directory'
    case constants.S_IFLNK:
      return 'symlink'
    case constants.S_IFIFO:
      return 'fifo'
    case constants.S_IFSOCK:
      return 'socket'
    default:
      return 'device'
  }
}

/** True when two stats are of one and the same thing on a disk. */
export function isSame(a: Stat, b: Stat): boolean {
  return a.inode === b.inode && a.device === b.device
}

/** Another host never sets special bits, and a file that changes hands loses its own; a directory keeps its setgid and sticky bit. */
export function modeFor(kind: 'file' | 'directory', before: number, mode: number): number {
  return (mode & 0o777) | (kind === 'directory' ? before & 0o7000 : 0)
}

/** A time as Node sets it (s): it takes a negative number for "now", but not a negative Date. */
export function timeFrom(mtimeMs: number): number | Date {
  return mtimeMs < 0 ? new Date(mtimeMs) : mtimeMs / 1000
}
