import { isMainThread, workerData } from 'node:worker_threads'
import { SyncError } from '../lib/core/errors.ts'
import type { WorkerRole } from '../lib/ports/worker.ts'

/** What a thread of this program is started with. */
export interface WorkerStart {
  readonly role: WorkerRole
  readonly data: unknown
}

/** Runs what a thread was started for. Each role loads only its own code. */
export async function runWorker({ role, data }: WorkerStart): Promise<void> {
  switch (role) {
    case 'hash':
      return (await import('../lib/replica/hash-worker.ts')).runHashWorker()
    case 'inotify':
      return (await import('../lib/replica/watch/inotify-worker.ts')).runInotifyWorker(data)
    case 'fsevents':
      return (await import('../lib/replica/watch/fsevents-worker.ts')).runFseventsWorker(data)
    case 'store':
      return (await import('../lib/sync/store-worker.ts')).runStoreWorker(data)
    default:
      throw new SyncError('USAGE', `Cannot start a thread in the role ${String(role)}: there is no such role`, {
        verdict: 'bug',
      })
  }
}

// A failure ends the thread with an error its starter hears. The agent's single file holds this module too.
if (!isMainThread) void runWorker(workerData as WorkerStart)
