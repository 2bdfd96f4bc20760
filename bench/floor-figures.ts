import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Sides } from './changes.ts'
import { edits } from './edits.ts'
import type { Figures } from './figures.ts'
import { figuresOf } from './figures.ts'

const floorScript = fileURLToPath(new URL('./floor.ts', import.meta.url))

/**
 * The bare floor between two directories that it makes, measured as edits are.
 *
 * @param channel program and words that reach the other end, such as `ssh HOST`; none: a pipe
 */
export async function floorOf({ from, to }: Sides, channel: readonly string[], count: number): Promise<Figures> {
  const paths = Array.from({ length: 20 }, (_, index) => `file-${index}.txt`)
  for (const side of [from, to]) {
    mkdirSync(side, { recursive: true })
    for (const path of paths) writeFileSync(join(side, path), 'before')
  }
  const child = spawn(process.execPath, [floorScript, from, to, ...channel], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  try {
    await Promise.race([
      once(child.stdout, 'data'),
      ended.then(() => Promise.reject(new Error('The floor ended early'))),
    ])
    return figuresOf(await edits({ from, to, paths, count }))
  } finally {
    const late = setTimeout(() => child.kill('SIGKILL'), endMs)
    child.stdin.end()
    await ended
    clearTimeout(late)
  }
}

const endMs = 10_000
