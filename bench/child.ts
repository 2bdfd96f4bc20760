import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { endsWithBench, killed } from './leftovers.ts'

export interface ChildOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** How much of what a program says is kept (characters from its end), and how long it may take to end (ms). */
const saidLimit = 4000
const endMs = 10_000

/** A program that was started and ends with the bench at the latest. */
export class Child {
  readonly pid: number
  /** Settles with its exit code, null after a signal; rejects when it did not start. */
  readonly ended: Promise<number | null>
  readonly #process: ChildProcess
  readonly #name: string
  #said = ''

  constructor(program: string, words: readonly string[], { env = process.env, cwd }: ChildOptions = {}) {
    this.#name = program
    const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'], ...(cwd !== undefined && { cwd }) })
    this.#process = child
    this.pid = child.pid ?? 0
    const forget = child.pid === undefined ? () => {} : endsWithBench(child.pid)
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.#said = (this.#said + text).slice(-saidLimit)))
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', code => {
        forget()
        // What outlives it may hold its output open.
        setTimeout(() => [child.stdout, child.stderr].map(stream => stream.destroy()), 200).unref()
        resolve(code)
      })
    })
    this.ended.catch(() => {})
  }

  /** The end of what it said. */
  get said(): string {
    return this.#said.trim()
  }

  get runs(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Waits for its end; throws when that is not 0 or takes longer than `limitMs`. */
  async done(limitMs: number): Promise<void> {
    const late = setTimeout(() => killed(this.pid), limitMs)
    try {
      const code = await this.ended
      if (code !== 0) throw new Error(`${this.#name} ended with ${code ?? 'a signal'}: ${this.said}`)
    } finally {
      clearTimeout(late)
    }
  }

  /** Ends it: with SIGTERM, and with SIGKILL where that does not help. */
  async end(): Promise<void> {
    if (!this.runs || this.pid === 0) return
    this.#process.kill('SIGTERM')
    const late = setTimeout(() => killed(this.pid), endMs)
    await this.ended
    clearTimeout(late)
  }
}

/** Runs a program to its end, which must be 0. */
export function ran(program: string, words: readonly string[], limitMs: number, options?: ChildOptions): Promise<void> {
  return new Child(program, words, options).done(limitMs)
}
