import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs'
import { codeOf } from '../../core/errors.ts'
import type { Disk } from '../../ports/disk.ts'
import { Base } from './base.ts'
import { isForbidden } from './kernel-text.ts'
import type { Native } from './native-calls.ts'
import { pathOnly } from './open-flags.ts'
import { placeOfDescriptor } from './pinned-directory.ts'
import { PinnedDisk } from './pinned-disk.ts'
import { PortableDisk } from './portable-disk.ts'

export interface OpenDiskOptions {
  /** System calls that node:fs does not have (see `loadNative`); undefined: the disk does without. */
  readonly native: Native | undefined
  /** The running system's unless a test says otherwise: `linux` pins directories, any other checks their paths. */
  readonly platform?: NodeJS.Platform
}

/**
 * Opens the directory at `base`, an absolute path in the system's own form as a core name, as a disk. It need not
 * exist yet. Throws when its parents cannot be examined.
 */
export function openDisk(base: string, options: OpenDiskOptions): Disk {
  const { native, platform = process.platform } = options
  const place = new Base(base)
  return platform === 'linux' && canPin() ? new PinnedDisk(place, native) : new PortableDisk(place, native)
}

/** False where `/proc` is missing, shows another process's descriptors, as in some sandboxes, or is forbidden by Deno. */
function canPin(): boolean {
  const descriptor = openSync('/', pathOnly | constants.O_DIRECTORY)
  try {
    const seen = statSync(placeOfDescriptor(descriptor))
    const held = fstatSync(descriptor)
    return seen.ino === held.ino && seen.dev === held.dev
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EACCES' && !isForbidden(error)) throw error
    return false
  } finally {
    closeSync(descriptor)
  }
}
