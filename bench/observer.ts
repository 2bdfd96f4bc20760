import type { FSWatcher } from 'node:fs'
import { readFileSync, watch } from 'node:fs'
import { join } from 'node:path'

/** A watcher that says nothing is helped by looking, from this long after the edit (ms). */
const lookAfterMs = 250
const lookEveryMs = 5
/** Of many that are waited for each is looked at less often: looking shall not cost what is measured its processor (ms). */
const lookEveryMsEach = 0.5

/** Sees content appear in directories of one side: by watch, then by reading it. All times are of this process's clock. */
export class Observer {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #waiting = new Map<string, () => void>()

  /** Watches a directory, once. */
  watch(directory: string): void {
    if (this.#watchers.has(directory)) return
    const watcher = watch(directory, (_, name) => {
      if (name !== null) this.#waiting.get(join(directory, name))?.()
    })
    this.#watchers.set(directory, watcher)
  }

  /**
   * Waits until a file holds exactly this content.
   * @returns when that was seen (ms of `performance.now`)
   */
  sees(path: string, content: Buffer, limitMs = 30_000): Promise<number> {
    return new Promise((resolve, reject) => {
      const begun = performance.now()
      const look = (): void => {
        const seen = holds(path, content)
        const now = performance.now()
        if (!seen && now - begun < limitMs) return
        clearTimeout(timer)
        this.#waiting.delete(path)
        if (seen) resolve(now)
        else reject(new Error(`${path} did not get its new content within ${limitMs / 1000} s`))
      }
      const again = (): void => {
        timer = setTimeout(again, Math.max(lookEveryMs, this.#waiting.size * lookEveryMsEach))
        look()
      }
      let timer = setTimeout(again, lookAfterMs)
      this.#waiting.set(path, look)
    })
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close()
  }
}

function holds(path: string, content: Buffer): boolean {
  try {
    return readFileSync(path).equals(content)
  } catch {
    return false
  }
}
