import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { processState } from '../../lib/daemon/process-identity.ts'
import { bootId } from '../../lib/replica/disk/boot-id.ts'
import { until } from './until.ts'

/** How long a process may take to end when it is asked to (ms); then it is killed. */
const endMs = 20_000

interface Started {
  readonly pid: number
  readonly start?: string
  /** Numbers and times begin anew with the system. */
  readonly boot: string
}

/** One process that provisioning started and can find again. What it is known by lies in a file. */
export class EngineProcess {
  readonly #record: string
  readonly #log: string

  /** @param path of its record and log, without endings. */
  constructor(path: string) {
    this.#record = `${path}.json`
    this.#log = `${path}.log`
  }

  /** Its number, while it runs: never that of another process that got the number later. */
  pid(): number | undefined {
    if (!existsSync(this.#record)) return undefined
    const { pid, start, boot } = JSON.parse(readFileSync(this.#record, 'utf8')) as Started
    if (boot !== bootId()) return undefined
    const state = processState(pid)
    return state.alive && state.start === start ? pid : undefined
  }

  /** Starts it in a session of its own, so that it outlives this process. */
  start(command: string, words: readonly string[]): void {
    const log = openSync(this.#log, 'w')
    try {
      const child = spawn(command, words, { detached: true, stdio: ['ignore', log, log] }).on('error', () => {})
      const { pid } = child
      if (pid === undefined) throw new Error(`cannot run ${command}`)
      child.unref()
      const state = processState(pid)
      const start = state.alive && state.start !== undefined ? { start: state.start } : {}
      const started: Started = { pid, boot: bootId(), ...start }
      writeFileSync(this.#record, JSON.stringify(started))
    } finally {
      closeSync(log)
    }
  }

  /** Waits until it is ready. Throws with the last line of its log when it ends before. */
  async ready(look: () => boolean | Promise<boolean>): Promise<void> {
    await until(async () => {
      if (this.pid() === undefined) throw new Error(`it ended: ${this.lastWord()}`)
      return look()
    }, `it does not answer: ${this.#log}`)
  }

  /** Ends it, if it runs. */
  async end(): Promise<void> {
    const pid = this.pid()
    if (pid !== undefined) {
      process.kill(pid, 'SIGTERM')
      try {
        await until(() => this.pid() === undefined, 'still there', endMs)
      } catch {
        process.kill(pid, 'SIGKILL')
        await until(() => this.pid() === undefined, `cannot end process ${pid}`)
      }
    }
    rmSync(this.#record, { force: true })
  }

  lastWord(): string {
    return readFileSync(this.#log, 'utf8').trimEnd().split('\n').at(-1) ?? ''
  }
}
