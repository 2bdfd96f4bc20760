import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Observer } from './observer.ts'
import { uniqueContent } from './tree.ts'
import { until } from './until.ts'

/** The same directory on both sides. */
export interface Sides {
  readonly from: string
  readonly to: string
}

const manyFiles = 1000
const limitMs = 180_000

/** Writes a thousand files at once into an empty directory. Returns seconds until the last is there whole. */
export async function newFiles({ from, to }: Sides): Promise<number> {
  const contents = Array.from(
    { length: manyFiles },
    (_, index) => [`file-${index}.txt`, uniqueContent('new', 1000)] as const,
  )
  const observer = new Observer()
  try {
    observer.watch(to)
    const seen = contents.map(([file, content]) => observer.sees(join(to, file), content, limitMs))
    const begun = performance.now()
    for (const [file, content] of contents) writeFileSync(join(from, file), content)
    return (Math.max(...(await Promise.all(seen))) - begun) / 1000
  } finally {
    observer.close()
  }
}

/** Renames a directory of so many files below both. Returns seconds until all stand under the new name and none under the old. */
export async function renamed(
  { from, to }: Sides,
  { count, before, after }: { readonly count: number; readonly before: string; readonly after: string },
): Promise<number> {
  const begun = performance.now()
  renameSync(join(from, before), join(from, after))
  await until(
    'the directory has its new name',
    // Looking again and again costs least in this order.
    () => !existsSync(join(to, before)) && filesIn(join(to, after)) === count,
    limitMs,
    1,
  )
  const seconds = (performance.now() - begun) / 1000
  for (const name of readdirSync(join(from, after)))
    if (!readFileSync(join(to, after, name)).equals(readFileSync(join(from, after, name))))
      throw new Error(`${name} has another content after its directory was renamed`)
  return seconds
}

/** How many files of `makeDirectory` a directory holds. Temporary names do not count. */
export function filesIn(directory: string): number {
  try {
    return readdirSync(directory).filter(name => name.startsWith('file-')).length
  } catch {
    return 0
  }
}

/** One flat directory of small files. */
export function makeDirectory(at: string, files: number): void {
  mkdirSync(at, { recursive: true })
  for (let index = 0; index < files; index++)
    writeFileSync(join(at, `file-${index}.txt`), uniqueContent(String(index), 200))
}
