import { setImmediate } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import type { Digest } from '../core/entry.ts'
import { SyncError } from '../core/errors.ts'
import { inlineHashBytes } from '../core/limits.ts'
import type { ReadHandle } from '../ports/disk.ts'
import type { StartWorker } from '../ports/worker.ts'
import { diskError } from './disk/errors.ts'
import type { HashAnswer, HashRequest } from './hash-worker.ts'
import { createHasher } from './hash.ts'

/** Two saturate a disk; more would only take processors from the user. */
const threadLimit = 2

/** An idle thread holds some megabytes: it ends after this (ms). */
const idleMs = 10_000

interface Job {
  readonly descriptor: number
  readonly signal: AbortSignal
  readonly resolve: (digest: Digest) => void
  readonly reject: (reason: unknown) => void
}

/** Hashes large files in threads of their own, started when needed. */
export class HashPool {
  readonly #startWorker: StartWorker | undefined
  readonly #threads = new Set<HashThread>()
  /** Each waiting job holds a descriptor of its caller, whose limit bounds the queue. */
  readonly #waiting: Job[] = []

  /** @param startWorker undefined: everything is hashed on this thread, in slices */
  constructor(startWorker: StartWorker | undefined) {
    this.#startWorker = startWorker
  }

  /**
   * The digest of what the file holds up to the size it has at the start. The handle must stay open until the promise
   * settles, which after an abort (with its reason) is when the file is no longer read.
   */
  hashFile(file: ReadHandle, signal: AbortSignal): Promise<Digest> {
    const { descriptor } = file
    const startWorker = this.#startWorker
    if (startWorker === undefined || descriptor === undefined) return hashInSlices(file, signal)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ descriptor, signal, resolve, reject })
      this.#dispatch(startWorker)
    })
  }

  async close(): Promise<void> {
    for (const job of this.#waiting.splice(0)) job.reject(threadEnded())
    await Promise.all([...this.#threads].map(thread => thread.end()))
  }

  #dispatch(startWorker: StartWorker): void {
    while (this.#waiting.length > 0) {
      const thread = [...this.#threads].find(each => !each.isBusy) ?? this.#start(startWorker)
      if (thread === undefined) return
      const job = this.#waiting.shift()
      if (job !== undefined) thread.run(job)
    }
  }

  #start(startWorker: StartWorker): HashThread | undefined {
    if (this.#threads.size === threadLimit) return undefined
    const thread = new HashThread(startWorker('hash', undefined), {
      free: () => this.#dispatch(startWorker),
      ended: () => {
        this.#threads.delete(thread)
        this.#dispatch(startWorker)
      },
    })
    this.#threads.add(thread)
    return thread
  }
}

interface HashThreadListener {
  readonly free: () => void
  readonly ended: () => void
}

/** One thread and the job it has, if any. */
class HashThread {
  readonly #worker: Worker
  readonly #listener: HashThreadListener
  #job: Job | undefined
  #idle: NodeJS.Timeout | undefined
  readonly #cancel = (): void => this.#post('cancel')

  constructor(worker: Worker, listener: HashThreadListener) {
    this.#worker = worker
    this.#listener = listener
    worker.on('message', (answer: HashAnswer) => this.#settle(answer))
    // Whichever comes: Deno does not tell of the exit of a thread that was terminated.
    worker.on('error', error => this.#gone(error))
    worker.on('exit', () => this.#gone())
  }

  get isBusy(): boolean {
    return this.#job !== undefined
  }

  run(job: Job): void {
    clearTimeout(this.#idle)
    this.#job = job
    this.#worker.ref()
    this.#post({ hash: job.descriptor })
    if (job.signal.aborted) this.#cancel()
    else job.signal.addEventListener('abort', this.#cancel)
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
    this.#gone()
  }

  #settle(answer: HashAnswer): void {
    const job = this.#take()
    this.#worker.unref()
    this.#idle = setTimeout(() => void this.end(), idleMs).unref()
    if (job?.signal.aborted === true) job.reject(job.signal.reason)
    else if (answer === 'cancelled') job?.reject(threadEnded())
    else if ('digest' in answer) job?.resolve(answer.digest)
    else job?.reject(diskError(answer.failed, 'hash', 'a file'))
    this.#listener.free()
  }

  /** The thread is no more; told again, nothing happens. */
  #gone(cause?: unknown): void {
    clearTimeout(this.#idle)
    this.#take()?.reject(threadEnded(cause))
    this.#listener.ended()
  }

  #take(): Job | undefined {
    const job = this.#job
    this.#job = undefined
    job?.signal.removeEventListener('abort', this.#cancel)
    return job
  }

  #post(request: HashRequest): void {
    this.#worker.postMessage(request)
  }
}

function threadEnded(cause?: unknown): SyncError {
  return new SyncError('BUSY', 'Cannot hash a file: the thread that did it has ended', { verdict: 'retry', cause })
}

async function hashInSlices(file: ReadHandle, signal: AbortSignal): Promise<Digest> {
  const { size } = file.stat()
  const hasher = createHasher()
  for (let offset = 0; offset < size;) {
    signal.throwIfAborted()
    const bytes = file.read(offset, Math.min(inlineHashBytes, size - offset))
    if (bytes.length === 0) break
    hasher.update(bytes)
    offset += bytes.length
    await setImmediate()
  }
  signal.throwIfAborted()
  return hasher.digest()
}
