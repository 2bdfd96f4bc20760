import { watch } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { invariant } from '../../core/errors.ts'

export interface FseventsWorkerData {
  readonly root: string
}

/**
 * What the thread says: `ready` once, then bursts of paths relative to the root, as they come (undefined for one
 * without a name), or why it failed.
 */
export type FseventsMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'burst'; readonly paths: readonly (string | undefined)[] }
  | { readonly type: 'failed'; readonly why: string }

/** More paths than this in one turn say no more than that the root must be listed again. */
const burstLimit = 1000

/** The body of the `fsevents` thread: one recursive stream for the whole root. */
export function runFseventsWorker(data: unknown): void {
  const { root } = data as FseventsWorkerData
  const port = parentPort
  invariant(port !== null, 'The fsevents thread was started outside a worker')
  const say = (message: FseventsMessage) => port.postMessage(message)
  let paths: (string | undefined)[] = []
  const stream = watch(root, { recursive: true }, (_, path) => {
    if (paths.length === 0) {
      setImmediate(() => {
        say({ type: 'burst', paths })
        paths = []
      })
    }
    if (paths.length < burstLimit) paths.push(path ?? undefined)
    else paths[0] = undefined
  })
  stream.on('error', error => say({ type: 'failed', why: error.message }))
  say({ type: 'ready' })
}
