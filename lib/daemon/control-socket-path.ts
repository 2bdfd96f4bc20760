import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SyncError } from '../core/errors.ts'
import type { KitHome } from './kit-home.ts'
import { ensurePrivateDirectory } from './kit-home.ts'

/** Longest path a socket may have here (bytes): the field holds 104 on macOS and 108 on Linux, its end mark included. */
export const socketBytesLimit = 100

/** Where the daemon listens. `directory` must be 0700 and ours before anything listens in it. */
export interface SocketPlace {
  readonly directory: string
  readonly path: string
}

/** Bytes that ssh puts behind a directory for the socket of a shared connection: its name, and a mark while it is made. */
const sshSocketBytes = 1 + 40 + 17

/**
 * Where the sockets lie by which commands share one ssh connection: in the kit's home, else in the first of
 * `alternatives` that is short enough. Undefined where none is: then each command connects by itself.
 */
export function sshSocketsPlace(home: KitHome, alternatives: readonly string[]): string | undefined {
  const places = [join(home.run, 'ssh'), ...alternatives.map(parent => join(parent, nameOf(home)))]
  return places.find(place => Buffer.byteLength(place) + sshSocketBytes <= socketBytesLimit)
}

/** That directory, made 0700. */
export function sshSockets(home: KitHome, alternatives: readonly string[]): string | undefined {
  const directory = sshSocketsPlace(home, alternatives)
  if (directory === undefined) return undefined
  ensurePrivateDirectory(directory)
  return directory
}

function nameOf(home: KitHome): string {
  return `dsync-${createHash('sha256').update(home.directory).digest('hex').slice(0, 16)}`
}

/**
 * `run/control.sock` in the kit's home or, where that path is too long for a socket, a directory named by a hash of it
 * in the first of `alternatives` that is short enough (the per-user runtime directory, then the temporary one).
 * Clients need not guess: the daemon's lock tells where it listens. Throws REFUSED when nothing is short enough.
 */
export function controlSocketPath(home: KitHome, alternatives: readonly string[]): SocketPlace {
  for (const directory of [home.run, ...alternatives.map(parent => join(parent, nameOf(home)))]) {
    const path = join(directory, 'control.sock')
    if (Buffer.byteLength(path) <= socketBytesLimit) return { directory, path }
  }
  throw new SyncError('REFUSED', `Cannot listen in ${home.run}: a socket's path may have ${socketBytesLimit} bytes`, {
    hint: 'Choose a shorter DSYNC_HOME, or set TMPDIR to a short path',
  })
}
