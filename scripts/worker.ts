import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { SyncError, invariant } from '../lib/core/errors.ts'
import type { ThreadPort, WorkerRole } from '../lib/ports/worker.ts'

/** What a thread of this program is started with. */
export interface WorkerStart {
  readonly role: WorkerRole
  readonly data: unknown
}

/** Runs what a thread was started for. Each role loads only its own code. */
export async function runWorker({ role, data }: WorkerStart): Promise<void> {
  switch (role) {
    case 'hash': {
      const port = patientPort()
      return (await import('../lib/replica/hash-worker.ts')).runHashWorker(port)
    }
    case 'inotify':
      return (await import('../lib/replica/watch/inotify-worker.ts')).runInotifyWorker(data)
    case 'fsevents':
      return (await import('../lib/replica/watch/fsevents-worker.ts')).runFseventsWorker(data)
    case 'store': {
      const port = patientPort()
      return (await import('../lib/sync/store-worker.ts')).runStoreWorker(port, data)
    }
    default:
      throw new SyncError('USAGE', `Cannot start a thread in the role ${String(role)}: there is no such role`, {
        verdict: 'bug',
      })
  }
}

/** Listens at once: Deno, unlike Node, drops what is said before anybody does, and a role's code takes a while to load. */
function patientPort(): ThreadPort {
  const port = parentPort
  invariant(port !== null, 'A role is for a thread')
  const early: unknown[] = []
  let take: ((message: unknown) => void) | undefined
  port.on('message', message => {
    if (take === undefined) early.push(message)
    else take(message)
  })
  return {
    listen(hear) {
      take = hear
      for (const message of early.splice(0)) hear(message)
    },
    post: (message, transfer = []) => port.postMessage(message, [...transfer]),
  }
}

// A failure ends the thread with an error its starter hears. The agent's single file holds this module too.
if (!isMainThread) void runWorker(workerData as WorkerStart)
