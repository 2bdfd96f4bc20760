import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { endsWithBench } from './leftovers.ts'
import { childrenOf, isAlive } from './processes.ts'
import { until } from './until.ts'

const commandMs = 20 * 60_000

/** Runs the commands of a kit for a home, and ends the daemon that they started. */
export class Driver {
  readonly #kit: string
  readonly #home: string
  readonly #environment: NodeJS.ProcessEnv
  #daemon: number | undefined
  #forget = (): void => {}

  constructor(kit: string, home: string, environment: NodeJS.ProcessEnv = {}) {
    this.#kit = kit
    this.#home = home
    this.#environment = environment
  }

  get daemon(): number {
    if (this.#daemon === undefined) throw new Error('The daemon was not started')
    return this.#daemon
  }

  async start(): Promise<void> {
    const started = JSON.parse(await this.dsync('start', '--json')) as { start: { pid: number } }
    this.#daemon = started.start.pid
    this.#forget = endsWithBench(this.#daemon)
  }

  /** Returns when both sides agree. */
  async sync(): Promise<void> {
    await this.dsync('sync', '--timeout', String(commandMs / 1000 - 60))
  }

  /** Runs one command; throws when it does not end with 0. */
  dsync(...words: readonly string[]): Promise<string> {
    const env = { PATH: process.env['PATH'], HOME: this.#home, ...this.#environment }
    return new Promise((resolve, reject) => {
      const child = spawn(join(this.#kit, 'bin/dsync'), words, { env, cwd: this.#home, timeout: commandMs })
      let said = ''
      child.stdin.end()
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (said += text))
      child.once('error', reject)
      child.once('close', code => {
        if (code === 0) resolve(said)
        else reject(new Error(`dsync ${words.join(' ')} ended with ${code}: ${said}`))
      })
    })
  }

  /** Ends the daemon and what it started. */
  async stop(): Promise<void> {
    const daemon = this.#daemon
    if (daemon === undefined) return
    if (isAlive(daemon)) {
      const all = [daemon, ...childrenOf(daemon)]
      await this.dsync('stop').catch(() => process.kill(daemon, 'SIGKILL'))
      await until('the daemon and its agent are gone', () => !all.some(isAlive), 30_000)
    }
    this.#forget()
  }
}
