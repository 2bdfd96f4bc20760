import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { codeOf } from '../core/errors.ts'

/** How often a log is looked at (ms): a person watches, and some disks tell nobody of a write. */
const lookMs = 250

/** How far back the first lines are looked for, and how much is read at once (bytes). */
const backBytes = 1024 * 1024
const pieceBytes = 64 * 1024

/** A line that does not end is told in pieces of this length (characters). */
const longestLine = 64 * 1024

export interface Following {
  /** How many lines that are there already are told first. */
  readonly lines: number
  readonly onLine: (line: string) => void
  readonly signal: AbortSignal
}

/**
 * Tells every line that somebody adds to a text log. One that is not there yet is waited for, one that is started anew is
 * told from its beginning. Ends only by throwing: the signal's reason, or the system's error.
 */
export function followLog(file: string, { lines, onLine, signal }: Following): Promise<never> {
  const reader = new AddedLines(file)
  return new Promise((_resolve, reject) => {
    const end = (reason: unknown): void => {
      clearInterval(looks)
      signal.removeEventListener('abort', interrupted)
      reject(reason)
    }
    const interrupted = (): void => end(signal.reason)
    const look = (): void => {
      try {
        for (const line of reader.read()) onLine(line)
      } catch (error) {
        end(error)
      }
    }
    try {
      const first = reader.read()
      for (const line of lines === 0 ? [] : first.slice(-lines)) onLine(line)
    } catch (error) {
      return reject(error)
    }
    const looks = setInterval(look, lookMs)
    signal.addEventListener('abort', interrupted)
    if (signal.aborted) interrupted()
  })
}

/** The lines of a log that were not read yet. */
class AddedLines {
  readonly #file: string
  /** Where the next line begins (bytes); undefined until something was read. */
  #at: number | undefined
  /** Of the file that was read last. */
  #inode: number | undefined
  #decoder = new StringDecoder('utf8')
  #rest = ''

  constructor(file: string) {
    this.#file = file
  }

  /** Whole lines without their ends, oldest first. Throws the system's error, but not for a log that is not there. */
  read(): string[] {
    const open = this.#open()
    if (open === undefined) return []
    try {
      const { size, ino } = fstatSync(open)
      const isFirst = this.#at === undefined
      const from = isFirst ? Math.max(0, size - backBytes) : (this.#at ?? 0)
      const isAnother = this.#inode !== undefined && this.#inode !== ino
      this.#inode = ino
      if (size < from || isAnother) this.#again()
      else this.#at = from
      const lines = this.#added(open)
      // What stands before the first line that is looked for is the end of another.
      return isFirst && from > 0 ? lines.slice(1) : lines
    } finally {
      closeSync(open)
    }
  }

  #again(): void {
    this.#at = 0
    this.#rest = ''
    this.#decoder = new StringDecoder('utf8')
  }

  #added(open: number): string[] {
    const bytes = Buffer.alloc(pieceBytes)
    const lines: string[] = []
    for (;;) {
      const count = readSync(open, bytes, 0, bytes.length, this.#at ?? 0)
      if (count === 0) return lines
      this.#at = (this.#at ?? 0) + count
      const texts = (this.#rest + this.#decoder.write(bytes.subarray(0, count))).split('\n')
      this.#rest = texts.pop() ?? ''
      lines.push(...texts)
      if (this.#rest.length > longestLine) {
        lines.push(this.#rest)
        this.#rest = ''
      }
    }
  }

  #open(): number | undefined {
    try {
      return openSync(this.#file, 'r')
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
      // One that comes is read from its beginning.
      this.#again()
      return undefined
    }
  }
}
