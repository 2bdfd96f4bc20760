import type { Worker } from 'node:worker_threads'
import type { StartWorker } from '../../ports/worker.ts'
import { beforeExit } from './before-exit.ts'
import type { InotifyCalls } from './inotify-calls.ts'
import type { InotifyWorkerData } from './inotify-worker.ts'

/** A thread that died is started anew after this (ms). The descriptor lives on, so the kernel keeps its events. */
const restartMs = 1000

/** A thread told to stop ends within a millisecond; after this (ms) it is given up. */
const endsMs = 10_000

export interface ThreadListener {
  /** Whole events, as read. */
  bytes(bytes: Uint8Array): void
  /** The thread died with what it had read and not yet handed over; another one follows. */
  died(why: string): void
}

/** The thread that drains an inotify descriptor. It never keeps the process alive, nor holds up its end. */
export class InotifyThread {
  readonly #startWorker: StartWorker
  readonly #calls: InotifyCalls
  readonly #descriptor: number
  readonly #stop: number
  readonly #listener: ThreadListener
  readonly #offExit: () => void
  #worker: Worker | undefined
  #restart: NodeJS.Timeout | undefined
  #stopping = false

  constructor(startWorker: StartWorker, calls: InotifyCalls, descriptor: number, listener: ThreadListener) {
    this.#startWorker = startWorker
    this.#calls = calls
    this.#descriptor = descriptor
    this.#listener = listener
    this.#stop = calls.createSignal()
    this.#offExit = beforeExit(() => calls.signal(this.#stop))
    this.#start()
  }

  /** Nothing comes from it afterwards. False when it would not end: it may still use the descriptor, which must stay open. */
  async stop(): Promise<boolean> {
    this.#stopping = true
    this.#offExit()
    clearTimeout(this.#restart)
    this.#calls.signal(this.#stop)
    // Not by `terminate`: under Deno that does not wait, and the thread would read from whatever gets its descriptors next.
    const ended = this.#worker === undefined || (await endOf(this.#worker))
    if (ended) this.#calls.close(this.#stop)
    return ended
  }

  #start(): void {
    const underWay = new Int32Array(new SharedArrayBuffer(4))
    const data: InotifyWorkerData = { descriptor: this.#descriptor, stop: this.#stop, underWay }
    const worker = this.#startWorker('inotify', data)
    let why = 'it ended'
    worker.on('message', (bytes: Uint8Array) => {
      if (!this.#stopping) this.#listener.bytes(bytes)
      Atomics.sub(underWay, 0, bytes.length)
      Atomics.notify(underWay, 0)
    })
    worker.on('error', error => (why = error instanceof Error ? error.message : String(error)))
    worker.on('exit', () => this.#ended(why))
    // After the listeners, which would take it back.
    worker.unref()
    this.#worker = worker
  }

  #ended(why: string): void {
    this.#worker = undefined
    if (this.#stopping) return
    this.#listener.died(why)
    this.#restart = setTimeout(() => this.#start(), restartMs)
    this.#restart.unref()
  }
}

function endOf(worker: Worker): Promise<boolean> {
  worker.ref()
  return new Promise(resolve => {
    const givenUp = setTimeout(() => resolve(false), endsMs)
    worker.once('exit', () => {
      clearTimeout(givenUp)
      resolve(true)
    })
  })
}
