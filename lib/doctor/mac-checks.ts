import type { Survey } from '../remote/survey.ts'
import type { Check } from './check.ts'
import { note, ok, warning } from './check.ts'

/** Directories that macOS guards from programs without a window, and disks that it guards likewise. */
const guarded =
  /^\/Users\/[^/]+\/(?:Documents|Desktop|Downloads|Library\/Mobile Documents|Library\/CloudStorage)(?:\/|$)|^\/Volumes\//

/**
 * What only macOS has; nothing elsewhere. Not run on macOS: made from its manuals and recorded answers.
 * @param roots the paths of the roots there
 */
export function macChecks({ mac }: Survey, roots: readonly string[]): Check[] {
  if (mac === undefined) return []
  const asks = roots.filter(root => guarded.test(root))
  const privacy = mac.hasFullDisk
    ? ok('privacy', 'full disk access')
    : asks.length === 0
      ? ok('privacy', 'no root is where macOS asks')
      : warning(
          'privacy',
          `${asks.join(', ')}: macOS asks before a program may look there, and a service cannot be asked`,
          'System Settings → Privacy & Security → Full Disk Access: add the runtime of dsync',
        )
  const minutes = mac.sleepMinutes
  const sleep =
    minutes === undefined || minutes === 0
      ? ok('sleep', 'never while it is on power')
      : note('sleep', `after ${minutes} min without a user: what changes meanwhile travels when it wakes`)
  return [privacy, sleep]
}

/**
 * The hint for a connection that macOS 15 and later keeps a program without a window from making to its own network:
 * errno 65, which says that there is no route.
 */
export function localNetworkHint({ mac }: Survey, why: string): string | undefined {
  const major = Number.parseInt(mac?.version ?? '', 10)
  if (!(major >= 15) || !/No route to host|EHOSTUNREACH/i.test(why)) return undefined
  return 'System Settings → Privacy & Security → Local Network: allow the runtime of dsync'
}
