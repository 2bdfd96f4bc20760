import type { OpenWatcher } from '../../lib/ports/watcher.ts'
import { loadKoffi } from '../../lib/replica/koffi.ts'
import { openChokidar } from '../../lib/replica/watch/chokidar.ts'
import { openFsWatch } from '../../lib/replica/watch/fs-watch.ts'
import { openFsevents } from '../../lib/replica/watch/fsevents.ts'
import { openInotify } from '../../lib/replica/watch/inotify.ts'
import { openPolling } from '../../lib/replica/watch/polling.ts'
import { startWorker } from '../worker.ts'
import { realDisk } from './watch-disk.ts'
import type { WatcherMaker } from './watch-world.ts'

const koffi = process.platform === 'linux' ? loadKoffi() : undefined
const ignores = () => false

function onRealDisk(open: (root: string) => OpenWatcher): WatcherMaker['make'] {
  return () => {
    const disk = realDisk()
    return { disk, open: open(disk.root) }
  }
}

/** Every watcher that runs on a real disk. */
export const realWatchers: readonly WatcherMaker[] = [
  koffi === undefined
    ? { name: 'inotify', make: onRealDisk(openFsWatch), skip: 'needs Linux and koffi: npm ci' }
    : { name: 'inotify', make: onRealDisk(root => openInotify({ root, koffi, startWorker })) },
  { name: 'fs-watch', make: onRealDisk(openFsWatch) },
  {
    name: 'fsevents',
    make: onRealDisk(root => openFsevents({ root, startWorker })),
    ...(process.platform === 'darwin' ? {} : { skip: 'needs macOS' }),
  },
  { name: 'chokidar', make: onRealDisk(root => openChokidar({ root, ignores })) },
  { name: 'polling', make: onRealDisk(root => openPolling({ root, ignores, pollMs: 25 })), blindToModes: true },
]
