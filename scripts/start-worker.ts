import { Worker } from 'node:worker_threads'
import type { StartWorker } from '../lib/ports/worker.ts'
import './worker.ts'

/** In the agent's single file the program is the worker too; else the worker has a file beside this one. */
const here = new URL(import.meta.url)
const workerFile = here.pathname.endsWith('.cjs')
  ? here
  : new URL(here.pathname.endsWith('.ts') ? './worker.ts' : './worker.js', here)

export const startWorker: StartWorker = (role, data) => new Worker(workerFile, { workerData: { role, data } })
