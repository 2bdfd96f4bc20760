import { appendFileSync, statSync, truncateSync } from 'node:fs'
import { codeOf } from '../core/errors.ts'
import type { KitHome } from './kit-home.ts'

/** The file is started anew above this, and one run writes at most so much into it (bytes). */
const logBytes = 4 * 1024 * 1024
const runBytes = 1024 * 1024

/** What one run of a command prints, in the home. A full disk costs the output, not the run. */
export class AfterSyncLog {
  readonly #file: string
  #left = runBytes

  /** @param headline what is run, one line */
  constructor({ afterSyncLog: file }: KitHome, headline: string) {
    this.#file = file
    try {
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > logBytes) truncateSync(file)
    } catch (error) {
      if (codeOf(error) === undefined) throw error
    }
    this.note(headline)
  }

  /** A line of ours, whatever was printed before. */
  note(line: string): void {
    this.#append(`== ${new Date().toISOString()} ${line}\n`)
  }

  write(bytes: Buffer): void {
    if (this.#left <= 0) return
    this.#append(bytes.subarray(0, this.#left))
    this.#left -= bytes.length
    if (this.#left <= 0) this.#append('\n== the rest is left out\n')
  }

  #append(text: string | Buffer): void {
    try {
      appendFileSync(this.#file, text, { mode: 0o600 })
    } catch (error) {
      if (codeOf(error) === undefined) throw error
    }
  }
}
