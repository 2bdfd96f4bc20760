import type { Cell } from '../../lib/cli/aligned.ts'
import { aligned } from '../../lib/cli/aligned.ts'
import type { Paint } from '../../lib/cli/paint.ts'
import { latencyText } from '../../lib/cli/quantities.ts'

/** One row of the closing table. */
export interface Figure {
  readonly what: string
  readonly figure: string
}

/** How the demo looks: numbered steps, and below each what happens, a line at a time. */
export class Screen {
  readonly paint: Paint
  readonly #write: (text: string) => void
  #steps = 0

  constructor(write: (text: string) => void, paint: Paint) {
    this.#write = write
    this.paint = paint
  }

  line(text = ''): void {
    this.#write(`${text}\n`)
  }

  step(name: string, says: string): void {
    this.line()
    this.line(`${this.paint.bold(`${++this.#steps}  ${name}`)}  ${this.paint.dim(says)}`)
  }

  /** A command as it would be typed. */
  command(words: readonly string[]): void {
    this.line(`   ${this.paint.cyan(`$ dsync ${words.join(' ')}`)}`)
  }

  /** What a command printed. */
  output(text: string): void {
    for (const line of text.trimEnd().split('\n')) this.line(line === '' ? '' : `     ${line}`)
  }

  /** One thing that came to pass. */
  event(where: string, what: string, path: string, ms: number): void {
    this.line(
      `   ${where.padEnd(14)}${what.padEnd(22)}${path.padEnd(34)}${this.paint.bold(latencyText(ms).padStart(8))}`,
    )
  }

  /** One version of a file, and where it lies. */
  version(where: string, text: string, file: string): void {
    this.line(`   ${where.padEnd(14)}${text.padEnd(22)}${this.paint.dim(file)}`)
  }

  /** What was seen to be so. */
  seen(text: string): void {
    this.line(`   ${this.paint.green('✔')} ${text}`)
  }

  table(rows: readonly (Figure & { readonly verdict: 'ok' | 'failed' | 'not reached' })[]): void {
    const heads = ['WHAT', 'FIGURE', 'VERDICT'].map((text): Cell => ({ text, paint: 'dim' }))
    const colours = { ok: 'green', failed: 'red', 'not reached': 'yellow' } as const
    const cells = rows.map(({ what, figure, verdict }): Cell[] => [
      what,
      figure,
      { text: verdict, paint: colours[verdict] },
    ])
    this.line()
    for (const line of aligned([heads, ...cells], this.paint)) this.line(line)
  }
}
