import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Driver } from './driver.ts'
import { goesWithBench } from './leftovers.ts'
import { childrenOf, longestBlocks } from './processes.ts'

const loopDelay = new URL('./loop-delay.mjs', import.meta.url).href

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
  readonly #loops: string
  readonly #driver: Driver

  constructor(kit: string) {
    this.#base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-bench-')))
    goesWithBench(this.#base)
    const home = join(this.#base, 'home')
    this.alpha = join(home, 'project')
    this.beta = join(this.#base, 'twin/project')
    this.beside = join(this.#base, 'beside')
    this.#loops = join(this.#base, 'loops')
    const options = `--import=${loopDelay} ${process.env['DSYNC_BENCH_NODE'] ?? ''}`
    this.#driver = new Driver(kit, home, { NODE_OPTIONS: options, DSYNC_BENCH_LOOPS: this.#loops })
    for (const directory of [this.alpha, this.#loops, this.beside, join(home, '.dsync')])
      mkdirSync(directory, { recursive: true })
  }

  /** Starts the daemon with the other host known and no root yet. */
  async start(): Promise<void> {
    await this.#driver.dsync('hosts', 'add', 'twin', '--pipe', join(this.#base, 'twin'))
    await this.#driver.start()
  }

  /** Adds the root and returns when both sides agree. */
  async addRoot(): Promise<void> {
    await this.#driver.dsync('roots', 'add', this.alpha)
    await this.sync()
  }

  async sync(): Promise<void> {
    await this.#driver.sync()
  }

  processes(): StageProcesses {
    const { daemon } = this.#driver
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

  /** Ends what runs. */
  async close(): Promise<void> {
    await this.#driver.stop()
  }
}
