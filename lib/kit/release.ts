import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../core/errors.ts'
import { releaseName } from './layout.ts'

/** One file of a release. */
export interface ReleaseFile {
  /** Below the release, with `/`. */
  readonly path: string
  readonly isProgram: boolean
  readonly size: number
  /** Of its content, hexadecimal. */
  readonly sha256: string
}

/** Everything of a kit that one platform needs, named by what is in it. */
export interface Release {
  /** `<version>-<first twelve digits of the digest>`. */
  readonly name: string
  readonly files: readonly ReleaseFile[]
}

/** What a release is made of, and which files of each. */
const parts: readonly (readonly [folder: string, files: RegExp])[] = [
  ['bin', /./],
  ['dist', /\.c?js$/],
  ['shell', /./],
  ['launchd', /./],
  ['systemd', /./],
  ['node_modules/koffi', /^(?:index\.c?js|src\/.*\.c?js|package\.json|LICENSE.*)$/],
  ['node_modules/zx', /^(?:build\/.*\.c?js|package\.json|LICENSE)$/],
]

/**
 * The release that a checkout or an installed release makes, for a platform as in `linux-x64`: its native calls come
 * with it where they are installed here.
 */
export function releaseOf(folder: string, platform: string): Release {
  const native = `node_modules/@koromix/koffi-${platform}`
  const files = [...parts, [native, /./] as const].flatMap(([part, wanted]) =>
    filesBelow(join(folder, part))
      .filter(path => wanted.test(path))
      .map(path => fileOf(folder, `${part}/${path}`)),
  )
  const tops = ['install.sh', 'package.json'].map(name => fileOf(folder, name))
  const all = [...files, ...tops].toSorted((a, b) => (a.path < b.path ? -1 : 1))
  return { name: releaseName(versionOf(folder), digestOf(all)), files: all }
}

/** The files that lie below a release, whatever its name says; none where it is not there, or goes while it is read. */
export function filesIn(release: string): ReleaseFile[] {
  try {
    return filesBelow(release)
      .map(path => fileOf(release, path))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1))
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return []
    throw error
  }
}

/** What a release is named by. @param files by path */
export function digestOf(files: readonly ReleaseFile[]): string {
  const lines = files.map(({ path, isProgram, sha256 }) => `${sha256} ${isProgram ? 'x' : '-'} ${path}\n`)
  return createHash('sha256').update(lines.join('')).digest('hex')
}

/** True when a release that is there holds what its name says. */
export function isWhole(release: string, name: string): boolean {
  return digestOf(filesIn(release)).startsWith(digestIn(name))
}

/** A name of a release, and nothing else. */
export const releasePattern = /^(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?)-([0-9a-f]{12})$/

/** The version in a release's name; undefined when it is none. */
export function versionIn(name: string): string | undefined {
  return releasePattern.exec(name)?.[1]
}

/** Whether one version comes after another (semver.org, without what stands behind a `-`). */
export function isNewer(version: string, than: string): boolean {
  const [a, b] = [version, than].map(each => each.split('-', 1)[0]?.split('.').map(Number) ?? [])
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}

function digestIn(name: string): string {
  return releasePattern.exec(name)?.[2] ?? name
}

function versionOf(folder: string): string {
  const value: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined
  return typeof version === 'string' ? version : '0.0.0'
}

function fileOf(folder: string, path: string): ReleaseFile {
  const bytes = readFileSync(join(folder, path))
  const isProgram = (statSync(join(folder, path)).mode & 0o100) !== 0
  return { path, isProgram, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** Regular files, and links to such, by their paths below a folder; none where it is not there. */
function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => statSync(join(folder, path)).isFile())
    .toSorted()
}
