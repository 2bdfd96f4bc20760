import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import { codeOf } from '../core/errors.ts'

/** A fence whose own event has not come back after this is not believed: everything is listed again (ms). */
const fenceDeadlineMs = 2000

interface Fence {
  readonly cookie: string
  readonly done: (ordered: boolean) => void
  readonly cancel: () => void
}

/**
 * Points in the event stream: a file made in a watched directory of our own must come back through the same stream,
 * and then everything that happened before it has come too.
 */
export class Fences {
  readonly #work: Disk
  readonly #clock: Clock
  readonly #open = new Map<string, Fence>()
  #count = 0

  constructor(work: Disk, clock: Clock) {
    this.#work = work
    this.#clock = clock
  }

  /** Calls `done` once the event stream has been heard up to now; with false when that could not be proven. */
  raise(done: (ordered: boolean) => void): void {
    const cookie = `fence-${++this.#count}`
    const end = (ordered: boolean): void => {
      const fence = this.#open.get(cookie)
      if (fence === undefined) return
      this.#open.delete(cookie)
      fence.cancel()
      this.#unlink(cookie)
      done(ordered)
    }
    this.#open.set(cookie, { cookie, done: end, cancel: this.#clock.after(fenceDeadlineMs, () => end(false)) })
    try {
      const directory = this.#work.open('fence')
      try {
        directory.create(cookie).close()
      } finally {
        directory.close()
      }
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      end(false)
    }
  }

  /** An event from the fence directory. */
  seen(name: string): void {
    this.#open.get(name)?.done(true)
  }

  close(): void {
    for (const fence of this.#open.values()) fence.cancel()
    this.#open.clear()
  }

  #unlink(cookie: string): void {
    try {
      const directory = this.#work.open('fence')
      try {
        directory.unlink(cookie)
      } finally {
        directory.close()
      }
    } catch (error) {
      // The next start empties the directory.
      if (codeOf(error) === undefined) throw error
    }
  }
}
