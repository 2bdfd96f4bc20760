import { spawn } from 'node:child_process'
import type { Carriage, CarriageEnd } from '../ports/carrier.ts'
import type { Clock } from '../ports/clock.ts'
import { progressBytes, rsyncEnd } from './rsync-output.ts'
import { keepFromChildren } from './own-descriptors.ts'

export interface RsyncRunOptions {
  readonly program: string
  readonly parameters: readonly string[]
  /** The directory it is started in. */
  readonly directory: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Of the file (bytes): an rsync that deals with more is stopped. */
  readonly size: number
  readonly progress: (bytes: number) => void
}

/** How long it may say nothing (ms): it reads what it has first, at least so many bytes a ms. ssh itself notices a dead connection. */
const quietMs = 120_000
const quietBytes = 10_000

/** How long it may take to end after SIGTERM, and what holds its pipes open after it (ms). */
const graceMs = 3_000
const leftoversMs = 10_000

/** The end of what it printed that is kept, each stream (characters). */
const keptOutput = 4_000

/** Runs rsync for one file. Nothing but this process, by its id, is ever ended; rsync ends its own. */
export function runRsync(options: RsyncRunOptions): Carriage {
  const run = new RsyncRun(options)
  return { ended: run.ended, stop: () => run.stop('it was stopped') }
}

class RsyncRun {
  readonly ended: Promise<CarriageEnd>
  readonly #options: RsyncRunOptions
  readonly #child
  /** Why we ended it. */
  #stopped: CarriageEnd | undefined
  #isOver = false
  #cancelQuiet = (): void => {}
  #cancelEnd = (): void => {}

  constructor(options: RsyncRunOptions) {
    this.#options = options
    const { program, parameters, directory, environment, clock } = options
    keepFromChildren()
    const child = spawn(program, [...parameters], {
      ...{ cwd: directory, env: environment, shell: false },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    let output = ''
    let stderr = ''
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      output = (output + text).slice(-keptOutput)
      this.#heard(text)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(0, keptOutput)
    })
    this.ended = new Promise(resolve => {
      const over = (code: number | null, signal: NodeJS.Signals | null, startError?: string): void => {
        if (this.#isOver) return
        this.#isOver = true
        this.#cancelQuiet()
        this.#cancelEnd()
        const end = { pid: child.pid, code, signal, stderr, ...(startError !== undefined && { startError }) }
        resolve(this.#stopped ?? rsyncEnd(end, output))
      }
      child.on('error', error => over(null, null, error.message))
      child.on('exit', (code, signal) => {
        this.#cancelEnd()
        this.#cancelEnd = clock.after(leftoversMs, () => over(code, signal))
      })
      child.on('close', over)
    })
    this.#waitForWord()
  }

  stop(why: string): void {
    this.#stopWith({ is: 'lost', why })
  }

  #stopWith(end: CarriageEnd): void {
    if (this.#isOver || this.#stopped !== undefined) return
    this.#stopped = end
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGTERM')
    this.#cancelEnd = this.#options.clock.after(graceMs, () => this.#child.kill('SIGKILL'))
  }

  #heard(text: string): void {
    const { size, progress } = this.#options
    this.#waitForWord()
    const bytes = progressBytes(text)
    if (bytes === undefined) return
    if (bytes > size) this.#stopWith({ is: 'failed', why: 'more came than the file holds' })
    else progress(bytes)
  }

  #waitForWord(): void {
    const ms = quietMs + this.#options.size / quietBytes
    this.#cancelQuiet()
    this.#cancelQuiet = this.#options.clock.after(ms, () =>
      this.stop(`rsync said nothing for ${Math.round(ms / 1000)} s`),
    )
  }
}
