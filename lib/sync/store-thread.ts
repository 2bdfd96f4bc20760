import type { Worker } from 'node:worker_threads'
import type { ErrorCode } from '../core/errors.ts'
import { SyncError } from '../core/errors.ts'
import type { StartWorker } from '../ports/worker.ts'
import type {
  Loaded,
  StoreData,
  StoreFailure,
  StoreLoad,
  StoreOrder,
  StoreReport,
  StoreRequest,
  StoreWrite,
} from './store-messages.ts'

interface Loading {
  readonly rows: (message: Uint8Array) => void
  readonly resolve: (found: Loaded) => void
  readonly reject: (error: SyncError) => void
}

/** The main thread's end of a store's thread: what one turn orders goes over as one batch, in its order. */
export class StoreThread {
  readonly #file: string
  readonly #startWorker: StartWorker
  #worker: Worker
  #pending: StoreRequest[] = []
  #scheduled: NodeJS.Immediate | undefined
  #batches = 0
  #batchesDone = 0
  #loads = 0
  readonly #loadings = new Map<number, Loading>()
  #settling: { readonly batch: number; readonly resolve: () => void }[] = []
  /** Told of every failure: what failed may be of any session. */
  readonly #onFailure = new Set<(error: SyncError) => void>()
  /** Why the thread is gone, until a load starts another. */
  #dead: SyncError | undefined

  constructor(file: string, startWorker: StartWorker) {
    this.#file = file
    this.#startWorker = startWorker
    this.#worker = this.#start()
  }

  /** Returns how to stop listening. */
  onFailure(listen: (error: SyncError) => void): () => void {
    this.#onFailure.add(listen)
    return () => this.#onFailure.delete(listen)
  }

  order(write: StoreWrite): void {
    this.#add(write)
  }

  /** @param rows takes the tree's rows, message by message, before the promise resolves. */
  load(request: Omit<StoreLoad, 'do' | 'load'>, rows: (message: Uint8Array) => void): Promise<Loaded> {
    if (this.#dead !== undefined) this.#worker = this.#start()
    const load = ++this.#loads
    return new Promise((resolve, reject) => {
      this.#loadings.set(load, { rows, resolve, reject })
      this.#add({ do: 'load', load, ...request })
    })
  }

  /** Resolves when all that was ordered so far was carried out or has failed. */
  async settled(): Promise<void> {
    // Also when nothing is pending: an empty batch is another try for what the disk refused.
    this.#flush()
    const batch = this.#batches
    if (this.#batchesDone >= batch) return
    await new Promise<void>(resolve => this.#settling.push({ batch, resolve }))
  }

  /** Closes the database; nothing may be ordered after this. */
  async close(): Promise<void> {
    await this.settled()
    if (this.#dead !== undefined) return
    const exited = new Promise<void>(resolve => this.#worker.once('exit', () => resolve()))
    this.#post({ type: 'close' })
    await exited
  }

  #start(): Worker {
    this.#dead = undefined
    const worker = this.#startWorker('store', { file: this.#file } satisfies StoreData)
    worker.on('message', (report: StoreReport) => this.#heard(report))
    worker.on('error', error => this.#died(worker, error.message))
    worker.on('exit', () => this.#died(worker, 'its thread has ended'))
    return worker
  }

  #add(request: StoreRequest): void {
    this.#pending.push(request)
    this.#scheduled ??= setImmediate(() => this.#flush())
  }

  #flush(): void {
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    const requests = this.#pending
    this.#pending = []
    this.#batches++
    if (this.#dead === undefined) this.#post({ type: 'batch', batch: this.#batches, requests })
    else {
      this.#batchesDone = this.#batches
      if (requests.length > 0) this.#failed(this.#dead)
    }
  }

  #post(order: StoreOrder): void {
    this.#worker.postMessage(order)
  }

  #heard(report: StoreReport): void {
    if (report.type === 'closed') return void this.#worker.terminate()
    if (report.type === 'done') {
      if (report.failure !== undefined) this.#failed(errorOf(report.failure))
      this.#batchesDone = report.batch
      this.#wake()
      return
    }
    const loading = this.#loadings.get(report.load)
    if (report.type === 'rows') {
      loading?.rows(report.message)
      return this.#post({ type: 'taken' })
    }
    this.#loadings.delete(report.load)
    if (report.type === 'loaded') loading?.resolve(report.found)
    else loading?.reject(errorOf(report.failure))
  }

  #failed(error: SyncError): void {
    for (const listen of this.#onFailure) listen(error)
  }

  #died(worker: Worker, why: string): void {
    if (worker !== this.#worker || this.#dead !== undefined) return
    this.#dead = new SyncError('EIO', `Cannot use the store ${this.#file}: ${why}`, { verdict: 'retry' })
    if (this.#batchesDone < this.#batches) this.#failed(this.#dead)
    this.#batchesDone = this.#batches
    for (const { reject } of this.#loadings.values()) reject(this.#dead)
    this.#loadings.clear()
    this.#wake()
  }

  #wake(): void {
    const due = this.#settling.filter(({ batch }) => batch <= this.#batchesDone)
    this.#settling = this.#settling.filter(({ batch }) => batch > this.#batchesDone)
    for (const { resolve } of due) resolve()
  }
}

function errorOf({ code, message }: StoreFailure): SyncError {
  return new SyncError(code as ErrorCode, message, { verdict: 'retry' })
}
