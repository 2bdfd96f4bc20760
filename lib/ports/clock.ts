/** Time as a replica or session sees it; tests turn it by hand. */
export interface Clock {
  /** Milliseconds since 1970 by the host's clock. Labels only: never compared between hosts. */
  now(): number
  /** Milliseconds since some start, never going back. For delays and latencies. */
  monotonic(): number
  /** Calls `run` once after `ms`, unless the returned function is called first. */
  after(ms: number, run: () => void): () => void
  /** Calls `run` soon, after what is due has had its turn: how long work yields. */
  soon(run: () => void): void
}
