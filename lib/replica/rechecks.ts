import type { Entry } from '../core/entry.ts'
import { SyncError, codeOf } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import { detach } from '../ports/detached.ts'
import type { ReadHandle } from '../ports/disk.ts'
import type { HashFile } from './hashing.ts'
import { moved } from './look.ts'
import type { Remarks } from './remarks.ts'
import type { Recheck } from './trash.ts'
import { trashName } from './trash-name.ts'
import type { Work } from './work.ts'

/** First and last wait until a file somebody has open, or a disk that refuses, is tried again (ms). */
const againFirstMs = 1000
const againLastMs = 60_000

/** Rechecks that wait; those beyond are found again by a sweep of the trash. */
const waitingLimit = 10_000

export interface RechecksOptions {
  readonly work: Work
  readonly clock: Clock
  readonly hashFile: HashFile
  readonly remarks: Remarks
}

/**
 * Looks once more at captured files that were too large to hash at once, or that somebody still had open: one after the
 * other, beside everything else, as soon as nobody writes to them. One that is not what it was taken for is what
 * somebody wrote in between: it stays in the trash as recovered, and is told of.
 */
export class Rechecks {
  readonly #options: RechecksOptions
  readonly #known = new Set<string>()
  readonly #due: { readonly recheck: Recheck; readonly waitMs: number }[] = []
  readonly #abort = new AbortController()
  #running: Promise<void> | undefined

  constructor(options: RechecksOptions) {
    this.#options = options
  }

  /** Takes one up, unless it waits already. */
  add(recheck: Recheck): void {
    if (this.#known.has(recheck.id) || this.#known.size >= waitingLimit) return
    this.#known.add(recheck.id)
    this.#due.push({ recheck, waitMs: againFirstMs })
    this.#run()
  }

  /** Lets go of the file that is being read. What was not looked at is found by the next start. */
  async close(): Promise<void> {
    this.#abort.abort()
    this.#due.length = 0
    await this.#running
  }

  #run(): void {
    if (this.#running !== undefined || this.#abort.signal.aborted) return
    this.#running = this.#all().finally(() => {
      this.#running = undefined
      if (this.#due.length > 0) this.#run()
    })
    detach(this.#running, this.#options.clock)
  }

  async #all(): Promise<void> {
    const { clock } = this.#options
    for (let next = this.#due.shift(); next !== undefined; next = this.#due.shift()) {
      const { recheck, waitMs } = next
      const isOver = await this.#attempt(recheck)
      if (this.#abort.signal.aborted) return
      if (isOver) this.#known.delete(recheck.id)
      else {
        clock.after(waitMs, () => {
          this.#due.push({ recheck, waitMs: Math.min(waitMs * 2, againLastMs) })
          this.#run()
        })
      }
    }
  }

  /** False: it must be looked at again. */
  async #attempt(recheck: Recheck): Promise<boolean> {
    const { work, remarks } = this.#options
    try {
      const file = work.area.trash.read(trashName(recheck))
      try {
        const found = await this.#hash(file)
        if (found === undefined || this.#abort.signal.aborted) return false
        if (!work.trash.rechecked(recheck, found)) remarks.add(remarkOn(recheck))
        return true
      } finally {
        file.close()
      }
    } catch (error) {
      if (this.#abort.signal.aborted) return false
      // It was brought back, or its time had come.
      if (codeOf(error) === 'ENOENT') return true
      if (!(error instanceof SyncError)) throw error
      return false
    }
  }

  /** What a file holds; undefined while somebody may still change it. */
  async #hash(file: ReadHandle): Promise<Entry | undefined> {
    if (file.unwritten() === false) return undefined
    const before = file.stat()
    const digest = await this.#options.hashFile(file, this.#abort.signal)
    if (this.#abort.signal.aborted || file.unwritten() === false) return undefined
    const stat = file.stat()
    return moved(before, stat) ? undefined : { kind: 'file', mode: stat.mode & 0o777, digest, size: stat.size }
  }
}

function remarkOn({ id, path, because }: Recheck) {
  const why =
    because === 'still-open'
      ? 'whoever had it open went on writing after it was replaced; that version is in the trash'
      : 'what was replaced turned out to be another version than the one agreed on; it is in the trash'
  return { code: 'RECOVERED', path, why, trash: id }
}
