import { randomBytes } from 'node:crypto'
import { SyncError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import { noiseBytesLimit } from '../protocol/bounds.ts'
import type { ChildEnd } from './child-link.ts'
import { ChildLink } from './child-link.ts'
import type { SshOptions } from './ssh-command.ts'
import { sshCommand } from './ssh-command.ts'
import { sshFailure } from './ssh-failure.ts'

export interface ScriptOptions {
  readonly ssh: SshOptions
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /**
   * The text for `sh` there, one function that its last line calls, so that `sh` has read all of it before anything else
   * reads stdin, and that ends by `exit`. What it has to say it says in lines that begin with `mark` and a blank.
   */
  readonly script: (mark: string) => string
  /** Hears each line without its mark. What it returns goes to the script's stdin, which ends after it; once. */
  readonly heard?: (line: string) => Uint8Array | undefined
  /** Hears how much of that has gone (bytes). */
  readonly sent?: (bytes: number) => void
  /** Lost is what says nothing and takes nothing for so long (ms). */
  readonly quietMs: number
  readonly signal?: AbortSignal
}

/** What is written at once (bytes): small enough that progress is seen, and a wait is noticed. */
const pieceBytes = 64 * 1024

/** Longest line, and most of them, that are taken from another host. */
const lineLimit = 4096
const linesLimit = 4096

/**
 * Runs a script by `sh` on another host.
 * @returns the lines it said, without their marks. Throws what kept it from running to its end: TRANSPORT_LOST, TIMEOUT,
 *   AGENT_FAILED with its exit code and the end of its stderr, PROTOCOL, or the signal's reason.
 */
export function runScript(options: ScriptOptions): Promise<readonly string[]> {
  return new Promise((resolve, reject) => new ScriptRun(options, resolve, reject))
}

class ScriptRun {
  readonly #options: ScriptOptions
  readonly #child: ChildLink
  readonly #mark = `dsync-${randomBytes(16).toString('hex')}`
  readonly #lines: string[] = []
  readonly #reject: (error: unknown) => void
  readonly #interrupted = (): void => this.#fail(this.#options.signal?.reason)
  #text = ''
  #noise = 0
  #end: ChildEnd | undefined
  #isOver = false
  #drained = (): void => {}
  #cancelQuiet = (): void => {}

  constructor(options: ScriptOptions, resolve: (lines: readonly string[]) => void, reject: (error: unknown) => void) {
    const { ssh, environment, clock, script, signal } = options
    this.#options = options
    this.#reject = reject
    this.#child = new ChildLink({
      command: sshCommand(ssh),
      environment,
      clock,
      ended: end => {
        this.#end = end
        return sshFailure(ssh, end)
      },
    })
    this.#child.onData(bytes => this.#take(bytes))
    this.#child.onDrain(() => this.#drained())
    this.#child.onClose(({ code, why, hint, waits }) => {
      if (this.#end?.code === 0) return this.#over(() => resolve(this.#lines))
      const isScripts = this.#end?.code !== null && this.#end?.code !== sshFailed
      this.#fail(
        new SyncError(isScripts || code === 'AGENT_FAILED' ? 'AGENT_FAILED' : 'TRANSPORT_LOST', why, {
          verdict: waits ? 'halt' : 'retry',
          ...(hint !== undefined && { hint }),
        }),
      )
    })
    signal?.addEventListener('abort', this.#interrupted)
    this.#waitForWord()
    this.#child.write(Buffer.from(script(this.#mark)))
    if (options.heard === undefined) this.#child.endInput()
    if (signal?.aborted) this.#interrupted()
  }

  #take(bytes: Uint8Array): void {
    if (this.#isOver) return
    this.#waitForWord()
    this.#text += Buffer.from(bytes).toString('latin1')
    for (;;) {
      const end = this.#text.indexOf('\n')
      if (end < 0) break
      const line = this.#text.slice(0, end)
      this.#text = this.#text.slice(end + 1)
      // What a login shell printed before, without a line's end, may stand before our mark.
      const at = line.indexOf(`${this.#mark} `)
      if (at < 0) this.#noise += line.length
      else this.#hear(Buffer.from(line.slice(at + this.#mark.length + 1, at + lineLimit), 'latin1').toString())
    }
    if (this.#noise + this.#text.length > noiseBytesLimit || this.#lines.length > linesLimit) {
      this.#fail(
        new SyncError('PROTOCOL', `Cannot work with ${this.#options.ssh.target}: its login shell printed too much`, {
          verdict: 'halt',
          hint: 'Make it print nothing when nobody is at a terminal (~/.bashrc, ~/.zshenv)',
        }),
      )
    }
  }

  #hear(line: string): void {
    this.#lines.push(line.trim())
    const answer = this.#options.heard?.(line.trim())
    if (answer !== undefined) this.#send(answer, 0)
  }

  #send(bytes: Uint8Array, from: number): void {
    let at = from
    while (at < bytes.length) {
      const piece = bytes.subarray(at, at + pieceBytes)
      at += piece.length
      const goesOn = this.#child.write(piece)
      this.#options.sent?.(at)
      if (goesOn) continue
      this.#drained = () => {
        this.#drained = () => {}
        this.#waitForWord()
        this.#send(bytes, at)
      }
      return
    }
    this.#child.endInput()
  }

  #waitForWord(): void {
    this.#cancelQuiet()
    const { quietMs, clock, ssh } = this.#options
    this.#cancelQuiet = clock.after(quietMs, () =>
      this.#fail(
        new SyncError('TIMEOUT', `${ssh.target} neither said nor took anything for ${quietMs / 1000} s`, {
          verdict: 'retry',
        }),
      ),
    )
  }

  #fail(error: unknown): void {
    this.#over(() => {
      this.#child.abandon()
      this.#reject(error)
    })
  }

  #over(finish: () => void): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancelQuiet()
    this.#options.signal?.removeEventListener('abort', this.#interrupted)
    finish()
  }
}

/** ssh's own exit code. */
const sshFailed = 255
