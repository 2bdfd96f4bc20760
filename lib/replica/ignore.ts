import ignore from 'ignore'
import type { Path } from '../core/path.ts'
import { components } from '../core/path.ts'

/**
 * What no two machines should share unasked: repositories' insides (git carries those), dependencies and build
 * products that belong to one platform, caches, editors' swap files, and the files that most often hold secrets.
 */
export const defaultPatterns: readonly string[] = [
  '.git',
  '.hg',
  '.svn',
  '.jj',
  '.dsync',
  '.dsync-*',
  'node_modules',
  '.venv',
  'venv',
  '__pycache__',
  '*.pyc',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.tox',
  'target/debug',
  'target/release',
  '.gradle',
  '.next',
  '.nuxt',
  '.turbo',
  '.parcel-cache',
  '.cache',
  '.DS_Store',
  '._*',
  '.Spotlight-V100',
  '.Trashes',
  'Thumbs.db',
  '*.swp',
  '*.swo',
  '4913',
  '.#*',
  '*~',
  'id_rsa',
  'id_ecdsa',
  'id_ed25519',
  '*.pem',
  '.netrc',
  '.pgpass',
  '.docker/config.json',
  '.aws/credentials',
]

/**
 * Answers whether a path is left alone, by gitignore's rules.
 * @param patterns lines as in a `.gitignore` at the root; later ones win, `!` takes back
 */
export function ignoreRules(patterns: readonly string[]): (path: Path, isDirectory: boolean) => boolean {
  const rules = ignore({ allowRelativePaths: true }).add([...patterns])
  const known = new Map<Path, boolean>()
  const test = (path: Path, isDirectory: boolean): boolean => rules.ignores(isDirectory ? `${path}/` : path)
  return (path, isDirectory) => {
    const names = components(path)
    // Parents first: what lies in an ignored directory is ignored, whatever later patterns say of it.
    for (let depth = 1; depth < names.length; depth++) {
      const parent = names.slice(0, depth).join('/')
      let ignored = known.get(parent)
      if (ignored === undefined) {
        ignored = test(parent, true)
        if (known.size >= parentsRemembered) known.clear()
        known.set(parent, ignored)
      }
      if (ignored) return true
    }
    return path !== '' && test(path, isDirectory)
  }
}

/** The pattern by which a path, or a directory above it, is left alone; undefined when none says so. */
export function ignoringRule(patterns: readonly string[], path: Path): string | undefined {
  if (path === '') return undefined
  // What stands there may not be known: a rule for directories counts.
  const { ignored, rule } = ignore({ allowRelativePaths: true })
    .add([...patterns])
    .test(`${path}/`)
  return ignored ? rule?.pattern : undefined
}

const parentsRemembered = 10_000
