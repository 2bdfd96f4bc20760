import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The command as people run it: beside these sources, or beside a bundle of them. */
export const dsyncProgram = ['../../bin/dsync', '../bin/dsync']
  .map(path => fileURLToPath(new URL(path, import.meta.url)))
  .find((path, i, all) => i === all.length - 1 || existsSync(path)) as string

/** How long one command may take (ms): longer than `dsync sync` waits by itself, also on a busy machine. */
const commandMs = 180_000

/** What a command printed, on both streams, and its exit code. */
export interface Ran {
  readonly code: number | null
  readonly output: string
}

export interface RunOptions {
  readonly cwd: string
  readonly environment: NodeJS.ProcessEnv
  /** Interrupts it, as Ctrl-C would. */
  readonly signal?: AbortSignal | undefined
}

/** Runs a dsync command to its end, in a process group of its own: what Ctrl-C ends is decided by who calls. */
export function runDsync(words: readonly string[], { cwd, environment, signal }: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(dsyncProgram, words, {
      cwd,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: commandMs,
    })
    const interrupt = (): void => void child.kill('SIGINT')
    signal?.addEventListener('abort', interrupt)
    const pieces: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => pieces.push(piece))
    child.once('error', reject)
    child.once('close', code => {
      signal?.removeEventListener('abort', interrupt)
      resolve({ code, output: Buffer.concat(pieces).toString() })
    })
  })
}

/** What a command with `--json` answered. Throws its output when that is none. */
export function answerOf(words: readonly string[], { code, output }: Ran): unknown {
  if (!output.startsWith('{')) throw new Error(`dsync ${words.join(' ')} ended with ${code}: ${output.trim()}`)
  return JSON.parse(output)
}
