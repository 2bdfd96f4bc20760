import { closeSync, constants, openSync } from 'node:fs'
import { SyncError } from '../../core/errors.ts'
import type { Native } from './native-calls.ts'
import { diskError } from './errors.ts'

/**
 * Holds a directory for this process, so that no second daemon or agent works on the same root: a lock of the system's
 * own (flock), which ends with the process and leaves no file behind. Throws BUSY, to be tried again, when it is held.
 * Without native calls there is no such lock, and nothing is held.
 * @param base absolute path of the directory
 */
export function lockRoot(base: string, native: Native | undefined): { release(): void } {
  if (native === undefined) return { release: () => {} }
  const descriptor = openSync(base, constants.O_RDONLY | constants.O_DIRECTORY)
  const failure = native.lock(descriptor)
  if (failure === undefined) return { release: () => closeSync(descriptor) }
  closeSync(descriptor)
  if (failure !== 'EAGAIN' && failure !== 'EWOULDBLOCK') throw diskError(failure, 'lock', base)
  throw new SyncError('BUSY', `Cannot open the root ${base}: another dsync on this machine is working on it`, {
    verdict: 'retry',
  })
}
