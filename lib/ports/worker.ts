import type { Worker } from 'node:worker_threads'

/** Work that would hold up the event loop, each in a thread of its own. */
export type WorkerRole = 'inotify' | 'hash' | 'store' | 'fsevents'

/** A thread's end of what it and its starter say to each other. */
export interface ThreadPort {
  /** What was said before is heard first. To be called once. */
  listen(hear: (message: unknown) => void): void
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void
}

/**
 * Starts a thread of this program in a role. Scripts and the agent bundle hand one in, because only they know which
 * file the thread must load: `scripts/worker.ts`, `dist/worker.js`, or the agent's single file itself.
 */
export type StartWorker = (role: WorkerRole, data: unknown) => Worker
