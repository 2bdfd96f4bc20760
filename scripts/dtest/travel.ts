import { createHash } from 'node:crypto'
import type { Ground } from './ground.ts'
import type { Ask, Mark } from './hand.ts'
import type { Side } from './side.ts'

/** Which way changes go. */
export interface Way {
  readonly from: Side
  readonly to: Side
  readonly ground: Ground
}

export function bothWays(ground: Ground): readonly [out: Way, back: Way] {
  const { here, there } = ground
  return [
    { from: here, to: there, ground },
    { from: there, to: here, ground },
  ]
}

export function wayText({ from, to }: Way): string {
  return `${from.name} → ${to.name}`
}

/**
 * Makes one change on one side and waits until it is on the other. Says how long that took (ms): from when it was begun
 * there until it was whole here, the time that a message between the two hosts takes not counted.
 */
export async function travel({ from, to, ground }: Way, change: Ask, marks: readonly Mark[]): Promise<number> {
  let begun = 0
  const ended = await ground.arrived(to, marks, () => {
    begun = performance.now()
    return from.do(change)
  })
  return Math.max(0, ended - to.awayMs - (begun + from.awayMs))
}

/** A file with this text, and by what one sees it. */
export function text(path: string, content: string, how: 'text' | 'save' = 'text'): [Ask, Mark[]] {
  return [{ do: how, path, text: content }, [{ path, sha256: sha256(content) }]]
}

export function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}
