import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

/**
 * What a user did, one JSON object a line, in order. Versions are named by the digest of their content, or `link:`
 * with a link's target: no two writes ever make the same.
 */
export type Line =
  /** Written and closed at a path. `ignored`: in a place that dsync must leave alone. */
  | { readonly did: 'wrote'; readonly version: string; readonly path: string; readonly ignored?: true }
  /** The user overwrote or deleted this version: nobody has to keep it. */
  | { readonly did: 'ended'; readonly version: string }
  /** The user overwrote or deleted what stood at a path, and it was not what was read there a moment before. */
  | { readonly did: 'ended-unseen'; readonly path: string }
  /** The user changed what stands at these paths other than by writing there. */
  | { readonly did: 'touched'; readonly how: string; readonly paths: readonly string[] }

export type Record = Line & { readonly at: number }

/** Writes a record as it happens: what a killed process did is known up to its last line. */
export class Recorder {
  readonly #file: number

  constructor(path: string) {
    this.#file = openSync(path, 'a', 0o600)
  }

  add(line: Line): void {
    writeSync(this.#file, `${JSON.stringify({ ...line, at: Date.now() })}\n`)
  }

  close(): void {
    closeSync(this.#file)
  }
}

export function readRecords(path: string): Record[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap(line => (line === '' ? [] : [JSON.parse(line) as Record]))
}
