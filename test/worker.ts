import { Worker } from 'node:worker_threads'
import type { StartWorker } from '../lib/ports/worker.ts'

/** Threads for tests: those of the real program, from source. */
export const startWorker: StartWorker = (role, data) =>
  new Worker(new URL('../scripts/worker.ts', import.meta.url), { workerData: { role, data } })
