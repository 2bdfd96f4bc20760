import type { Digest } from '../entry.ts'
import { batchBytes, batchOperations } from '../limits.ts'
import type { ReplicaCommand } from '../messages.ts'
import type { Content } from '../operation.ts'
import type { Needs } from './task.ts'

/** Content asked for ahead of its turn (bytes), so that a first copy never waits for a round trip a file. */
const prefetchBytes = 4 * batchBytes

/** … and files asked for ahead: small ones cost a message each, not bytes. */
const prefetchFiles = 4 * batchOperations

/** Content that rides in batches: at hand, or asked of the sender. */
export class SmallContents {
  readonly #held = new Map<Digest, Content>()
  readonly #asked = new Map<Digest, number>()
  readonly #requests = new Map<number, Digest>()
  #heldBytes = 0
  #askedBytes = 0

  get(digest: Digest): Content | undefined {
    return this.#held.get(digest)
  }

  /** Takes content in; when there is too much of it the oldest goes, and is asked for again when it is wanted. */
  hold(digest: Digest, content: Content): void {
    if (this.#held.has(digest)) return
    this.#held.set(digest, content)
    this.#heldBytes += content.bytes.length
    for (const oldest of this.#held.keys()) {
      if (this.#heldBytes <= 2 * prefetchBytes) break
      this.release(oldest)
    }
  }

  release(digest: Digest): void {
    this.#heldBytes -= this.#held.get(digest)?.bytes.length ?? 0
    this.#held.delete(digest)
  }

  /** The command that asks for content, unless it was asked for. */
  ask(needs: Needs, takeId: () => number): ReplicaCommand | undefined {
    const { digest, size, path } = needs
    if (this.#asked.has(digest)) return undefined
    const id = takeId()
    this.#asked.set(digest, size)
    this.#askedBytes += size
    this.#requests.set(id, digest)
    return { type: 'read', id, path, digest, offset: 0, length: size }
  }

  /** What an answer is about, if it is one to us. */
  answered(id: number): Digest | undefined {
    const digest = this.#requests.get(id)
    if (digest === undefined) return undefined
    this.#requests.delete(id)
    this.#askedBytes -= this.#asked.get(digest) ?? 0
    this.#asked.delete(digest)
    return digest
  }

  /** Asks ahead in long strides: looking through the queue for every piece that arrives would cost its square. */
  *prefetch(wanted: Iterable<Needs>, takeId: () => number): Generator<ReplicaCommand, void, undefined> {
    if (this.#askedBytes + this.#heldBytes > prefetchBytes / 2 || this.#asked.size > prefetchFiles / 2) return
    for (const needs of wanted) {
      const isFull = this.#askedBytes + this.#heldBytes >= prefetchBytes
      if (isFull || this.#asked.size + this.#held.size >= prefetchFiles) return
      const command = this.#held.has(needs.digest) ? undefined : this.ask(needs, takeId)
      if (command !== undefined) yield command
    }
  }
}
