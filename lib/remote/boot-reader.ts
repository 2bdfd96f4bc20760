import { noiseBytesLimit } from '../protocol/bounds.ts'

/** One line of the loader or of the script before it. */
export type BootWord =
  | { readonly type: 'need'; readonly platform: string }
  | { readonly type: 'ready' }
  /** No runtime: which ones were found that are too old. */
  | { readonly type: 'none'; readonly seen: string }
  /** A newer dsync is in use there: its version. Nothing was written. */
  | { readonly type: 'newer'; readonly version: string }
  | { readonly type: 'failed'; readonly why: string }

/** A login shell may print more than this (bytes) only to somebody else. */
const limit = noiseBytesLimit

/** Longest that is kept of one answer (characters). */
const wordsLimit = 500

/** Finds the lines of a boot in what the other host prints, whatever its login shell printed before them. */
export class BootReader {
  readonly #mark: string
  #text = ''

  constructor(nonce: string) {
    this.#mark = `dsync-boot ${nonce} `
  }

  /**
   * What the bytes say. After `ready` everything belongs to the agent: those bytes are `rest`.
   * `overflow`: nothing of ours came within the limit.
   */
  push(bytes: Uint8Array): {
    readonly words: readonly BootWord[]
    readonly rest?: Uint8Array
    readonly overflow?: true
  } {
    this.#text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    const words: BootWord[] = []
    for (;;) {
      const at = this.#text.indexOf(this.#mark)
      const end = at < 0 ? -1 : this.#text.indexOf('\n', at)
      if (end < 0) return this.#text.length > limit ? { words, overflow: true } : { words }
      const word = wordOf(this.#text.slice(at + this.#mark.length, end))
      this.#text = this.#text.slice(end + 1)
      if (word !== undefined) words.push(word)
      if (word?.type === 'ready') return { words, rest: Buffer.from(this.#text, 'latin1') }
    }
  }

  /** The beginning of what came and was not ours, for people. */
  noise(): string {
    return this.#text.slice(0, 200)
  }
}

function wordOf(line: string): BootWord | undefined {
  const [type, ...rest] = line.split(' ')
  const text = Buffer.from(rest.join(' ').slice(0, wordsLimit), 'latin1').toString().trim()
  switch (type) {
    case 'need':
      return { type, platform: text }
    case 'ready':
      return { type }
    case 'none':
      return { type, seen: text.replace(/,$/, '') }
    case 'newer':
      return { type, version: text }
    case 'failed':
      return { type, why: text }
    default:
      return undefined
  }
}
