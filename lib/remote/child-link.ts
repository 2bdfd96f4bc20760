import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { codeOf } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { LinkEnd, OutgoingLink } from '../ports/link.ts'
import { keepFromChildren } from './own-descriptors.ts'

/** How a child process came to its end. */
export interface ChildEnd {
  readonly pid: number | undefined
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Why it could not be started at all. */
  readonly startError?: string
  /** The end of what it wrote to stderr, trimmed. */
  readonly stderr: string
}

export interface ChildLinkOptions {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly [program: string, ...rest: string[]]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** What its end means, in words for people. Not asked when the link was closed from this end. */
  readonly ended: (end: ChildEnd) => LinkEnd
}

/** How long a child may take to end by itself once its stdin is closed, and then to obey SIGTERM, before SIGKILL (ms). */
const graceMs = 3_000

/** What a child leaves in its pipes after it ended comes within this (ms), unless a child of its own holds them open. */
const leftoversMs = 1_000

/** The end of a child's stderr that is kept (characters). */
const stderrLimit = 4_000

/** A child process of this machine as a link: its stdin and stdout are the bytes. Closing the link ends it, and no other process. */
export class ChildLink implements OutgoingLink {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #options: ChildLinkOptions
  #closing = false
  #ended: LinkEnd | undefined
  #listen: ((end: LinkEnd) => void) | undefined
  #stderr = ''
  #cancelTimer = (): void => {}

  constructor(options: ChildLinkOptions) {
    const {
      command: [program, ...rest],
      environment,
      clock,
    } = options
    this.#options = options
    keepFromChildren()
    this.#child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'], env: environment, shell: false })
    this.#child.on('error', error => this.#exited(null, null, error.message))
    this.#child.on('exit', (code, signal) => {
      this.#cancelTimer()
      this.#cancelTimer = clock.after(leftoversMs, () => this.#exited(code, signal))
    })
    this.#child.on('close', (code, signal) => this.#exited(code, signal))
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrLimit)
    })
    // The child is gone or going: `exit` tells why better than the pipe.
    this.#child.stdin.on('error', error => {
      if (codeOf(error) === undefined) throw error
    })
  }

  write(bytes: Uint8Array): boolean {
    return this.#child.stdin.writable ? this.#child.stdin.write(bytes) : true
  }

  onOpen(listen: () => void): void {
    listen()
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
    const { clock } = this.#options
    this.#cancelTimer = clock.after(graceMs, () => {
      this.#child.kill('SIGTERM')
      this.#cancelTimer = clock.after(graceMs, () => this.#child.kill('SIGKILL'))
    })
  }

  /** Nothing more is written: the child finds the end of its stdin, and may go on. */
  endInput(): void {
    this.#child.stdin.end()
  }

  /** Closes it, and lets a child that prints without end feel that nobody listens. */
  abandon(): void {
    this.close()
    this.#child.stdout.destroy()
  }

  #exited(code: number | null, signal: NodeJS.Signals | null, startError?: string): void {
    if (this.#ended !== undefined) return
    this.#cancelTimer()
    const how = { pid: this.#child.pid, code, signal, stderr: this.#stderr.trim() }
    this.#ended = this.#closing
      ? { code: 'CLOSED', why: 'The link was closed' }
      : this.#options.ended(startError === undefined ? how : { ...how, startError })
    this.#listen?.(this.#ended)
  }
}
