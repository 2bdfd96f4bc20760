import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { Observer } from './observer.ts'
import { uniqueContent } from './tree.ts'

/** Size of an edited file (bytes), and the pause after each edit (ms): a person saves one file and looks. */
const editBytes = 2000
const pauseMs = 5

export interface EditOptions {
  readonly from: string
  readonly to: string
  /** Paths to edit in turn, relative to both. */
  readonly paths: readonly string[]
  readonly count: number
}

/** Saves one file after the other and measures from before each write until its content is read on the other side (ms). */
export async function edits({ from, to, paths, count }: EditOptions): Promise<number[]> {
  const observer = new Observer()
  try {
    for (const path of paths) observer.watch(dirname(join(to, path)))
    const taken: number[] = []
    for (let index = 0; index < count + warmUps; index++) {
      const path = paths[index % paths.length] as string
      const content = uniqueContent(path, editBytes)
      const seen = observer.sees(join(to, path), content)
      const begun = performance.now()
      writeFileSync(join(from, path), content)
      const ms = (await seen) - begun
      if (index >= warmUps) taken.push(ms)
      await after(pauseMs)
    }
    return taken
  } finally {
    observer.close()
  }
}

/** Not counted: code is compiled, watches are placed. */
const warmUps = 10
