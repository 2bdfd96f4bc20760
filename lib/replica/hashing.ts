import type { Digest } from '../core/entry.ts'
import { codeOf } from '../core/errors.ts'
import type { Path } from '../core/path.ts'
import type { Clock } from '../ports/clock.ts'
import { detach } from '../ports/detached.ts'
import type { Disk, ReadHandle, Stat } from '../ports/disk.ts'
import type { DirtyName } from './dirty-names.ts'
import { openNode } from './last-pinned.ts'
import { moved } from './look.ts'
import type { View } from './view.ts'

/** Hashes an open file of any size without holding up the event loop. */
export type HashFile = (handle: ReadHandle, signal: AbortSignal) => Promise<Digest>

/** Large files hashed at once. */
const hashesAtOnce = 2

interface Job {
  readonly dirty: DirtyName
  readonly path: Path
  /** Nobody had it open for writing when it was looked at: so it must be when the hash is taken. */
  readonly wasClosed: boolean
}

/** What became of hashing one file: its digest and the stat it belongs to, or undefined when it moved meanwhile. */
export type Hashed = { readonly digest: Digest; readonly stat: Stat } | undefined

/** Files too large to read at once, each hashed beside everything else and then reported once. */
export class Hashing {
  readonly #root: Disk
  readonly #view: View
  readonly #hashFile: HashFile
  readonly #done: (dirty: DirtyName, result: Hashed) => void
  readonly #clock: Clock
  readonly #queue = new Map<string, Job>()
  readonly #running = new Set<string>()
  readonly #abort = new AbortController()

  constructor(
    known: { readonly root: Disk; readonly view: View; readonly clock: Clock },
    hashFile: HashFile,
    done: (dirty: DirtyName, result: Hashed) => void,
  ) {
    this.#root = known.root
    this.#view = known.view
    this.#clock = known.clock
    this.#hashFile = hashFile
    this.#done = done
  }

  get size(): number {
    return this.#queue.size + this.#running.size
  }

  add(job: Job): void {
    const key = `${job.dirty.node.key}/${job.dirty.name}`
    if (!this.#running.has(key)) this.#queue.set(key, job)
    this.#start()
  }

  close(): void {
    this.#queue.clear()
    this.#abort.abort()
  }

  #start(): void {
    for (const [key, job] of this.#queue) {
      if (this.#running.size >= hashesAtOnce) return
      this.#queue.delete(key)
      this.#running.add(key)
      detach(this.#run(key, job), this.#clock)
    }
  }

  async #run(key: string, job: Job): Promise<void> {
    const result = await this.#hash(job)
    this.#running.delete(key)
    if (this.#abort.signal.aborted) return
    this.#done(job.dirty, result)
    this.#start()
  }

  async #hash({ dirty, wasClosed }: Job): Promise<Hashed> {
    try {
      const directory = openNode(this.#root, this.#view.nodes.pathOf(dirty.node), dirty.node)
      try {
        const handle = directory.read(dirty.name)
        try {
          const before = handle.stat()
          const digest = await this.#hashFile(handle, this.#abort.signal)
          const isOpen = wasClosed && handle.unwritten() === false
          const stat = handle.stat()
          return isOpen || moved(before, stat) ? undefined : { digest, stat }
        } finally {
          handle.close()
        }
      } finally {
        directory.close()
      }
    } catch (error) {
      // Gone, unreadable or aborted: the next look says which.
      if (codeOf(error) === undefined && !this.#abort.signal.aborted) throw error
      return undefined
    }
  }
}
