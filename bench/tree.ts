import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'

/** What a tree is made of. */
export interface TreeShape {
  readonly files: number
  /** Mean size of a file (bytes); sizes run from a tenth of it to nearly twice as much. */
  readonly meanBytes: number
}

export const filesInDirectory = 20
const directoriesInDirectory = 16

/** Text that repeats little, from which files are cut. */
const stock = Buffer.from(
  Array.from({ length: 2048 }, (_, index) => createHash('sha256').update(String(index)).digest('base64')).join('\n'),
)

/** Where the file with this number lies, from the top of its tree. */
export function filePath(index: number): string {
  return join(directoryPath(Math.floor(index / filesInDirectory)), `file-${index}.txt`)
}

function directoryPath(index: number): string {
  const own = `d${index}`
  return index < directoriesInDirectory ? own : join(directoryPath(Math.floor(index / directoriesInDirectory) - 1), own)
}

/** No two of them alike: a file that was seen once is told apart from all others. */
export function uniqueContent(label: string, bytes: number): Buffer {
  const head = Buffer.from(`${label} ${uniqueTail()}\n`)
  const at = Math.floor(Math.random() * stock.length * 0.5)
  return Buffer.concat([head, stock.subarray(at, at + Math.max(0, bytes - head.length))])
}

let lastUnique = 0

function uniqueTail(): string {
  return `${process.pid}.${++lastUnique}`
}

/** So often the process may hear of a signal. */
const filesBetweenTurns = 1000

/** Makes a tree: twenty files a directory, sixteen directories below each. */
export async function makeTree(at: string, { files, meanBytes }: TreeShape): Promise<void> {
  let directory = ''
  for (let index = 0; index < files; index++) {
    const path = join(at, filePath(index))
    const parent = join(path, '..')
    if (parent !== directory) mkdirSync(parent, { recursive: true })
    directory = parent
    const bytes = Math.round(meanBytes * (0.1 + 1.8 * ((index * 0.618034) % 1)))
    writeFileSync(path, uniqueContent(String(index), bytes))
    if (index % filesBetweenTurns === 0) await turn()
  }
}
