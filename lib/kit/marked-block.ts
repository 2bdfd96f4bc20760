import { SyncError } from '../core/errors.ts'

/** Lines of ours in a text file of somebody else, between two lines that mark them. */
export interface MarkedBlock {
  /** Tells it from other blocks of the same file: `dsync`, or `dsync verify`. */
  readonly name: string
  readonly lines: readonly string[]
}

interface Place {
  /** Where the first marker's line begins. */
  readonly from: number
  /** Where the last marker's line ends, its line ending left out. */
  readonly to: number
}

/**
 * A text with the block in it: in the place of the one that is there, else as last lines. Everything else stays byte for
 * byte, a missing line ending at the end too. Lines end as those of the text do.
 * Throws REFUSED when a block begins and does not end.
 */
export function withBlock(text: string, block: MarkedBlock): string {
  const [first, ...rest] = placesOf(text, block.name)
  if (first !== undefined) {
    const after = rest.toReversed().reduce(cut, text)
    return after.slice(0, first.from) + ownLines(block, lineEnding(text.slice(first.from))) + after.slice(first.to)
  }
  // A lone carriage return at the end must not become half of a line ending.
  const eol = text.endsWith('\r') ? '\r\n' : lineEnding(text)
  const own = ownLines(block, eol)
  return text === '' || text.endsWith('\n') ? `${text}${own}${eol}` : `${text}${eol}${own}`
}

/** A text as it was before `withBlock`. Without a block it stays as it is. Throws REFUSED as `withBlock` does. */
export function withoutBlock(text: string, name: string): string {
  return placesOf(text, name).toReversed().reduce(cut, text)
}

/** The lines of a block, or undefined where there is none. Throws REFUSED as `withBlock` does. */
export function blockIn(text: string, name: string): string[] | undefined {
  const [place] = placesOf(text, name)
  return place && text.slice(place.from, place.to).split(/\r?\n/).slice(1, -1)
}

/** A text whose first line is this one; where the same line stands further down it goes. */
export function withFirstLine(text: string, line: string): string {
  return `${line}${lineEnding(text)}${withoutLine(text, line)}`
}

/** A text without any line that is this one. */
export function withoutLine(text: string, line: string): string {
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).filter(each => each.replace(/\r?\n$/, '') !== line).join('')
}

function ownLines({ name, lines }: MarkedBlock, eol: string): string {
  return [beginning(name), ...lines, ending(name)].join(eol)
}

function beginning(name: string): string {
  return `# >>> ${name} >>>`
}

function ending(name: string): string {
  return `# <<< ${name} <<<`
}

/** As the first line of a text ends. */
function lineEnding(text: string): '\n' | '\r\n' {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n'
}

/** Takes a block and one line ending beside it: the one after it, or for the last line of a text the one before it. */
function cut(text: string, { from, to }: Place): string {
  const after = /^\r?\n/.exec(text.slice(to))
  if (after !== null) return text.slice(0, from) + text.slice(to + after[0].length)
  return text.slice(0, from).replace(/\r?\n$/, '') + text.slice(to)
}

function placesOf(text: string, name: string): Place[] {
  const places: Place[] = []
  let from: number | undefined
  let at = 0
  for (const line of text.split('\n')) {
    const bare = line.replace(/\r$/, '')
    if (bare === beginning(name) && from === undefined) from = at
    else if (bare === ending(name) && from !== undefined) {
      places.push({ from, to: at + bare.length })
      from = undefined
    }
    at += line.length + 1
  }
  if (from === undefined) return places
  const line = text.slice(0, from).split('\n').length
  throw new SyncError('REFUSED', `Line ${line} begins a block '${name}' that does not end`, {
    hint: `Remove that line, or end the block with a line: ${ending(name)}`,
  })
}
