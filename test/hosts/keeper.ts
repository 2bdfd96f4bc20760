import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { once } from 'node:events'

/** What a keeper answers to a request; `error` says why it could not. */
export interface Answer {
  readonly id: number
  readonly error?: string
  readonly value?: unknown
}

/** How long a keeper may take for one request (ms): the first image is built in one. */
const answerMs = 240_000

/**
 * The process that starts a set of hosts and ends it again. It lives as long as the channel to it: however this process
 * ends, the hosts end with it. Requests are answered in order.
 */
export class Keeper {
  readonly #child: ChildProcess
  readonly #log: string
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #requests = 0

  /** @param log takes what it prints. */
  constructor(program: string, log: string, parameter: unknown) {
    this.#log = log
    const file = openSync(log, 'a')
    try {
      const stdio = ['ignore' as const, file, file, 'ipc' as const]
      this.#child = fork(program, [JSON.stringify(parameter)], { detached: true, stdio, execArgv: [] })
    } finally {
      closeSync(file)
    }
    this.#child.on('message', answer => this.#take(answer as Answer))
    this.#child.once('exit', code => {
      for (const id of this.#waiting.keys()) this.#take({ id, error: `the keeper ended with ${code}` })
    })
    this.#child.unref()
    this.#child.channel?.unref()
  }

  /** Asks for something and waits until it is done. */
  async ask(request: string, ...parameters: readonly unknown[]): Promise<unknown> {
    const id = ++this.#requests
    this.#child.channel?.ref()
    const answered = new Promise<Answer>(resolve => this.#waiting.set(id, resolve))
    const late = setTimeout(() => this.#take({ id, error: `no answer for ${answerMs / 1000} s` }), answerMs)
    try {
      if (!this.#child.connected) throw new Error(`Cannot ${request}: the keeper is gone\n${this.#printed()}`)
      this.#child.send({ id, request, parameters })
      const { error, value } = await answered
      if (error !== undefined) throw new Error(`Cannot ${request}: ${error}\n${this.#printed()}`)
      return value
    } finally {
      clearTimeout(late)
      if (this.#waiting.size === 0) this.#child.channel?.unref()
    }
  }

  /** Lets go of the hosts and returns when nothing is left of them. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.ref()
    const ended = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    const [code] = (await ended) as [number | null]
    if (code !== 0) throw new Error(`The keeper left something behind:\n${this.#printed()}`)
  }

  #take(answer: Answer): void {
    const resolve = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    resolve?.(answer)
  }

  #printed(): string {
    return readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-20).join('\n')
  }
}
