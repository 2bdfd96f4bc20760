import type { OpenWatcher, WatcherTraits } from '../../ports/watcher.ts'
import type { ChokidarOptions } from './chokidar.ts'
import { openChokidarAs } from './chokidar.ts'

export interface PollingOptions extends ChokidarOptions {
  /** ms between two looks at a path. */
  readonly pollMs: number
}

/**
 * Watches by looking again and again (chokidar's polling), where no events come: network disks, FUSE. A change that
 * moves neither size nor time nor inode is not seen, so changes of mode alone wait for a rescan.
 */
export function openPolling(options: PollingOptions): OpenWatcher {
  const traits: WatcherTraits = {
    name: 'polling',
    closes: false,
    tellsLoss: false,
    followsMoves: false,
    ordered: false,
  }
  return openChokidarAs({ traits, pollMs: options.pollMs }, options)
}
