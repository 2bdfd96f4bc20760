import { spawn } from 'node:child_process'
import type { Ran } from './host.ts'

/** How long to read on after a program ended (ms). */
const drainMs = 500

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly input?: string | Uint8Array
  /** How long it may take (ms); then it is killed and its code is null. Default: a minute. */
  readonly limitMs?: number
}

/** What a program printed, as bytes. */
export interface RanBytes {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs a program to its end. */
export function runBytes(
  command: string,
  words: readonly string[],
  { env = process.env, cwd, input, limitMs = 60_000 }: ProgramOptions = {},
): Promise<RanBytes> {
  return new Promise((resolve, reject) => {
    const at = cwd === undefined ? {} : { cwd }
    const child = spawn(command, words, { env, ...at, timeout: limitMs, killSignal: 'SIGKILL' })
    const [out, err]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (data: Buffer) => out.push(data))
    child.stderr.on('data', (data: Buffer) => err.push(data))
    // A program that ends before it has read everything is judged by its code.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.once('error', reject)
    child.once('exit', code => {
      // What outlives it may hold its output open for ever.
      const late = setTimeout(() => [child.stdout, child.stderr].map(stream => stream.destroy()), drainMs)
      child.once('close', () => {
        clearTimeout(late)
        resolve({ code, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() })
      })
    })
  })
}

export async function runProgram(command: string, words: readonly string[], options?: ProgramOptions): Promise<Ran> {
  const { code, stdout, stderr } = await runBytes(command, words, options)
  return { code, stdout: stdout.toString(), stderr }
}

/** Runs a program that must end with 0, and returns what it printed. */
export async function ok(command: string, words: readonly string[], options?: ProgramOptions): Promise<Buffer> {
  const { code, stdout, stderr } = await runBytes(command, words, options)
  if (code === 0) return stdout
  throw new Error(`${command} ${words.join(' ')} ended with ${code}: ${stderr.trim() || stdout.toString().trim()}`)
}
