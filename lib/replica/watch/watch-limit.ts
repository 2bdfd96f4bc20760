import { codeOf } from '../../core/errors.ts'
import { kernelText } from '../disk/kernel-text.ts'

/** How many directories this user may watch in all, by inotify(7); undefined where that is unknown. */
export function watchLimit(): number | undefined {
  try {
    return Number(kernelText('/proc/sys/fs/inotify/max_user_watches'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
