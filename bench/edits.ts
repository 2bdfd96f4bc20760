import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import type { Sides } from './changes.ts'
import { Observer } from './observer.ts'
import { uniqueContent } from './tree.ts'

/** Size of an edited file (bytes), and the least pause after an edit (ms): a person saves one file and looks. */
const editBytes = 2000
const pauseMs = 5

export interface EditOptions extends Sides {
  /** Paths to edit in turn, relative to both. */
  readonly paths: readonly string[]
  readonly count: number
  /** Edits that are not counted: code is compiled, watches are placed. Default 10. */
  readonly warmUps?: number
  /** How long one edit may take (ms). */
  readonly limitMs?: number
  /** Asked before each edit that is counted: true ends them before `count` is reached. */
  readonly enough?: (taken: readonly number[]) => boolean
}

/**
 * Saves one file after the other and measures from before each write until its content is read on the other side (ms).
 * The pause between two is drawn, and as long as the edit before took at most: who looks only now and then is not
 * always met at the same moment of his turn.
 */
export async function edits({
  from,
  to,
  paths,
  count,
  warmUps = 10,
  limitMs,
  enough = () => false,
}: EditOptions): Promise<number[]> {
  const observer = new Observer()
  try {
    for (const path of paths) observer.watch(dirname(join(to, path)))
    const taken: number[] = []
    for (let index = 0; index < count + warmUps && (index < warmUps || !enough(taken)); index++) {
      const path = paths[index % paths.length] as string
      const content = uniqueContent(path, editBytes)
      const seen = observer.sees(join(to, path), content, limitMs)
      const begun = performance.now()
      writeFileSync(join(from, path), content)
      const ms = (await seen) - begun
      if (index >= warmUps) taken.push(ms)
      await after(Math.max(pauseMs, Math.random() * ms))
    }
    return taken
  } finally {
    observer.close()
  }
}
