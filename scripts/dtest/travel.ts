import { createHash } from 'node:crypto'
import type { Ground } from './ground.ts'
import type { Ask, Mark } from './hand.ts'
import type { Side } from './side.ts'

/** How long one change may be under way before all has failed (ms). */
const arrivalMs = 30_000

/** Which way changes go. */
export interface Way {
  readonly from: Side
  readonly to: Side
}

export function bothWays({ here, there }: Ground): readonly [out: Way, back: Way] {
  return [
    { from: here, to: there },
    { from: there, to: here },
  ]
}

export function wayText({ from, to }: Way): string {
  return `${from.name} → ${to.name}`
}

/**
 * Makes one change on one side and waits until it is on the other. Says how long that took (ms): from when it was begun
 * there until it was whole here, the time that a message between the two hosts takes not counted.
 */
export async function travel({ from, to }: Way, change: Ask, marks: readonly Mark[]): Promise<number> {
  // Looked for before it is made: both are told in this order.
  const arrives = to.do({ do: 'await', marks, limitMs: arrivalMs }).then(() => performance.now())
  const begun = performance.now()
  const [ended] = await Promise.all([arrives, from.do(change)])
  return Math.max(0, ended - to.awayMs - (begun + from.awayMs))
}

/** A file with this text, and by what one sees it. */
export function text(path: string, content: string, how: 'text' | 'save' = 'text'): [Ask, Mark[]] {
  return [{ do: how, path, text: content }, [{ path, sha256: sha256(content) }]]
}

export function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}
