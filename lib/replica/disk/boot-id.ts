import { execFileSync } from 'node:child_process'
import { SyncError } from '../../core/errors.ts'
import { kernelText } from './kernel-text.ts'

/**
 * A text that changes at every start of this host's system, and only then: macOS moves `kern.boottime` whenever its
 * clock is set, so it is asked for the id of the boot session. That branch was not run on macOS.
 */
export function bootId(): string {
  switch (process.platform) {
    case 'linux':
      return kernelText('/proc/sys/kernel/random/boot_id').trim()
    case 'darwin':
      return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], {
        encoding: 'utf8',
        timeout: 5000,
      }).trim()
    default:
      throw new SyncError('ENOSYS', `Cannot tell when ${process.platform} was started`)
  }
}
