import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childrenOf, isAlive, longestBlocks } from './processes.ts'
import { until } from './until.ts'

const loopDelay = new URL('./loop-delay.mjs', import.meta.url).href
const commandMs = 20 * 60_000

/** The processes of a stage, in the order in which figures about them come. */
export interface StageProcesses {
  readonly daemon: number
  readonly agent: number
}

/** Two hosts on this machine, bound by a pipe: a home with a root, a twin beside it, and the daemon of a kit. */
export class Stage {
  readonly alpha: string
  readonly beta: string
  /** For what a measurement compares with, beside the two. */
  readonly beside: string
  readonly #base: string
  readonly #home: string
  readonly #kit: string
  readonly #loops: string
  #daemon: number | undefined

  constructor(kit: string) {
    this.#kit = kit
    this.#base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-bench-')))
    this.#home = join(this.#base, 'home')
    this.alpha = join(this.#home, 'project')
    this.beta = join(this.#base, 'twin/project')
    this.beside = join(this.#base, 'beside')
    this.#loops = join(this.#base, 'loops')
    for (const directory of [this.alpha, this.#loops, this.beside, join(this.#home, '.dsync')])
      mkdirSync(directory, { recursive: true })
  }

  /** Starts the daemon with the other host known and no root yet. */
  async start(): Promise<void> {
    await this.dsync('hosts', 'add', 'twin', '--pipe', join(this.#base, 'twin'))
    const started = JSON.parse(await this.dsync('start', '--json')) as { start: { pid: number } }
    this.#daemon = started.start.pid
  }

  /** Adds the root and returns when both sides agree. */
  async addRoot(): Promise<void> {
    await this.dsync('roots', 'add', this.alpha)
    await this.sync()
  }

  async sync(): Promise<void> {
    await this.dsync('sync', '--timeout', String(commandMs / 1000 - 60))
  }

  processes(): StageProcesses {
    const daemon = this.#daemon
    if (daemon === undefined) throw new Error('The daemon was not started')
    const [agent] = childrenOf(daemon)
    if (agent === undefined) throw new Error('The daemon has no agent')
    return { daemon, agent }
  }

  /** Runs a phase and says how long the event loops of daemon and agent were blocked at most (ms). */
  async blocksDuring(phase: () => Promise<void>): Promise<string> {
    const { daemon, agent } = this.processes()
    const blocks = await longestBlocks([daemon, agent], this.#loops, phase)
    return `longest block ${blocks.map(ms => ms.toFixed(0)).join('/')} ms`
  }

  /** Runs one command; throws when it does not end with 0. */
  dsync(...words: readonly string[]): Promise<string> {
    const { PATH, DSYNC_BENCH_NODE } = process.env
    const options = `--import=${loopDelay} ${DSYNC_BENCH_NODE ?? ''}`
    const env = { PATH, HOME: this.#home, NODE_OPTIONS: options, DSYNC_BENCH_LOOPS: this.#loops }
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

  /** Ends what runs and removes everything. */
  async close(): Promise<void> {
    const daemon = this.#daemon
    if (daemon !== undefined && isAlive(daemon)) {
      const all = [daemon, ...childrenOf(daemon)]
      await this.dsync('stop').catch(() => process.kill(daemon, 'SIGKILL'))
      await until('the daemon and its agent are gone', () => !all.some(isAlive), 30_000)
    }
    rmSync(this.#base, { recursive: true, force: true })
  }
}
