import type { Node, ParseError } from 'jsonc-parser'
import { findNodeAtLocation, getNodeValue, parseTree, printParseErrorCode } from 'jsonc-parser'
import { SyncError, codeOf } from '../core/errors.ts'
import type { Config, HostConfig, ReadConfig, RootConfig } from './config.ts'
import type { Finding } from './config-findings.ts'
import { contradictions, schemaFindings } from './config-findings.ts'
import type { KitHome } from './kit-home.ts'
import { problemNext, problemPlace } from './config-problem.ts'
import { pathLines } from './paths-file.ts'
import { readPrivateFile } from './private-file.ts'
import type { ConfigProblem } from './verbs.ts'

/** Reads both files of a home that people edit, and names every mistake in them. Files that are missing say nothing. */
export function readConfig(home: KitHome): ReadConfig {
  return checkTexts(home, {})
}

/** As `readConfig`, with other texts in the place of what the files hold. */
export function checkTexts(home: KitHome, texts: { readonly config?: string; readonly paths?: string }): ReadConfig {
  const configText = texts.config ?? readOrProblem(home.config)
  const pathsText = texts.paths ?? readOrProblem(home.paths)
  const unreadable = [configText, pathsText].flatMap(text => (typeof text === 'string' ? [] : [text]))
  if (typeof configText !== 'string' || typeof pathsText !== 'string') return { problems: unreadable }
  return checkConfig({ config: { file: home.config, text: configText }, paths: { file: home.paths, text: pathsText } })
}

/** As `readConfig`; throws USAGE with the first mistake when there is one, for commands that are about to edit. */
export function requireConfig(home: KitHome): Config {
  const { config, problems } = readConfig(home)
  const [first] = problems
  if (config !== undefined && first === undefined) return config
  throw unusable(problems)
}

/** USAGE with the first of some mistakes. */
export function unusable(problems: readonly ConfigProblem[]): SyncError {
  const [first] = problems
  if (first === undefined) return new SyncError('INVARIANT', 'No mistake in the settings', { verdict: 'bug' })
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  return new SyncError('USAGE', `Cannot use ${problemPlace(first)}: ${first.message}${more}`, {
    hint: problems.length > 1 ? 'dsync config check' : problemNext(first),
  })
}

export interface SourceText {
  readonly file: string
  readonly text: string
}

/** Checks the texts of `config.json` and `paths.txt`. Pure. */
export function checkConfig(source: { readonly config: SourceText; readonly paths: SourceText }): ReadConfig {
  const { file } = source.config
  const text = source.config.text.trim() === '' ? '{}' : source.config.text
  const errors: ParseError[] = []
  const tree = parseTree(text, errors, { allowTrailingComma: true })
  if (errors.length > 0) return { problems: syntaxProblems(file, text, errors) }
  const place = (finding: Finding): ConfigProblem => {
    const { message, hint } = finding
    return { file, ...positionOf(text, tree, finding), message, ...(hint === undefined ? {} : { hint }) }
  }
  const value: unknown = tree === undefined ? undefined : getNodeValue(tree)
  const problems = [...schemaFindings(value).map(place), ...pathProblems(source.paths)]
  if (problems.length > 0) return { problems }
  const config = settingsOf(
    value,
    pathLines(source.paths.text).map(line => line.path),
  )
  const contradicting = contradictions(config).map(place)
  return contradicting.length > 0 ? { problems: contradicting } : { config, problems: [] }
}

/** One problem for each place: the parser repeats itself at the end of a text that breaks off. */
function syntaxProblems(file: string, text: string, errors: readonly ParseError[]): ConfigProblem[] {
  const byPlace = new Map(errors.map(error => [error.offset, error]))
  return [...byPlace.values()].map(error => ({ file, ...position(text, error.offset), message: syntaxMessage(error) }))
}

function pathProblems({ file, text }: SourceText): ConfigProblem[] {
  return pathLines(text).flatMap(({ path, line }) => {
    return /^(\/|~(\/|$))/.test(path)
      ? []
      : [{ file, line, column: 1, message: `${JSON.stringify(path)} is not absolute` }]
  })
}

function settingsOf(value: unknown, paths: readonly string[]): Config {
  const { name, hosts, roots, ssh, ignore, gitignore } = value as Partial<Config>
  return {
    ...(name === undefined ? {} : { name }),
    hosts: copyOf<HostConfig>(hosts),
    ...(ssh === undefined ? {} : { ssh }),
    ...(ignore === undefined ? {} : { ignore }),
    ...(gitignore === undefined ? {} : { gitignore }),
    roots: copyOf<RootConfig>(roots),
    paths,
  }
}

/** Without a prototype, so that a name such as `constructor` is only there when somebody wrote it. */
function copyOf<T>(values: Readonly<Record<string, T>> | undefined): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, values)
}

/** Where a value begins in the text of `config.json`; undefined when it is not there. Lines and columns count from 1. */
export function valuePosition(
  text: string,
  path: readonly string[],
): { readonly line: number; readonly column: number } | undefined {
  const tree = parseTree(text, [], { allowTrailingComma: true })
  const node = tree === undefined ? undefined : findNodeAtLocation(tree, [...path])
  return node === undefined ? undefined : position(text, node.offset)
}

function positionOf(text: string, tree: Node | undefined, { path, key }: Finding): { line: number; column: number } {
  if (tree === undefined) return position(text, 0)
  let node = tree
  for (const part of path) {
    const at = node.type === 'array' ? Number(part) : part
    const next = findNodeAtLocation(node, [at])
    if (next === undefined) break
    node = next
  }
  const property = key === undefined ? undefined : findNodeAtLocation(node, [key])?.parent
  return position(text, (property ?? node).offset)
}

function position(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

function syntaxMessage(error: ParseError): string {
  const words = printParseErrorCode(error.error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return `it is not JSON: ${words}`
}

function readOrProblem(file: string): string | ConfigProblem {
  try {
    return readPrivateFile(file) ?? ''
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    return { file, message: `it cannot be read (${code})` }
  }
}
