import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SyncError } from '../core/errors.ts'
import { socketBytesLimit } from './control-socket-path.ts'
import type { KitHome } from './kit-home.ts'
import { ensurePrivateDirectory } from './kit-home.ts'

/**
 * Where the agent of a root listens for later agents of the same home: in its `run` directory or, where that path is too
 * long for a socket, in a directory named by a hash of it below `parent`. Every agent of a home must come to the same
 * place, so nothing but the home and the root decides. Undefined where neither can be used.
 * @param root the root's id
 * @param parent a short directory that is the same for every process of this machine
 */
export function agentSocketPath(home: KitHome, root: string, parent: string): string | undefined {
  const name = `agent-${hashOf(root)}.sock`
  const fits = (directory: string): boolean => Buffer.byteLength(join(directory, name)) <= socketBytesLimit
  const directory = [home.run, join(parent, `dsync-${hashOf(home.directory)}`)].find(fits)
  if (directory === undefined) return undefined
  try {
    ensurePrivateDirectory(directory)
  } catch (error) {
    // A home that cannot be written to, or a stranger's directory in our place.
    if (!(error instanceof SyncError)) throw error
    return undefined
  }
  return join(directory, name)
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
