import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { codeOf } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Link, LinkEnd, OpenLink } from '../ports/link.ts'

export interface PipeOptions {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly [program: string, ...rest: string[]]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
}

/** How long an agent may take to end by itself once its stdin is closed, and then to obey SIGTERM, before SIGKILL (ms). */
const graceMs = 3_000

/** What an agent leaves in its pipes after it ended comes within this (ms), unless a child of its own holds them open. */
const leftoversMs = 1_000

/** The end of the agent's stderr that is shown when it fails (characters). */
const stderrLimit = 2_000

/**
 * Runs an agent as a child process of this machine. Its death is told with its exit code or signal and the end of its
 * stderr. Closing the link ends the agent, and no other process.
 */
export function pipeLink(options: PipeOptions): OpenLink {
  return () => new PipeLink(options)
}

class PipeLink implements Link {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #clock: Clock
  #closing = false
  #ended: LinkEnd | undefined
  #listen: ((end: LinkEnd) => void) | undefined
  #stderr = ''
  #cancelTimer = (): void => {}

  constructor({ command: [program, ...rest], environment, clock }: PipeOptions) {
    this.#clock = clock
    this.#child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'], env: environment, shell: false })
    this.#child.on('error', error =>
      this.#end({ code: 'AGENT_FAILED', why: `Cannot start the agent: ${error.message}` }),
    )
    this.#child.on('exit', (code, signal) => {
      this.#cancelTimer()
      this.#cancelTimer = clock.after(leftoversMs, () => this.#exited(code, signal))
    })
    this.#child.on('close', (code, signal) => this.#exited(code, signal))
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrLimit)
    })
    // The agent is gone or going: `exit` tells why better than the pipe.
    this.#child.stdin.on('error', error => {
      if (codeOf(error) === undefined) throw error
    })
  }

  write(bytes: Uint8Array): boolean {
    return this.#child.stdin.writable ? this.#child.stdin.write(bytes) : true
  }

  onData(listen: (bytes: Uint8Array) => void): void {
    this.#child.stdout.on('data', listen)
  }

  onDrain(listen: () => void): void {
    this.#child.stdin.on('drain', listen)
  }

  onClose(listen: (end: LinkEnd) => void): void {
    this.#listen = listen
    if (this.#ended !== undefined) listen(this.#ended)
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    this.#child.stdin.end()
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#cancelTimer = this.#clock.after(graceMs, () => {
      this.#child.kill('SIGTERM')
      this.#cancelTimer = this.#clock.after(graceMs, () => this.#child.kill('SIGKILL'))
    })
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#closing) return this.#end({ code: 'CLOSED', why: 'The link was closed' })
    const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`
    const said = this.#stderr.trim()
    const why = `The agent (process ${this.#child.pid}) ${how}${said === '' ? '' : `; it said: ${said}`}`
    this.#end({ code: signal === null ? 'AGENT_FAILED' : 'TRANSPORT_LOST', why })
  }

  #end(end: LinkEnd): void {
    if (this.#ended !== undefined) return
    this.#cancelTimer()
    this.#ended = end
    this.#listen?.(end)
  }
}
