/** The other end of a link: serves one root of this host's kit home to a hub on stdin and stdout, and ends with them. */
import { Console } from 'node:console'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { SyncError } from '../lib/core/errors.ts'
import { kitHome } from '../lib/daemon/kit-home.ts'
import { servedRoots } from '../lib/daemon/served-roots.ts'
import type { RootRequest } from '../lib/protocol/handshake.ts'
import { runAgent } from '../lib/protocol/agent-main.ts'
import { shareReplica } from '../lib/replica/share-replica.ts'
import { openRoot } from '../lib/replica/open-root.ts'
import { systemClock } from '../lib/replica/system-clock.ts'
import { wantedWatcher } from '../lib/replica/watch/open-watcher.ts'
import { startWorker } from './start-worker.ts'
import { processFacts } from './surroundings.ts'

function openServedRoot(request: RootRequest) {
  const { DSYNC_HOME, DSYNC_HOST } = process.env
  const { host, home } = processFacts()
  const here = DSYNC_HOME === undefined ? home : kitHome(DSYNC_HOME)
  const served = servedRoots(here).find(root => root.id === request.root && root.path === request.path)
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
      work: join(here.work, served.id),
      host: DSYNC_HOST ?? host,
      watcher: wantedWatcher(request.options['watcher']),
      ignore: [],
      clock: systemClock,
      startWorker,
    }),
  )
}

async function main(): Promise<void> {
  // Whatever prints must not end up between frames.
  globalThis.console = new Console(process.stderr, process.stderr)
  const why = await runAgent({
    stdin: process.stdin,
    stdout: process.stdout,
    clock: systemClock,
    openRoot: openServedRoot,
  })
  console.error(why)
  process.exit(0)
}

if (isMainThread) {
  if (process.stdin.isTTY) {
    console.error('This is the agent of dsync: a hub starts it. Run dsync --help for what you can do.')
    process.exitCode = 2
  } else void main()
}
