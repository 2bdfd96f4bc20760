import { join } from 'node:path'
import { SyncError } from '../lib/core/errors.ts'
import { readIgnoreText } from '../lib/core/ignore-settings.ts'
import { agentSocketPath } from '../lib/daemon/agent-socket-path.ts'
import { servedRoots } from '../lib/daemon/served-roots.ts'
import type { OpenReplica } from '../lib/ports/replica.ts'
import type { RootRequest } from '../lib/protocol/handshake.ts'
import { openRoot } from '../lib/replica/open-root.ts'
import { shareReplica } from '../lib/replica/share-replica.ts'
import { systemClock } from '../lib/replica/system-clock.ts'
import { wantedWatcher } from '../lib/replica/watch/open-watcher.ts'
import { startWorker } from './start-worker.ts'
import { processFacts } from './surroundings.ts'

/** A root of this home's own list. Throws ROOT_REFUSED for any other. */
export function openServedRoot(request: RootRequest): OpenReplica {
  const { DSYNC_HOST } = process.env
  const { host, home } = processFacts()
  const served = servedRoots(home).find(root => root.id === request.root && root.path === request.path)
  if (served === undefined) {
    throw new SyncError(
      'ROOT_REFUSED',
      `Cannot serve ${request.path}: this host's own list of roots does not hold it`,
      {
        verdict: 'halt',
        hint: 'dsync roots add',
      },
    )
  }
  return shareReplica(() =>
    openRoot({
      root: served.path,
      work: join(home.work, served.id),
      host: DSYNC_HOST ?? host,
      watcher: wantedWatcher(request.options['watcher']),
      ignore: readIgnoreText(request.options['ignore']),
      clock: systemClock,
      startWorker,
    }),
  )
}

/** Where the agent of a root of this home listens; undefined where it cannot. */
export function servedSocketPath(root: string): string | undefined {
  return agentSocketPath(processFacts().home, root, '/tmp')
}
