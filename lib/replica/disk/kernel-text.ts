import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { codeOf } from '../../core/errors.ts'
import { diskError } from './errors.ts'
import { onDeno } from './names.ts'

/** How long `cat` may take (ms). */
const catMs = 5000

/**
 * A small file of the kernel's. Throws ENOENT, or what else the system says, when it cannot be read. Deno lets no program
 * read below `/proc` that may not do everything; one that may start others has `cat` read it.
 */
export function kernelText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if (!isForbidden(error)) throw error
  }
  const { status, stdout } = spawnSync('cat', [path], { encoding: 'latin1', timeout: catMs })
  if (status !== 0) throw diskError('ENOENT', 'read', path)
  return stdout
}

/** True for what Deno throws when its rights forbid something. */
export function isForbidden(error: unknown): boolean {
  return error instanceof Error && error.name === 'NotCapable'
}

/** Whether threads can come by the descriptors of this process: Deno's only by names that its rights may forbid. */
export function sharesDescriptors(): boolean {
  if (!onDeno) return true
  try {
    statSync('/dev/fd/0')
  } catch (error) {
    if (isForbidden(error)) return false
    if (codeOf(error) === undefined) throw error
  }
  return true
}
