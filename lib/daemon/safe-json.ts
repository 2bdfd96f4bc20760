/**
 * What a terminal would act on instead of showing: C0 and C1 controls and DEL, line and paragraph separators, marks that
 * reorder or hide text (bidirectional controls, zero-width space, word joiner, byte order mark, tags), and lone surrogates.
 */
export const unsafeCharacters =
  // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]|\p{Cs}/gu

/** JSON that means the same and is safe to show: names that others chose reach logs and terminals. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(unsafeCharacters, character => {
    if (character === '\n') return character
    return Array.from({ length: character.length }, (_, i) => unit(character.charCodeAt(i))).join('')
  })
}

function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`
}
