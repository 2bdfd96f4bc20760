import { join, nameOf, parentOf } from '../../lib/core/path.ts'
import { codeOf } from '../../lib/core/errors.ts'
import type { Random } from './random.ts'
import type { SimUser, SimWriter } from './user.ts'

/**
 * What a program does, one system call a step, so that others can come between. A step may throw when they did.
 * Ending it early (`return`) closes what it holds open; leaving it is a program that hangs.
 */
export type Steps = Generator<void, void, void>

/** The ways in which programs save a file. */
export type SaveStyle = 'truncate' | 'in-place' | 'rename' | 'vim' | 'backup-copy'

export const saveStyles: readonly SaveStyle[] = ['truncate', 'in-place', 'rename', 'vim', 'backup-copy']

export function runAll(steps: Steps): void {
  for (const _ of steps);
}

/** Saves new content the way some editor does, in pieces, some of them synced. */
export function save(user: SimUser, path: string, bytes: Uint8Array, style: SaveStyle, random: Random): Steps {
  switch (style) {
    case 'truncate':
      return write(user, path, bytes, random)
    case 'in-place':
      return writeInPlace(user, path, bytes, random)
    case 'rename':
      return saveByRename(user, path, bytes, random)
    case 'vim':
      return saveLikeVim(user, path, bytes, random)
    case 'backup-copy':
      return saveWithBackup(user, path, bytes, random)
  }
}

/** open(O_TRUNC), write, write …, close: shells, VS Code, most programs. */
export function* write(user: SimUser, path: string, bytes: Uint8Array, random: Random): Steps {
  yield* pour(user.open(path, 'truncate'), bytes, random)
}

export function* append(user: SimUser, path: string, bytes: Uint8Array, random: Random): Steps {
  yield* pour(user.open(path, 'append'), bytes, random)
}

/** Overwrites without emptying first, then cuts: databases, `backupcopy=yes`. */
function* writeInPlace(user: SimUser, path: string, bytes: Uint8Array, random: Random): Steps {
  const writer = user.open(path, 'keep')
  yield* pour(writer, bytes, random, () => writer.truncate(bytes.length))
}

/** A new file beside it, renamed over it: most libraries that save "atomically". */
function* saveByRename(user: SimUser, path: string, bytes: Uint8Array, random: Random): Steps {
  const fresh = join(parentOf(path), `.${nameOf(path)}.${random.int(1e6)}`)
  yield* pour(user.open(fresh, 'new'), bytes, random)
  yield
  user.mv(fresh, path)
}

/** The old file becomes the backup, a new one is written, the backup goes: vim with its defaults. */
function* saveLikeVim(user: SimUser, path: string, bytes: Uint8Array, random: Random): Steps {
  const backup = `${path}~`
  const kept = user.find(path) !== undefined
  if (kept) {
    user.mv(path, backup)
    yield
  }
  const writer = user.open(path, 'new')
  yield* pour(writer, bytes, random, () => writer.sync())
  yield
  if (kept) user.rm(backup)
}

/** A copy of the old content first, then in place: emacs, vim on a linked file. */
function* saveWithBackup(user: SimUser, path: string, bytes: Uint8Array, random: Random): Steps {
  const old = user.read(path)
  if (old !== undefined) {
    yield* pour(user.open(`${path}~`, 'truncate'), old, random)
    yield
  }
  yield* write(user, path, bytes, random)
}

/** rm -rf, one call a step; what others put there meanwhile stops it, as it does the real one. */
export function* removeAll(user: SimUser, path: string): Steps {
  const found = user.find(path)
  if (found === undefined) return
  if (!found.isDirectory) {
    user.rm(path)
    return
  }
  for (const name of user.list(path)) {
    yield* removeAll(user, join(path, name))
    yield
  }
  try {
    user.rmdir(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'ENOENT') throw error
  }
}

/** Writes in one to three pieces and closes; `last` comes before the close. */
function* pour(writer: SimWriter, bytes: Uint8Array, random: Random, last?: () => void): Steps {
  try {
    let at = 0
    for (let pieces = random.between(1, 3); pieces > 0; pieces--) {
      yield
      const end = pieces === 1 ? bytes.length : random.between(at, bytes.length)
      if (end > at) writer.write(bytes.subarray(at, end))
      at = end
    }
    if (last !== undefined) {
      yield
      last()
    }
    yield
  } finally {
    writer.close()
  }
}
