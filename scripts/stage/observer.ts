import { setTimeout as after } from 'node:timers/promises'

/** How often to look (ms): a change is seen at most this much later than it came. */
const lookMs = 1

/** How long something may take to arrive before all has failed (ms). */
export const arrivalMs = 20_000

export interface Watched {
  /** What is waited for, in case it never comes. */
  readonly what: string
  /** When to count from (performance.now()). */
  readonly from: number
  readonly signal: AbortSignal
}

/** Looks at a disk until something has arrived there, and tells how long after `from` that was (ms). */
export async function arrival(look: () => boolean, { what, from, signal }: Watched): Promise<number> {
  for (;;) {
    if (look()) return performance.now() - from
    if (performance.now() - from > arrivalMs) throw new Error(`${what} did not arrive in ${arrivalMs / 1000} s`)
    await after(lookMs, undefined, { signal })
  }
}

/** Throws what was expected when it is not so: nothing succeeds unless everything was seen. */
export function expect(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new Error(what)
}

/** The value in the middle, and the largest (ms). */
export function spread(values: readonly number[]): { readonly median: number; readonly slowest: number } {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, slowest: sorted.at(-1) ?? 0 }
}
