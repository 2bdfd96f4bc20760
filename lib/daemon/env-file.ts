import { codeOf } from '../core/errors.ts'
import type { EnvText } from './env-text.ts'
import { readEnvText } from './env-text.ts'
import type { KitHome } from './kit-home.ts'
import { accessTrouble, readPrivateFile } from './private-file.ts'
import type { ConfigProblem } from './verbs.ts'

/** What the daemon of a home adds to its environment. With a problem it adds nothing: half of it might be worse than none. */
export interface EnvFile {
  readonly values: Readonly<Record<string, string>>
  readonly problems: readonly ConfigProblem[]
}

/** Reads the file `env` of a home. It may hold secrets: one that others may read or write is not read. */
export function readEnvFile({ env: file }: KitHome): EnvFile {
  let read: EnvText
  try {
    const trouble = accessTrouble(file)
    if (trouble !== undefined) {
      return refused({ file, message: `${trouble}; it is not read`, hint: `chmod 600 ${file}, then dsync restart` })
    }
    read = readEnvText(readPrivateFile(file) ?? '')
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    return refused({ file, message: `it cannot be read (${code})` })
  }
  const { values, problems } = read
  if (problems.length === 0) return { values, problems: [] }
  const hint = `mend ${file}, then dsync restart`
  return { values: {}, problems: problems.map(({ line, message }) => ({ file, line, column: 1, message, hint })) }
}

function refused(problem: ConfigProblem): EnvFile {
  return { values: {}, problems: [problem] }
}
