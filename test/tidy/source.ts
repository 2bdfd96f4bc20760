import { posix } from 'node:path'

/** A TypeScript file as the rules see it. */
export interface Source {
  /** From the top of the checkout, with '/'. */
  readonly path: string
  readonly text: string
  /** `text` with comments and the insides of strings blanked, every character at its place. */
  readonly bare: string
  readonly imports: readonly Import[]
}

export interface Import {
  readonly specifier: string
  /** From the top of the checkout; undefined for packages and builtins. */
  readonly target: string | undefined
  /** What stands between `import` and `from`. */
  readonly clause: string
}

export function source(path: string, text: string): Source {
  const bare = blanked(text)
  return { path, text, bare, imports: importsOf(path, text, bare) }
}

/** `import … from`, `export … from`, `import '…'`, `import('…')` (also as a type) and `require('…')`. */
const importing = /\b(?:import|export)\b(?<clause>[^'"`;]*?)\bfrom\s*['"]|\b(?:import|require)\s*\(?\s*['"]/g

function importsOf(path: string, text: string, bare: string): Import[] {
  return [...bare.matchAll(importing)].map(match => {
    const start = match.index + match[0].length
    const end = bare.indexOf(bare[start - 1] ?? '', start)
    const specifier = text.slice(start, end)
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined
    return { specifier, target, clause: match.groups?.['clause'] ?? '' }
  })
}

/** What begins none of these, and opens or closes nothing. */
const plain = /[^/'"`{}]+/y
const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const quoted = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y
const pattern = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
/** Text of a template up to the end or to a `${`. */
const template = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y

/** Before a `/` these mean that it starts a regular expression, not a division. */
const beforePattern = /(?:^|[(,=:[!&|?{};+*%<>~^-]|\b(?:return|typeof|case|in|of|await|yield))\s*$/

/** Blanks comments whole and the insides of strings, templates and regular expressions; `${…}` stays code. */
function blanked(text: string): string {
  let out = ''
  /** For each template we are inside of: how many braces its `${` has open. */
  const braces: number[] = []
  const take = (token: RegExp, at: number): string | undefined => {
    token.lastIndex = at
    return token.exec(text)?.[0]
  }
  while (out.length < text.length) {
    out += take(plain, out.length) ?? ''
    const at = out.length
    const character = text[at] ?? ''
    const depth = braces.at(-1)
    const said = take(comment, at)
    const string = take(quoted, at) ?? (beforePattern.test(out.slice(-40)) ? take(pattern, at) : undefined)
    if (said !== undefined) out += blank(said)
    else if (string !== undefined) out += character + blank(string.slice(1, -1)) + character
    else if (character === '`' || (character === '}' && depth === 0)) {
      if (character === '}') braces.pop()
      const inside = take(template, at + 1) ?? text.slice(at + 1)
      const opens = inside.endsWith('${')
      if (opens) braces.push(0)
      out += character + blank(inside.slice(0, opens ? -2 : -1)) + inside.slice(opens ? -2 : -1)
    } else {
      if (depth !== undefined && character === '{') braces[braces.length - 1] = depth + 1
      if (depth !== undefined && character === '}') braces[braces.length - 1] = depth - 1
      out += character
    }
  }
  return out
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ')
}
