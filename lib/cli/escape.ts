import { unsafeCharacters } from '../daemon/safe-json.ts'

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' }

/**
 * A text that somebody else chose (a path, a host's message, a file's line), safe to print on a terminal and one line long.
 * Bytes that are not UTF-8 (lone surrogates U+DC80–DCFF, see core/path.ts) show as `\xHH`.
 */
export function escape(text: string): string {
  return text.replace(unsafeCharacters, character => short[character] ?? coded(character.codePointAt(0) ?? 0))
}

function coded(code: number): string {
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  return `\\u{${code.toString(16)}}`
}
