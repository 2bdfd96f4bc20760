import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../core/errors.ts'

/** How long git may compare (ms), and how much it may say (bytes). */
const gitMs = 10_000
const gitBytes = 16 * 1024 * 1024

/** What git is told, so that neither its user's settings nor a file's name can make it run anything. */
export const gitDiffArguments = [
  '--no-pager',
  'diff',
  '--no-index',
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--text',
  '--',
  'alpha',
  'beta',
] as const

/**
 * The hunks of a unified diff between two texts, or undefined where there is no git.
 * @param within a private directory, in which git is given both.
 */
export async function textDifference(
  alpha: Uint8Array,
  beta: Uint8Array,
  within: string,
): Promise<string[] | undefined> {
  const directory = await mkdtemp(join(within, 'diff-'))
  try {
    await writeFile(join(directory, 'alpha'), alpha)
    await writeFile(join(directory, 'beta'), beta)
    const said = await runGit(directory)
    return said === undefined ? undefined : hunksOf(said)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Everything from the first hunk on; the lines before it name files of ours. */
export function hunksOf(diff: string): string[] {
  const lines = diff.replace(/\n$/, '').split('\n')
  const first = lines.findIndex(line => line.startsWith('@@'))
  return first < 0 ? [] : lines.slice(first)
}

function runGit(directory: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const options = { cwd: directory, timeout: gitMs, maxBuffer: gitBytes, encoding: 'utf8' as const }
    execFile('git', gitDiffArguments, options, (error, out) => {
      const code = error === null ? 0 : error.code
      if (code === 0 || code === 1) resolve(out)
      else if (codeOf(error) === 'ENOENT' || typeof code === 'number') resolve(undefined)
      else reject(error)
    })
  })
}
