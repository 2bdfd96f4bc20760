import { renameSync, writeFileSync } from 'node:fs'
import { codeOf } from '../core/errors.ts'
import { promptBeatSeconds, promptLine } from './prompt-text.ts'

/** Something that happens is seldom alone: the file is written so much later (ms). */
const gatherMs = 300

/**
 * Keeps `run/prompt`, by which shells show how things stand without starting a process. It is written when its text
 * changes, and once a minute to say that the daemon lives; whoever reads it finds the old line or the new one whole.
 */
export class PromptFile {
  readonly #path: string
  readonly #text: () => string
  readonly #beat: NodeJS.Timeout
  #written: string | undefined
  #soon: NodeJS.Timeout | undefined
  #closed = false

  /**
   * @param text what the prompt says now
   * @param beat called each time that the daemon says that it lives
   */
  constructor(path: string, text: () => string, beat: () => void) {
    this.#path = path
    this.#text = text
    this.#beat = setInterval(() => {
      this.#write(text(), process.pid)
      beat()
    }, promptBeatSeconds * 1000)
    this.#beat.unref()
  }

  /** Something may have changed. */
  touch(): void {
    if (this.#closed) return
    this.#soon ??= setTimeout(() => this.#look(), gatherMs).unref()
  }

  /** Says that the daemon has stopped. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#beat)
    clearTimeout(this.#soon)
    this.#write('stopped', 0)
  }

  #look(): void {
    this.#soon = undefined
    const text = this.#text()
    if (text !== this.#written) this.#write(text, process.pid)
  }

  /** A disk that takes nothing must not end the daemon: then the line grows old, and shells say that it is away. */
  #write(text: string, pid: number): void {
    this.#written = text
    const part = `${this.#path}.part`
    try {
      writeFileSync(part, promptLine(Date.now() / 1000, pid, text), { mode: 0o600 })
      renameSync(part, this.#path)
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      this.#written = undefined
    }
  }
}
