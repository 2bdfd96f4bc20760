import type { Colour, Paint } from './paint.ts'

/** One cell: its text, and how to paint it once it has been padded. */
export type Cell = string | { readonly text: string; readonly paint: Colour }

/** Rows as lines whose columns stand below each other, two spaces apart. The last cell of a row is not padded. */
export function aligned(rows: readonly (readonly Cell[])[], paint: Paint, indent = '  '): string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, widthOf(textOf(cell)))))
  return rows.map(row => {
    const last = row.findLastIndex(cell => textOf(cell) !== '')
    const cells = row.slice(0, last + 1).map((cell, i) => {
      const padding = i === last ? '' : ' '.repeat((widths[i] ?? 0) - widthOf(textOf(cell)))
      return (typeof cell === 'string' ? cell : paint[cell.paint](cell.text)) + padding
    })
    return cells.length === 0 ? '' : indent + cells.join('  ')
  })
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text
}

const segmenter = new Intl.Segmenter()

/** Columns a text takes: one a character, two for East Asian wide ones and emoji. */
function widthOf(text: string): number {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += wide.test(segment) ? 2 : 1
  return width
}

const wide =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\u3000-\u303f\uff01-\uff60]/u
