import type { Clock } from '../../lib/ports/clock.ts'

/** How far a host's clock is from the world's (ms); change it and the host's clock jumps. */
export interface Skew {
  ms: number
}

export interface SettleOptions {
  /** Stop when everything due within this many ms has run, and let that time pass; forever unless given. */
  readonly forMs?: number
  /** Stop as soon as this holds; asked before every task. */
  readonly until?: () => boolean
  /** More tasks than this are an endless loop: throws. */
  readonly tasks?: number
}

interface Task {
  readonly due: number
  readonly run: () => void
}

/** When the simulated world begins (ms since 1970). */
export const worldStart = Date.UTC(2024, 0, 1)

/**
 * Time that passes only when a test says so. What is due runs in order of time, then of request; `soon` is a delay of
 * nothing. Hosts and processes see it through a `ClockView`.
 */
export class ManualClock implements Clock {
  #time = 0
  /** The next one last: sorted backwards by due time, then by request. */
  readonly #tasks: Task[] = []

  /** Whole milliseconds, as a system's clock tells them. */
  now(): number {
    return Math.floor(worldStart + this.#time)
  }

  monotonic(): number {
    return this.#time
  }

  after(ms: number, run: () => void): () => void {
    const task: Task = { due: this.#time + Math.max(0, ms), run }
    this.#tasks.splice(this.#place(task.due), 0, task)
    return () => {
      const at = this.#tasks.indexOf(task)
      if (at >= 0) this.#tasks.splice(at, 1)
    }
  }

  soon(run: () => void): void {
    this.after(0, run)
  }

  /** Tasks that wait for their time. */
  pending(): number {
    return this.#tasks.length
  }

  /** When the next task is due (ms of monotonic time), if there is one. */
  nextDue(): number | undefined {
    return this.#tasks.at(-1)?.due
  }

  /** Lets time pass up to the next task and runs it; false when there is none. */
  runNext(): boolean {
    const task = this.#tasks.pop()
    if (task === undefined) return false
    this.#time = Math.max(this.#time, task.due)
    task.run()
    return true
  }

  /** Lets time pass, running what becomes due on the way. Promises get no turn: see `settle`. */
  advance(ms: number): void {
    const end = this.#time + ms
    while ((this.nextDue() ?? Infinity) <= end) this.runNext()
    this.#time = end
  }

  /** Runs tasks one by one, with everything that promises have to do between them, until nothing is left to do. */
  async settle(options: SettleOptions = {}): Promise<void> {
    const { forMs = Infinity, until, tasks = 200_000 } = options
    const end = this.#time + forMs
    await undefined
    for (let ran = 0; ; ran++) {
      await microtasks()
      if (until?.() === true) return
      if ((this.nextDue() ?? Infinity) > end || this.#tasks.length === 0) break
      if (ran >= tasks) throw new Error(`Cannot settle: ${tasks} tasks ran and ${this.#tasks.length} still wait`)
      this.runNext()
    }
    if (end !== Infinity) this.#time = end
  }

  /** Where a new task due then belongs: it runs after all that are due no later. */
  #place(due: number): number {
    let low = 0
    let high = this.#tasks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#tasks[middle] as Task).due > due) low = middle + 1
      else high = middle
    }
    return low
  }
}

/**
 * The clock as a host, or one of its processes, sees it. Processes of one host share its skew; when one dies, `stop`
 * takes all its timers with it.
 */
export class ClockView implements Clock {
  readonly #world: ManualClock
  readonly #skew: Skew
  readonly #around: (run: () => void) => void
  readonly #cancels = new Set<() => void>()
  #stopped = false

  /** @param around what every task runs in; a process catches its own death here */
  constructor(world: ManualClock, skew: Skew = { ms: 0 }, around: (run: () => void) => void = run => run()) {
    this.#world = world
    this.#skew = skew
    this.#around = around
  }

  now(): number {
    return Math.floor(worldStart + this.#world.monotonic() + this.#skew.ms)
  }

  monotonic(): number {
    return this.#world.monotonic()
  }

  after(ms: number, run: () => void): () => void {
    if (this.#stopped) return () => {}
    const cancelTask = this.#world.after(ms, () => {
      this.#cancels.delete(cancel)
      this.#around(run)
    })
    const cancel = (): void => {
      this.#cancels.delete(cancel)
      cancelTask()
    }
    this.#cancels.add(cancel)
    return cancel
  }

  soon(run: () => void): void {
    this.after(0, run)
  }

  stop(): void {
    this.#stopped = true
    for (const cancel of [...this.#cancels]) cancel()
  }
}

/** Resolves after every promise reaction queued by now, and all that they queue: ticks run when microtasks are used up. */
function microtasks(): Promise<void> {
  return new Promise(resolve => process.nextTick(resolve))
}
