import type { Digest } from './entry.ts'
import type { IgnorePattern } from './ignore-pattern.ts'
import { ignorePattern, ignorePatterns } from './ignore-pattern.ts'
import type { IgnoreSettings } from './ignore-settings.ts'
import { noIgnoreSettings } from './ignore-settings.ts'
import type { Path } from './path.ts'
import { isWithin, join, nameOf, parentOf, rebase } from './path.ts'

/** Why a path is left alone. */
export interface IgnoreReason {
  /** The path itself, or the directory above it that is ignored. */
  readonly path: Path
  /** The file from the root down, or `settings` or `defaults`. */
  readonly file: string
  /** From 1; in the settings and defaults, the place in the list. */
  readonly line: number
  readonly pattern: string
}

/** The ignore file that travels like any other file and is never ignored itself. */
export const ownIgnoreFile = '.dsyncignore'

/** What no pattern takes back: `.git` copied file by file is a broken repository, and the rest is dsync's own. */
const always = ['.git', '.dsync', '.dsync-*']

/**
 * What no two machines should share unasked: repositories' insides (git carries those), dependencies and build
 * products that belong to one platform, caches, editors' swap files, and the files that most often hold secrets.
 */
const defaults = [
  ...['.hg', '.svn', '.jj', 'node_modules', '.venv', 'venv', '__pycache__', '*.pyc'],
  ...['.mypy_cache', '.pytest_cache', '.ruff_cache', '.tox', '**/target/debug', '**/target/release', '.gradle'],
  ...['.next', '.nuxt', '.turbo', '.parcel-cache', '.cache'],
  ...['.DS_Store', '._*', '.Spotlight-V100', '.Trashes', 'Thumbs.db'],
  ...['*.swp', '*.swo', '4913', '.#*', '*~'],
  ...['id_rsa', 'id_ecdsa', 'id_ed25519', '*.pem', '.netrc', '.pgpass'],
  ...['**/.docker/config.json', '**/.aws/credentials'],
]

interface Rules {
  readonly file: string
  readonly patterns: readonly IgnorePattern[]
}

interface FileRules extends Rules {
  readonly digest: Digest
}

/** Directories whose verdict is remembered, for what lies in them is asked about next. */
const verdictsRemembered = 10_000

/**
 * Which paths of one root are left alone, by gitignore's rules: what lies in an ignored directory is ignored, whatever
 * else is said of it; else the deepest ignore file with a matching line decides by the last one, then the settings, then
 * the defaults, but for paths that are exempt from these. In one directory `.dsyncignore` comes before `.gitignore`.
 */
export class IgnoreRules {
  /** Names that hold rules for the directory they stand in, the first before the others. */
  readonly fileNames: readonly string[]
  readonly #fixed = rulesOf('defaults', always)
  readonly #settings: Rules
  readonly #defaults: Rules
  /** By the path of the directory, then by the name of the file. */
  readonly #files = new Map<Path, Map<string, FileRules>>()
  readonly #verdicts = {
    all: new Map<Path, IgnoreReason | undefined>(),
    said: new Map<Path, IgnoreReason | undefined>(),
  }
  readonly #defaultPatterns: readonly string[]
  /** Directories that a default ignores, they or one above, and others that none does. */
  readonly #defaulted = new Map<Path, boolean>()
  /** Paths that the defaults say nothing about, and the directories above them. */
  #exempt: ReadonlySet<Path> = new Set()

  constructor(
    { patterns, gitignore }: IgnoreSettings = noIgnoreSettings,
    defaultPatterns: readonly string[] = defaults,
  ) {
    this.fileNames = gitignore ? [ownIgnoreFile, '.gitignore'] : [ownIgnoreFile]
    this.#defaultPatterns = defaultPatterns
    this.#settings = rulesOf('settings', patterns)
    this.#defaults = rulesOf('defaults', defaultPatterns)
  }

  ignores(path: Path, isDirectory: boolean): boolean {
    return this.reason(path, isDirectory) !== undefined
  }

  /** Which rule ignores a path; undefined: none does. */
  reason(path: Path, isDirectory: boolean): IgnoreReason | undefined {
    if (path === '') return undefined
    return this.#judge(path, isDirectory, this.#exempt.has(path) ? 'said' : 'all')
  }

  /** The default that would ignore a path if it were not exempt, which it is; undefined for any other. */
  exemption(path: Path): IgnoreReason | undefined {
    if (!this.#exempt.has(path) || this.#judge(path, true, 'said') !== undefined) return undefined
    return this.#judge(path, true, 'all')
  }

  /** Whether a default ignores a path or a directory above it, whatever else is said. */
  hasDefault(path: Path, isDirectory: boolean): boolean {
    if (lastMatch(this.#defaults, path, { name: nameOf(path), isDirectory })?.isNegative === false) return true
    const parent = parentOf(path)
    if (parent === '') return false
    const known = this.#defaulted.get(parent)
    if (known !== undefined) return known
    const answer = this.hasDefault(parent, true)
    if (this.#defaulted.size >= verdictsRemembered) this.#defaulted.clear()
    this.#defaulted.set(parent, answer)
    return answer
  }

  /** From now on no default ignores these paths, nor the directories above them; all others are as before. */
  exempt(paths: Iterable<Path>): void {
    this.#forgetVerdicts()
    const exempt = new Set<Path>()
    for (const path of paths) for (let at = path; at !== '' && !exempt.has(at); at = parentOf(at)) exempt.add(at)
    this.#exempt = exempt
  }

  /** With other settings, and what is known of ignore files. */
  withSettings(settings: IgnoreSettings): IgnoreRules {
    const other = new IgnoreRules(settings, this.#defaultPatterns)
    for (const [directory, files] of this.#files) other.#files.set(directory, new Map(files))
    other.#exempt = this.#exempt
    return other
  }

  /** Of the content that was last taken from an ignore file; undefined: there is none. */
  digestOf(directory: Path, name: string): Digest | undefined {
    return this.#files.get(directory)?.get(name)?.digest
  }

  /** Takes the text of an ignore file, or that there is none. */
  set(directory: Path, name: string, content: { readonly digest: Digest; readonly text: string } | undefined): void {
    this.#forgetVerdicts()
    const files = this.#files.get(directory) ?? new Map<string, FileRules>()
    if (content === undefined) files.delete(name)
    else {
      const patterns = ignorePatterns(content.text)
      files.set(name, { file: join(directory, name), patterns, digest: content.digest })
    }
    if (files.size > 0) this.#files.set(directory, files)
    else this.#files.delete(directory)
  }

  /** A directory with all below stands at another place. */
  moved(from: Path, to: Path): void {
    this.#forgetVerdicts()
    for (const [directory, files] of [...this.#files]) {
      if (!isWithin(directory, from)) continue
      this.#files.delete(directory)
      const now = rebase(directory, from, to)
      const renamed = [...files].map(([name, rules]) => [name, { ...rules, file: join(now, name) }] as const)
      this.#files.set(now, new Map(renamed))
    }
  }

  /** @param by all rules, or those that somebody said, without the defaults */
  #judge(path: Path, isDirectory: boolean, by: 'all' | 'said'): IgnoreReason | undefined {
    return this.#reasonAbove(parentOf(path), by) ?? this.#decide(path, isDirectory, by)
  }

  #reasonAbove(directory: Path, by: 'all' | 'said'): IgnoreReason | undefined {
    if (directory === '') return undefined
    const verdicts = this.#verdicts[by]
    if (verdicts.has(directory)) return verdicts.get(directory)
    const reason = this.#judge(directory, true, by)
    if (verdicts.size >= verdictsRemembered) verdicts.clear()
    verdicts.set(directory, reason)
    return reason
  }

  #decide(path: Path, isDirectory: boolean, by: 'all' | 'said'): IgnoreReason | undefined {
    const name = nameOf(path)
    const asked = { path, name, isDirectory }
    const fixed = lastMatch(this.#fixed, path, asked)
    if (fixed !== undefined) return reasonBy(fixed, this.#fixed, path)
    if (name === ownIgnoreFile && !isDirectory) return undefined
    for (let directory = parentOf(path); ; directory = parentOf(directory)) {
      const files = this.#files.get(directory)
      for (const fileName of files === undefined ? [] : this.fileNames) {
        const rules = files?.get(fileName)
        const relative = directory === '' ? path : path.slice(directory.length + 1)
        const match = rules && lastMatch(rules, relative, asked)
        if (rules !== undefined && match !== undefined) return reasonBy(match, rules, path)
      }
      if (directory === '') break
    }
    for (const rules of by === 'all' ? [this.#settings, this.#defaults] : [this.#settings]) {
      const match = lastMatch(rules, path, asked)
      if (match !== undefined) return reasonBy(match, rules, path)
    }
    return undefined
  }

  #forgetVerdicts(): void {
    this.#verdicts.all.clear()
    this.#verdicts.said.clear()
  }
}

function rulesOf(file: string, lines: readonly string[]): Rules {
  return { file, patterns: lines.flatMap((line, index) => ignorePattern(line, index + 1) ?? []) }
}

function lastMatch(
  { patterns }: Rules,
  relative: Path,
  { name, isDirectory }: { readonly name: string; readonly isDirectory: boolean },
): IgnorePattern | undefined {
  return patterns.findLast(pattern => (isDirectory || !pattern.onlyDirectories) && pattern.matches(relative, name))
}

function reasonBy({ isNegative, line, text }: IgnorePattern, { file }: Rules, path: Path): IgnoreReason | undefined {
  return isNegative ? undefined : { path, file, line, pattern: text }
}
