import { readFileSync } from 'node:fs'
import { codeOf } from '../../core/errors.ts'

/** How many directories this user may watch in all, by inotify(7); undefined where that is unknown. */
export function watchLimit(): number | undefined {
  try {
    return Number(readFileSync('/proc/sys/fs/inotify/max_user_watches', 'latin1'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
