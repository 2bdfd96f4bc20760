import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { Digest } from '../core/entry.ts'
import { codeOf } from '../core/errors.ts'
import type { ThreadPort } from '../ports/worker.ts'
import { createHasher } from './hash.ts'

/** What the pool says to a thread: hash the file behind a descriptor of this process, or stop doing so. */
export type HashRequest = { readonly hash: number } | 'cancel'

/** What a thread answers to each `hash`, when it has let go of the descriptor. */
export type HashAnswer = { readonly digest: Digest } | { readonly failed: string } | 'cancelled'

/** Bytes read at once (0.7 ms of hashing): how long a cancel waits. */
const pieceBytes = 1024 * 1024

/** The body of a `hash` thread: one file at a time, until it is terminated. */
export function runHashWorker(port: ThreadPort): void {
  const buffer = new Uint8Array(pieceBytes)
  let running = new AbortController()
  port.listen(message => {
    const request = message as HashRequest
    if (request === 'cancel') return running.abort()
    running = new AbortController()
    void answerFor(request.hash, buffer, running.signal).then(answer => port.post(answer))
  })
}

async function answerFor(descriptor: number, buffer: Uint8Array, signal: AbortSignal): Promise<HashAnswer> {
  try {
    const digest = await hashDescriptor(descriptor, buffer, signal)
    return digest === undefined ? 'cancelled' : { digest }
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    return { failed: code }
  }
}

/** The digest of what the file holds up to the size it has now, so that one which grows for ever ends. */
async function hashDescriptor(shared: number, buffer: Uint8Array, signal: AbortSignal): Promise<Digest | undefined> {
  const descriptor = ownDescriptor(shared)
  try {
    const { size } = fstatSync(descriptor)
    const hasher = createHasher()
    for (let offset = 0; offset < size;) {
      const count = readSync(descriptor, buffer, 0, Math.min(buffer.length, size - offset), offset)
      if (count === 0) break
      hasher.update(buffer.subarray(0, count))
      offset += count
      await setImmediate()
      if (signal.aborted) return undefined
    }
    return hasher.digest()
  } finally {
    if (descriptor !== shared) closeSync(descriptor)
  }
}

/** Threads of a process share its descriptors; only Deno lets a thread use none but its own. */
function ownDescriptor(shared: number): number {
  return process.versions['deno'] === undefined ? shared : openSync(`/dev/fd/${shared}`, 'r')
}
