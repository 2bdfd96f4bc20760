import { closeSync, fchmodSync, fstatSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs'
import { codeOf } from '../core/errors.ts'
import type { LogEvent } from '../ports/log.ts'
import { safeJson } from './safe-json.ts'

/** A log file of a daemon: one JSON object a line, 0600, rotated by size. */
export interface AuditLog {
  /** Takes a line. Never throws and never waits for the disk: what cannot be written is counted. */
  log(event: LogEvent): void
  /** Lines lost since the start. */
  dropped(): number
  /** Writes what is waiting. Call it before the process ends. */
  flush(): void
  close(): void
}

export interface AuditLogOptions {
  /** A file is put aside as `PATH.1` when the next lines would make it larger (bytes). */
  readonly maxBytes: number
  /** How many files are kept aside; `PATH.1` is the newest. */
  readonly keep: number
}

/** Lines that may wait for the disk; more are dropped and counted. */
const waitingLimit = 20_000

/** How long lines gather before they are written together (ms). */
const gatherMs = 20

/**
 * Opens a log, which also works where it cannot be written (every line is then dropped, and tried anew).
 * Lines are written some milliseconds later and together, so that a burst of changes is not a burst of system calls.
 */
export function openAuditLog(path: string, options: AuditLogOptions): AuditLog {
  let waiting: string[] = []
  let dropped = 0
  let timer: NodeJS.Timeout | undefined
  const file = new RotatedFile(path, options)

  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    const lines = waiting
    waiting = []
    if (lines.length > 0 && !file.append(lines.join(''))) dropped += lines.length
  }
  return {
    log(event) {
      if (waiting.length >= waitingLimit) flush()
      waiting.push(lineOf(event))
      timer ??= setTimeout(flush, gatherMs)
    },
    dropped: () => dropped,
    flush,
    close() {
      flush()
      file.close()
    },
  }
}

/** A line with a readable time first; details that JSON cannot hold are named instead. */
export function lineOf(event: LogEvent): string {
  const { at, ...rest } = event
  const time = Number.isFinite(at) ? new Date(at).toISOString() : null
  try {
    return `${safeJson({ time, ...rest })}\n`
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return `${safeJson({ time, level: event.level, event: event.event, problem: error.message })}\n`
  }
}

class RotatedFile {
  readonly #path: string
  readonly #options: AuditLogOptions
  #file: number | undefined
  #inode = 0
  #bytes = 0
  /** The file ends within a line: the next text begins on a new one. */
  #torn = false

  constructor(path: string, options: AuditLogOptions) {
    this.#path = path
    this.#options = options
  }

  /** False when the disk would not take it. */
  append(text: string): boolean {
    try {
      let file = this.#open()
      if (this.#bytes > 0 && this.#bytes + Buffer.byteLength(text) > this.#options.maxBytes) {
        this.#rotate()
        file = this.#open()
      }
      this.#write(file, Buffer.from(this.#torn ? `\n${text}` : text))
      return true
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      this.close()
      return false
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #write(file: number, bytes: Buffer): void {
    for (let written = 0; written < bytes.length;) {
      this.#torn = true
      const count = writeSync(file, bytes, written)
      written += count
      this.#bytes += count
    }
    this.#torn = false
  }

  /** The file that is called so now: somebody may have moved or removed the one that was open. */
  #open(): number {
    const present = statSync(this.#path, { throwIfNoEntry: false })
    if (this.#file !== undefined && present?.ino === this.#inode) return this.#file
    this.close()
    const file = openSync(this.#path, 'a+', 0o600)
    this.#file = file
    fchmodSync(file, 0o600)
    const { ino, size } = fstatSync(file)
    this.#inode = ino
    this.#bytes = size
    this.#torn = size > 0 && lastByte(file, size) !== 10
    return file
  }

  #rotate(): void {
    this.close()
    for (let i = this.#options.keep; i > 0; i--) {
      move(i === 1 ? this.#path : `${this.#path}.${i - 1}`, `${this.#path}.${i}`)
    }
  }
}

function lastByte(file: number, size: number): number | undefined {
  const byte = Buffer.alloc(1)
  return readSync(file, byte, 0, 1, size - 1) === 1 ? byte[0] : undefined
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}
