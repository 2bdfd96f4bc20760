import { randomBytes } from 'node:crypto'
import { SyncError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { LinkEnd } from '../ports/link.ts'
import type { ChildEnd } from './child-link.ts'
import { ChildLink } from './child-link.ts'
import type { SshOptions } from './ssh-command.ts'
import { sshCommand } from './ssh-command.ts'
import { sshFailure } from './ssh-failure.ts'
import type { PlaceToLookAt, Survey } from './survey.ts'
import type { ClockReading } from './survey-facts.ts'
import { surveyOf } from './survey-facts.ts'
import { SurveyReader } from './survey-reader.ts'
import { probeSeconds, surveyScript } from './survey-script.ts'

export interface SurveyOptions {
  /** Over ssh; without it, this machine. */
  readonly ssh?: SshOptions
  /** What `sh`, or ssh, is given: on this machine the survey is of this environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Directories to look at beside the home, the kit's home and the one for temporary files. */
  readonly places?: readonly PlaceToLookAt[]
  readonly signal?: AbortSignal
  /** How long what hangs is given (s); default: `probeSeconds`. */
  readonly patience?: number
}

/** Until the first line: longer than ssh takes to give up. Then until the last: so much longer than the script lets anything hang (ms). */
const firstLineMs = 20_000
const graceMs = 5000

/**
 * Looks a machine over by one script for its `sh`, and leaves nothing there. Takes a second, or the time that what hangs
 * is given. A survey that is cut short is not whole, and holds what was found until then.
 * Throws TRANSPORT_LOST, AGENT_FAILED, TIMEOUT or PROTOCOL when none could be begun, and the signal's reason.
 */
export function takeSurvey(options: SurveyOptions): Promise<Survey> {
  return new Promise((resolve, reject) => new SurveyTaking(options, resolve, reject).begin())
}

class SurveyTaking {
  readonly #options: SurveyOptions
  readonly #resolve: (survey: Survey) => void
  readonly #reject: (error: unknown) => void
  readonly #nonce = randomBytes(16).toString('hex')
  readonly #reader = new SurveyReader(this.#nonce)
  readonly #lines: string[] = []
  readonly #readings: ClockReading[] = []
  readonly #interrupted = (): void => this.#fail(this.#options.signal?.reason)
  #child: ChildLink | undefined
  #asked = 0
  #isOver = false
  #cancelDeadline = (): void => {}

  constructor(options: SurveyOptions, resolve: (survey: Survey) => void, reject: (error: unknown) => void) {
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
  }

  begin(): void {
    const { ssh, environment, clock, signal } = this.#options
    const command = ssh === undefined ? (['sh'] as const) : sshCommand(ssh)
    const ended = (end: ChildEnd): LinkEnd => (ssh === undefined ? shellEnd(end) : sshFailure(ssh, end))
    this.#child = new ChildLink({ command, environment, clock, ended })
    this.#child.onData(bytes => this.#take(bytes))
    this.#child.onClose(end => this.#ended(end))
    signal?.addEventListener('abort', this.#interrupted)
    this.#cancelDeadline = clock.after(firstLineMs, () =>
      this.#fail(new SyncError('TIMEOUT', `${this.#whose()} did not answer within ${firstLineMs / 1000} s`)),
    )
    this.#child.write(Buffer.from(surveyScript(this.#nonce, this.#options.patience)))
    if (signal?.aborted === true) this.#interrupted()
  }

  #take(bytes: Uint8Array): void {
    if (this.#isOver) return
    const came = this.#options.clock.now()
    const lines = this.#reader.push(bytes)
    if (lines === undefined) {
      return this.#fail(
        new SyncError('PROTOCOL', `Cannot work with ${this.#whose()}: its login shell prints too much`, {
          verdict: 'halt',
          hint: 'Make it print nothing when nobody is at a terminal (~/.bashrc, ~/.zshenv)',
        }),
      )
    }
    for (const line of lines) this.#hear(line, came)
  }

  #hear(line: string, came: number): void {
    if (line === 'begin') {
      this.#cancelDeadline()
      const { clock, patience = probeSeconds } = this.#options
      this.#cancelDeadline = clock.after(patience * 1000 + graceMs, () => this.#finish())
    } else if (line === 'places') {
      this.#write([...(this.#options.places ?? []).filter(isOneLine).map(({ name, path }) => `${name} ${path}`), '.'])
    } else if (line === 'tick') {
      this.#asked = this.#options.clock.now()
      this.#write(['go'])
    } else if (line.startsWith('clock ')) {
      this.#readings.push({ asked: this.#asked, came, said: line.slice('clock '.length) })
    }
    this.#lines.push(line)
    if (line === 'end') this.#finish()
  }

  #write(lines: readonly string[]): void {
    this.#child?.write(Buffer.from(`${lines.join('\n')}\n`))
  }

  #ended({ code, why, hint, waits }: LinkEnd): void {
    if (this.#lines.length > 0) return this.#finish()
    this.#fail(
      new SyncError(code === 'AGENT_FAILED' ? code : 'TRANSPORT_LOST', why, {
        verdict: waits === true ? 'halt' : 'retry',
        ...(hint !== undefined && { hint }),
      }),
    )
  }

  #finish(): void {
    this.#over(() => this.#resolve(surveyOf(this.#lines, this.#readings)))
  }

  #fail(error: unknown): void {
    this.#over(() => this.#reject(error))
  }

  #over(finish: () => void): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancelDeadline()
    this.#options.signal?.removeEventListener('abort', this.#interrupted)
    this.#child?.abandon()
    finish()
  }

  #whose(): string {
    return this.#options.ssh?.target ?? 'This machine'
  }
}

/** The script reads a place from one line. */
function isOneLine({ name, path }: PlaceToLookAt): boolean {
  return /^\S+$/.test(name) && /^(\/|~)/.test(path) && !/[\n\r\0]/.test(path)
}

function shellEnd({ code, signal, startError }: ChildEnd): LinkEnd {
  if (startError !== undefined) return { code: 'AGENT_FAILED', why: `Cannot start sh: ${startError}` }
  return { code: 'AGENT_FAILED', why: `sh ended ${signal === null ? `with code ${code}` : `by ${signal}`}` }
}
