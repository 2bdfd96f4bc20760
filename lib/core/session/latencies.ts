/** The last so many latencies of single edits, for the figures in `status`. */
export class Latencies {
  readonly #last: number[] = []
  #count = 0

  add(ms: number): void {
    this.#last[this.#count % latenciesKept] = ms
    this.#count++
  }

  figures(): { readonly medianMs: number; readonly p99Ms: number; readonly count: number } | undefined {
    if (this.#count === 0) return undefined
    const sorted = this.#last.toSorted((a, b) => a - b)
    return { medianMs: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99), count: this.#count }
  }
}

/** Enough for a 99th percentile that means something. */
const latenciesKept = 1000

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
