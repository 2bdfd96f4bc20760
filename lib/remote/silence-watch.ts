import { spawn } from 'node:child_process'
import type { Clock } from '../ports/clock.ts'
import { heartbeatMs } from '../protocol/bounds.ts'
import type { SshOptions } from './ssh-command.ts'
import { sshCommand } from './ssh-command.ts'

/** An open link carries something at least every `heartbeatMs`: one that is later than this is looked into (ms). */
const doubtMs = heartbeatMs + 1_000

/** Where a new login works, the connection in doubt has as long again to answer, and this at least (ms). */
const graceMs = 1_000

/** A login that failed is tried again after this (ms), for as long as the silence lasts. */
const againMs = 2_000

/** Runs nothing on the other host; `ended` hears whether that worked. Returns how to give it up, after which nothing is heard. */
export type RunNothing = (ended: (worked: boolean) => void) => () => void

export interface SilenceWatchOptions {
  readonly clock: Clock
  /** Over a login of its own. */
  readonly afresh: RunNothing
  /** Over the connection that the link uses. */
  readonly beside: RunNothing
  /** The connection hangs: called at most once, with how long nothing was heard (ms). */
  readonly hangs: (silentMs: number) => void
}

/**
 * Tells a shared connection that hangs by evidence: while nothing comes, something else is asked for over it and over a
 * login of its own. A connection that gives no sign although a login works, and as long again after that, is dead. An
 * agent that stands still leaves it alive, a slow line makes the login slow as well, and a host that is away lets nobody
 * in: those are left to the link's own deadline. Nothing is sent while the link speaks.
 */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions
  #heardAt: number
  #cancel: () => void
  #giveUp = (): void => {}

  constructor(options: SilenceWatchOptions) {
    this.#options = options
    this.#heardAt = options.clock.monotonic()
    this.#cancel = options.clock.after(doubtMs, () => this.#look())
  }

  /** Something came over the connection, whatever it was. */
  heard(): void {
    this.#heardAt = this.#options.clock.monotonic()
  }

  end(): void {
    this.#cancel()
    this.#giveUp()
  }

  #look(): void {
    const { clock, afresh, beside } = this.#options
    const askedAt = clock.monotonic()
    const leftMs = this.#heardAt + doubtMs - askedAt
    if (leftMs > 0) return this.#later(leftMs)
    // Refused is an answer, too.
    const endBeside = beside(() => this.heard())
    const endAfresh = afresh(worked => {
      const tookMs = clock.monotonic() - askedAt
      if (worked) this.#cancel = clock.after(Math.max(graceMs, tookMs), () => this.#judge(askedAt))
      else this.#later(againMs)
    })
    this.#giveUp = () => {
      endBeside()
      endAfresh()
    }
  }

  #judge(askedAt: number): void {
    this.#giveUp()
    if (this.#heardAt >= askedAt) return this.#look()
    this.#options.hangs(this.#options.clock.monotonic() - this.#heardAt)
  }

  #later(ms: number): void {
    this.#cancel = this.#options.clock.after(ms, () => {
      this.#giveUp()
      this.#look()
    })
  }
}

/** Logs in, or uses the connection that is shared, and runs a shell that finds the end of its input at once. */
export function runNothing(
  options: SshOptions & { readonly environment: Readonly<Record<string, string | undefined>> },
): RunNothing {
  const [program, ...words] = sshCommand(options)
  return ended => {
    const child = spawn(program, words, { env: options.environment, stdio: 'ignore', shell: false })
    let isOver = false
    const over = (worked: boolean): void => {
      if (!isOver) ended(worked)
      isOver = true
    }
    child.on('error', () => over(false))
    child.on('exit', code => over(code === 0))
    return () => {
      isOver = true
      child.kill('SIGKILL')
    }
  }
}
