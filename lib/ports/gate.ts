import type { Path } from '../core/path.ts'

/**
 * Lets a feature hold a subtree still on both sides and release it as one unit: while a gate is shut, a session plans
 * nothing at or below the path, on either side, and plans all of it in one step when the gate opens.
 */
export interface Gate {
  /** Paths of `root` that are shut now. */
  shut(root: string): readonly Path[]
  /** Tells when the answer for a root changed. Returns how to stop being told. */
  onChange(listen: (root: string) => void): () => void
}

/** The gate of a session nobody holds. */
export const openGate: Gate = { shut: () => [], onChange: () => () => {} }
