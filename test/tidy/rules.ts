import { posix } from 'node:path'
import type { Source } from './source.ts'

/** What is wrong with one file, in words; nothing when all is well. */
export type Rule = (source: Source) => string[]

/** Patterns that must not occur in the code of a file, with what to say. */
function banned(source: Source, patterns: readonly (readonly [RegExp, string])[]): string[] {
  return patterns.filter(([pattern]) => pattern.test(source.bare)).map(([, says]) => says)
}

/** `lib/` starts programs by argument arrays: nothing a file name holds is ever read by a shell. */
export function noShell(source: Source): string[] {
  if (!source.path.startsWith('lib/')) return []
  const wrong = banned(source, [[/\bshell\s*:\s*(?:true|['"`])/, 'it asks for a shell']])
  for (const { specifier, clause } of source.imports) {
    if (specifier === 'zx') wrong.push('it imports zx, which always runs a shell')
    const shells = /\bexec(?:Sync)?\b|\*/.test(clause)
    if (specifier.endsWith('child_process') && shells) wrong.push('it imports exec, which runs a shell')
  }
  return wrong
}

/** `lib/` is handed its surroundings: it prints nothing, ends nothing, and reads no environment or home. */
export function noSurroundings(source: Source): string[] {
  if (!source.path.startsWith('lib/')) return []
  const wrong = banned(source, [
    [/\bprocess\s*\.\s*env\b/, 'it reads process.env'],
    [/\bprocess\s*\.\s*(?:exit|exitCode|abort)\b/, 'it ends the process'],
    [/\bprocess\s*\.\s*(?:stdout|stderr|stdin)\b/, 'it uses the standard streams'],
    [/\bconsole\s*\./, 'it prints'],
    [/\bhomedir\b/, 'it asks for the home directory'],
  ])
  const imported = source.imports.some(({ specifier }) => specifier === 'node:process')
  return imported ? [...wrong, 'it imports node:process'] : wrong
}

/** Erasable TypeScript only, named exports, `.ts` in paths. */
export function plainTypeScript(source: Source): string[] {
  const wrong = banned(source, [
    [/\bexport\s+default\b|\bas\s+default\b/, 'it has a default export'],
    [/(?<![.\w$])any\b(?!\s*[:(\w?])/, 'it says `any`'],
    [/^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s+\w/m, 'it declares an enum'],
    [/^\s*(?:export\s+)?(?:declare\s+)?(?:namespace|module)\s+\w[\w.]*\s*\{/m, 'it declares a namespace'],
  ])
  if (/@ts-(?:ignore|nocheck)/.test(source.text)) wrong.push('it silences the type checker')
  if (/\b(?:TO[D]O|FIXM[E])\b/.test(source.text)) wrong.push('it leaves something for later')
  for (const { specifier, target } of source.imports) {
    if (target !== undefined && !/\.(?:ts|json)$/.test(specifier)) wrong.push(`it imports '${specifier}' without .ts`)
  }
  return wrong
}

/** Files are nouns in kebab-case. The command's own name is the user's. */
export function plainName({ path }: Source): string[] {
  if (path === 'scripts/sync-manager.ts') return []
  const wrong: string[] = []
  const name = posix.basename(path)
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:(?:slow\.)?test|config))?\.ts$/.test(name))
    wrong.push('its name is not kebab-case')
  if (/(?:^|[/.-])(?:utils?|helpers?|common|managers?|misc)(?:[/.-])/.test(path)) wrong.push('its name says nothing')
  return wrong
}

export function lineCount({ text }: Source): number {
  return text.split('\n').length - 1
}

/** True when a file reaches the disk by itself; types reach nothing. */
export function usesFiles({ imports }: Source): boolean {
  return imports.some(
    ({ specifier, clause }) => /^node:fs(?:\/promises)?$/.test(specifier) && !clause.startsWith(' type '),
  )
}

/** Tests that are left out say why, and none is singled out. */
export function wholeTests(source: Source): string[] {
  return banned(source, [
    [/\b(?:it|describe|test|suite)\s*\.\s*only\b|\bonly\s*:\s*true\b/, 'it singles out a test'],
    [/\b(?:it|describe|test|suite)\s*\.\s*skip\b|\bskip\s*:\s*true\b|\.skip\(\s*\)/, 'it skips without a reason'],
  ])
}

/** True when a test file, or a module under `test/` that it imports, asserts something. */
export function asserts(file: Source, known: ReadonlyMap<string, Source>, seen = new Set<string>()): boolean {
  if (seen.has(file.path)) return false
  seen.add(file.path)
  if (/\bassert\s*[.(]|\bassert\.\w+\(|\bfc\.assert\(|\bt\.assert\b/.test(file.bare)) return true
  return file.imports.some(({ target }) => {
    const next = target?.startsWith('test/') === true ? known.get(target) : undefined
    return next !== undefined && asserts(next, known, seen)
  })
}

/** True when a file waits for a length of time instead of for an event. */
export function sleeps({ bare, imports }: Source): boolean {
  const promised = /new\s+Promise\b[^(]*\(\s*\(?\s*(\w+)[^=]*=>\s*\{?\s*(?:void\s+)?setTimeout\(\s*\1\b/.test(bare)
  const timers = imports.some(
    ({ specifier, clause }) => specifier === 'node:timers/promises' && /\bsetTimeout\b|\*/.test(clause),
  )
  return promised || timers || /\bawait\s+(?:sleep|delay)\s*\(/.test(bare)
}

const hosts =
  /\b(?:registry\.[a-z0-9-]+\.[a-z]{2,}|pypi\.org|crates\.io|proxy\.golang\.org|deb\.debian\.org|repo1?\.maven\.\w+)\b/
const places = /\/work\/(?:main|shared|\.)|(?<![\w.)}\]*-])\/root\/(?!id\b)/

/** What only this or that machine has: registry hosts, and paths of the machine it was written on. */
export function machineWords(path: string, text: string): string[] {
  const wrong: string[] = []
  if (hosts.test(text)) wrong.push(`it names a registry host: ${hosts.exec(text)?.[0]}`)
  // Hostile paths are test data.
  if (!path.startsWith('test/cases/') && places.test(text)) wrong.push('it names a path of one machine')
  return wrong
}
