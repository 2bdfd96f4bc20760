import type { OpenWatcher } from '../../ports/watcher.ts'
import type { ChokidarOptions } from './chokidar.ts'
import { openChokidarAs } from './chokidar.ts'

export interface PollingOptions extends ChokidarOptions {
  /** ms between two looks at a path. */
  readonly pollMs: number
}

/** New directories are found by looking at their parent, then looked at themselves. */
const looksUntilSettled = 4

/**
 * Watches by looking again and again (chokidar's polling), where no events come: network disks, FUSE. A change that
 * moves neither size nor time nor inode is not seen, so changes of mode alone wait for a rescan.
 */
export function openPolling(options: PollingOptions): OpenWatcher {
  const { pollMs } = options
  return openChokidarAs(
    {
      traits: { name: 'polling', closes: false, tellsLoss: false, followsMoves: false, ordered: false },
      pollMs,
      settleMs: looksUntilSettled * pollMs,
    },
    options,
  )
}
