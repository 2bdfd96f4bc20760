/** Colours a text for a terminal, or leaves it alone. */
export interface Paint {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly cyan: (text: string) => string
}

export type Colour = keyof Paint

const plainly = (text: string): string => text

export const plain: Paint = {
  bold: plainly,
  dim: plainly,
  red: plainly,
  green: plainly,
  yellow: plainly,
  cyan: plainly,
}

/** The sixteen colours every terminal has, as its user set them (ECMA-48 SGR). */
export const coloured: Paint = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
  cyan: sgr(36, 39),
}

function sgr(on: number, off: number): (text: string) => string {
  return text => (text === '' ? text : `\u001b[${on}m${text}\u001b[${off}m`)
}
