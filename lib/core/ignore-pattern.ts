/** One line of an ignore file, as git reads it (gitignore(5); wildmatch.c of git 2.47). */
export interface IgnorePattern {
  /** The line as written. */
  readonly text: string
  /** From 1. */
  readonly line: number
  /** It takes back what an earlier line says. */
  readonly isNegative: boolean
  readonly onlyDirectories: boolean
  /** @param path from the directory that the line belongs to @param name its last part */
  readonly matches: (path: string, name: string) => boolean
}

/** The patterns of a text, in order; comments, empty lines and a byte order mark left out. */
export function ignorePatterns(text: string): readonly IgnorePattern[] {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap((line, index) => ignorePattern(line.replace(/\r$/, ''), index + 1) ?? [])
}

/** Undefined for a line that says nothing. */
export function ignorePattern(text: string, line: number): IgnorePattern | undefined {
  if (text.startsWith('#')) return undefined
  const trimmed = withoutTrailingSpaces(text)
  const isNegative = trimmed.startsWith('!')
  const rest = isNegative ? trimmed.slice(1) : trimmed
  const onlyDirectories = rest.endsWith('/')
  const pattern = onlyDirectories ? rest.slice(0, -1) : rest
  if (pattern === '') return undefined
  const isAnchored = pattern.includes('/')
  const matches = matcher(pattern.startsWith('/') ? pattern.slice(1) : pattern)
  return {
    text: trimmed,
    line,
    isNegative,
    onlyDirectories,
    matches: isAnchored ? path => matches(path) : (_, name) => matches(name),
  }
}

/** Spaces at the end count only where a backslash stands before them. */
function withoutTrailingSpaces(text: string): string {
  let end = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === ' ') continue
    end = Math.min(at + 1, text.length)
  }
  return text.slice(0, end)
}

/**
 * `star`: any characters of a name · `all`: any characters, slashes too · `parents`: nothing, or what follows it, which is
 * `inside`: any characters up to and with a slash.
 */
type Token = string | ((character: string) => boolean) | { readonly any: 'star' | 'all' | 'parents' | 'inside' }

function matcher(pattern: string): (text: string) => boolean {
  const special = pattern.search(/[*?[\\]/)
  if (special < 0) return text => text === pattern
  if (/^\*[^*?[\\/]*$/.test(pattern)) {
    const suffix = pattern.slice(1)
    return text => text.endsWith(suffix) && !text.slice(0, text.length - suffix.length).includes('/')
  }
  if (/^\*\*\/[^*?[\\]+$/.test(pattern)) {
    const rest = pattern.slice('**/'.length)
    return text => text === rest || (text.endsWith(rest) && text[text.length - rest.length - 1] === '/')
  }
  const prefix = pattern.slice(0, special)
  const tokens = tokensOf(pattern.slice(special))
  if (tokens === undefined) return () => false
  return text => text.startsWith(prefix) && matchesAll(tokens, text.slice(prefix.length))
}

/** Undefined for a pattern that matches nothing: a class without an end, a backslash before nothing. */
function tokensOf(pattern: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  for (let at = 0; at < pattern.length;) {
    const character = pattern[at] as string
    if (character === '*') {
      const from = at
      while (pattern[at] === '*') at++
      const token = starOf(pattern, from, at)
      tokens.push(token)
      if (token !== parents) continue
      tokens.push(inside)
      at++
    } else if (character === '[') {
      const read = readClass(pattern, at)
      if (read === undefined) return undefined
      tokens.push(read.token)
      at = read.end
    } else if (character === '\\') {
      const next = pattern[at + 1]
      if (next === undefined) return undefined
      tokens.push(next)
      at += 2
    } else {
      tokens.push(character === '?' ? isInName : character)
      at++
    }
  }
  return tokens
}

const star: Token = { any: 'star' }
const all: Token = { any: 'all' }
const parents: Token = { any: 'parents' }
const inside: Token = { any: 'inside' }

/** Two stars are more than one only as a whole part of the path. */
function starOf(pattern: string, from: number, end: number): Token {
  const isPart = end - from > 1 && (from === 0 || pattern[from - 1] === '/')
  if (!isPart) return star
  if (end === pattern.length) return all
  return pattern[end] === '/' ? parents : star
}

function isInName(character: string): boolean {
  return character !== '/'
}

function readClass(pattern: string, open: number): { readonly token: Token; readonly end: number } | undefined {
  const isNegative = pattern[open + 1] === '!' || pattern[open + 1] === '^'
  const first = open + (isNegative ? 2 : 1)
  const tests: ((character: string) => boolean)[] = []
  let last: string | undefined
  for (let at = first; at < pattern.length;) {
    if (pattern[at] === ']' && at > first) {
      const token: Token = character => character !== '/' && tests.some(test => test(character)) !== isNegative
      return { token, end: at + 1 }
    }
    if (pattern.startsWith('[:', at)) {
      const close = pattern.indexOf(']', at + 2)
      if (close < 0) return undefined
      if (pattern[close - 1] === ':' && close - 1 > at + 1) {
        const named = namedClasses[pattern.slice(at + 2, close - 1)]
        if (named === undefined) return undefined
        tests.push(character => named.test(character))
        last = undefined
        at = close + 1
        continue
      }
    }
    const next = pattern[at + 1]
    if (pattern[at] === '-' && last !== undefined && next !== undefined && next !== ']') {
      const isEscaped = next === '\\'
      const high = isEscaped ? pattern[at + 2] : next
      if (high === undefined) return undefined
      const low = last
      tests.push(character => low <= character && character <= high)
      last = undefined
      at += isEscaped ? 3 : 2
      continue
    }
    const isEscaped = pattern[at] === '\\'
    const literal = pattern[isEscaped ? at + 1 : at]
    if (literal === undefined) return undefined
    tests.push(character => character === literal)
    last = literal
    at += isEscaped ? 2 : 1
  }
  return undefined
}

const namedClasses: Readonly<Record<string, RegExp>> = {
  alnum: /^[A-Za-z0-9]$/,
  alpha: /^[A-Za-z]$/,
  blank: /^[ \t]$/,
  cntrl: /^\p{Cc}$/u,
  digit: /^[0-9]$/,
  graph: /^[!-~]$/,
  lower: /^[a-z]$/,
  print: /^[ -~]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[ \t\n\v\f\r]$/,
  upper: /^[A-Z]$/,
  xdigit: /^[0-9A-Fa-f]$/,
}

/**
 * Whether the tokens are the whole text. All places where the pattern may stand are followed at once, so the cost is
 * bounded by length times length whatever the other side writes into a pattern.
 */
function matchesAll(tokens: readonly Token[], text: string): boolean {
  let places = reached(tokens, new Set([0]))
  for (let at = 0; at < text.length && places.size > 0; at++) {
    const character = text[at] as string
    const next = new Set<number>()
    for (const place of places) {
      const token = tokens[place]
      if (typeof token === 'object') {
        if (token.any === 'all' || token.any === 'inside' || (token.any === 'star' && character !== '/'))
          next.add(place)
        if (token.any === 'inside' && character === '/') next.add(place + 1)
      } else if (typeof token === 'function' ? token(character) : token === character) next.add(place + 1)
    }
    places = reached(tokens, next)
  }
  return places.has(tokens.length)
}

/** The places, and those reached from them without taking a character. */
function reached(tokens: readonly Token[], places: ReadonlySet<number>): Set<number> {
  const found = new Set(places)
  for (const place of found) {
    const token = tokens[place]
    if (typeof token !== 'object' || token.any === 'inside') continue
    found.add(place + 1)
    if (token.any === 'parents') found.add(place + 2)
  }
  return found
}
