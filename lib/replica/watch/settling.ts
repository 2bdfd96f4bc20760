import type { DirectoryKey } from '../../ports/watcher.ts'

/**
 * Names each directory once, between one and two periods after it was added: when a watcher that places its own
 * watches behind our back has surely placed them.
 */
export class Settling {
  readonly #periodMs: number
  readonly #settled: (directories: ReadonlySet<DirectoryKey>) => void
  #young = new Set<DirectoryKey>()
  #old = new Set<DirectoryKey>()
  #timer: NodeJS.Timeout | undefined

  constructor(periodMs: number, settled: (directories: ReadonlySet<DirectoryKey>) => void) {
    this.#periodMs = periodMs
    this.#settled = settled
  }

  add(directory: DirectoryKey): void {
    this.#young.add(directory)
    this.#timer ??= setInterval(() => this.#turn(), this.#periodMs).unref()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#young.clear()
    this.#old.clear()
  }

  #turn(): void {
    const settled = this.#old
    this.#old = this.#young
    this.#young = new Set()
    if (this.#old.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
    if (settled.size > 0) this.#settled(settled)
  }
}
