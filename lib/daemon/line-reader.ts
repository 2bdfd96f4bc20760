import { SyncError } from '../core/errors.ts'

/** Cuts a byte stream into lines of UTF-8, none longer than a limit (bytes). */
export class LineReader {
  readonly #limit: number
  #parts: Buffer[] = []
  #held = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The lines that these bytes complete. Throws PROTOCOL once a line passes the limit, before keeping any of it. */
  push(bytes: Buffer): string[] {
    const lines: string[] = []
    let from = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      this.#hold(bytes.subarray(from, end))
      lines.push(Buffer.concat(this.#parts, this.#held).toString('utf8'))
      this.#parts = []
      this.#held = 0
      from = end + 1
    }
    if (from < bytes.length) this.#hold(bytes.subarray(from))
    return lines
  }

  #hold(bytes: Buffer): void {
    if (this.#held + bytes.length > this.#limit) {
      throw new SyncError('PROTOCOL', `A line is longer than ${this.#limit} bytes`)
    }
    this.#parts.push(bytes)
    this.#held += bytes.length
  }
}
