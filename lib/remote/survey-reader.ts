import { noiseBytesLimit } from '../protocol/bounds.ts'

/** Most that a survey may say (bytes), its longest line that is kept (characters), and most of its lines. */
const surveyBytesLimit = 1024 * 1024
const lineLimit = 16 * 1024
const linesLimit = 4096

/** Finds the lines of a survey in what a machine prints, whatever its login shell printed before and between them. */
export class SurveyReader {
  readonly #mark: string
  #text = ''
  #seen = 0
  #lines = 0

  constructor(nonce: string) {
    this.#mark = `dsync-survey ${nonce} `
  }

  /** The lines that are whole by now, without their marks; undefined when it says more than any survey does. */
  push(bytes: Uint8Array): readonly string[] | undefined {
    this.#seen += bytes.length
    this.#text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    const found: string[] = []
    for (let end = this.#text.indexOf('\n'); end >= 0; end = this.#text.indexOf('\n')) {
      const line = this.#text.slice(0, end)
      this.#text = this.#text.slice(end + 1)
      const at = line.indexOf(this.#mark)
      if (at < 0) continue
      const said = line.slice(at + this.#mark.length, at + this.#mark.length + lineLimit)
      found.push(Buffer.from(said, 'latin1').toString().trimEnd())
    }
    this.#lines += found.length
    const limit = this.#lines === 0 ? noiseBytesLimit : surveyBytesLimit
    return this.#seen > limit || this.#lines > linesLimit ? undefined : found
  }
}
