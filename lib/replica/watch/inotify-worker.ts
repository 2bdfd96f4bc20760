import { parentPort } from 'node:worker_threads'
import { invariant } from '../../core/errors.ts'
import { loadKoffi } from '../koffi.ts'
import { inotifyCalls } from './inotify-calls.ts'

export interface InotifyWorkerData {
  readonly descriptor: number
  /** Gets input when the worker is to end. */
  readonly stop: number
  /** One counter: bytes read here and not yet taken by the main thread, which wakes the worker when it takes some. */
  readonly underWay: Int32Array<SharedArrayBuffer>
}

/** A read takes about 2,000 events. */
const readBytes = 64 * 1024

/** While this much waits for the main thread, the kernel's queue takes the rest, and tells when that overflows (bytes). */
const underWayLimit = 4 * 1024 * 1024

/** How long to gather events while the main thread has not taken the last ones (ms): a burst costs it fewer wake-ups. */
const gatherMs = 2

/** A stop by `terminate` alone is noticed within this (ms), for a thread inside poll(2) cannot be interrupted. */
const waitMs = 5000

/** The body of the `inotify` thread: waits for events, reads them and hands the bytes to the main thread, until told to stop. */
export function runInotifyWorker(data: unknown): void {
  const { descriptor, stop, underWay } = data as InotifyWorkerData
  const koffi = loadKoffi()
  const port = parentPort
  invariant(koffi !== undefined && port !== null, 'The inotify thread was started without koffi or outside a worker')
  const calls = inotifyCalls(koffi)
  const buffer = new Uint8Array(readBytes)
  for (;;) {
    const waiting = Atomics.load(underWay, 0)
    if (waiting > 0) Atomics.wait(underWay, 0, waiting, gatherMs)
    const full = Atomics.load(underWay, 0) > underWayLimit
    const [stopped, readable] = calls.wait(full ? [stop] : [stop, descriptor], full ? 0 : waitMs)
    if (stopped === true) return
    if (readable !== true) continue
    const length = calls.read(descriptor, buffer)
    if (length === 0) continue
    const bytes = buffer.slice(0, length)
    Atomics.add(underWay, 0, length)
    port.postMessage(bytes, [bytes.buffer])
  }
}
