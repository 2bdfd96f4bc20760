import { parse } from 'dotenv'

/** What a file of variables sets, and what is wrong with it, by line. */
export interface EnvText {
  readonly values: Readonly<Record<string, string>>
  readonly problems: readonly { readonly line: number; readonly message: string }[]
}

const assignment = /^\s*(?:export\s+)?([^\s=:]+)\s*=\s*(.*)$/
const portableName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Reads `NAME=value` lines as dotenv does, but passes over none that it does not understand. Messages hold no values. */
export function readEnvText(text: string): EnvText {
  const values: Record<string, string> = Object.create(null)
  const lineOf = new Map<string, number>()
  const problems: { line: number; message: string }[] = []
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n?|\n/)
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1
    const first = lines[at] ?? ''
    if (/^\s*(#|$)/.test(first)) continue
    const wrong = (message: string): void => void problems.push({ line, message })
    const [, name, value = ''] = assignment.exec(first) ?? []
    if (name === undefined) {
      wrong('it is not NAME=value')
      continue
    }
    const end = endOfValue(lines, at, value)
    if (end === undefined) {
      wrong(`the quote after ${name}= is not closed`)
      continue
    }
    const before = lineOf.get(name)
    const trouble = nameTrouble(name) ?? (before === undefined ? undefined : `${name} is set in line ${before} already`)
    const all = parse(lines.slice(at, end + 1).join('\n'))
    const read = Object.hasOwn(all, name) ? all[name] : undefined
    if (trouble !== undefined) wrong(trouble)
    else if (read === undefined || read.includes('\0')) wrong(`what ${name} is set to cannot be read`)
    else values[name] = read
    lineOf.set(name, before ?? line)
    at = end
  }
  return { values, problems }
}

function nameTrouble(name: string): string | undefined {
  if (!portableName.test(name)) return `${JSON.stringify(name)} cannot be the name of a variable`
  if (name === 'HOME') return 'HOME cannot be set here: it says where this file lies'
  if (name.startsWith('DSYNC_')) return `${name} means nothing here`
  return undefined
}

/** The line in which a value ends that begins in this one: a quoted one may go on. Undefined when its quote is not closed. */
function endOfValue(lines: readonly string[], at: number, value: string): number | undefined {
  const quote = /^["'`]/.exec(value)?.[0]
  if (quote === undefined) return at
  const closes = new RegExp(`^(?:\\\\${quote}|[^${quote}])*${quote}`)
  if (closes.test(value.slice(1))) return at
  let rest = value.slice(1)
  for (let end = at + 1; end < lines.length; end++) {
    rest += `\n${lines[end] ?? ''}`
    if (closes.test(rest)) return end
  }
  return undefined
}
