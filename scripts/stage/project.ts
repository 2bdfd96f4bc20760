import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const areas = ['app', 'billing', 'mail', 'report', 'search', 'storage', 'users', 'web'] as const

/** Writes a small project of 200 files: sources, pages, pictures, scripts that can be run, and a link. */
export function writeProject(directory: string): void {
  const put = (path: string, content: string | Uint8Array, mode = 0o644): void => {
    mkdirSync(join(directory, dirname(path)), { recursive: true })
    writeFileSync(join(directory, path), content, { mode })
  }
  put('README.md', '# A small project\n')
  put('package.json', '{ "name": "small", "private": true }\n')
  for (const area of areas) for (let i = 1; i <= 20; i++) put(sourcePath(area, i), sourceText(area, i))
  for (let i = 1; i <= 20; i++) put(`docs/page-${i}.md`, `# Page ${i}\n\n${'What it is about.\n'.repeat(i)}`)
  for (let i = 1; i <= 15; i++) put(`pictures/${i}.bin`, noise(i, i * 4000))
  for (const name of ['build', 'release', 'serve']) put(`tools/${name}.sh`, `#!/bin/sh\necho ${name}\n`, 0o755)
  symlinkSync('../README.md', join(directory, 'docs/readme.md'))
}

/** A source file of some area of the project, 1 to 20. */
export function sourcePath(area: (typeof areas)[number], number: number): string {
  return `src/${area}/part-${number}.ts`
}

/** The n-th source file of the project, 0 to 159. */
export function anySource(n: number): string {
  return sourcePath(areas[n % areas.length] ?? 'app', Math.floor(n / areas.length) + 1)
}

function sourceText(area: string, number: number): string {
  return Array.from({ length: 10 + number }, (_, i) => `export const ${area}${number}x${i} = ${i}\n`).join('')
}

/** Bytes without a pattern, the same for the same seed. */
export function noise(seed: number, length: number): Buffer {
  const pieces = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256').update(`${seed} ${i}`).digest(),
  )
  return Buffer.concat(pieces).subarray(0, length)
}

/** What a directory holds: each entry's path with its kind, mode and content (SHA-256, or where a link leads). */
export function contentOf(directory: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name)
    const stat = lstatSync(path)
    const mode = (stat.mode & 0o777).toString(8)
    if (stat.isSymbolicLink()) found.set(name, `link to ${readlinkSync(path)}`)
    else if (stat.isDirectory()) found.set(name, `directory ${mode}`)
    else found.set(name, `file ${mode} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`)
  }
  return found
}

/** The first path at which two directories differ, with how; undefined when they are equal. */
export function firstDifference(one: string, other: string): string | undefined {
  const [a, b] = [contentOf(one), contentOf(other)]
  for (const path of [...a.keys(), ...b.keys()].toSorted()) {
    const [here, there] = [a.get(path) ?? 'nothing', b.get(path) ?? 'nothing']
    if (here !== there) return `${path} is ${here} here, ${there} there`
  }
  return undefined
}
