import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What runs a command, and with it the daemon and its agent. */
export interface Runtime {
  readonly name: string
  /** The program with the arguments that come before those of the command. */
  readonly command: readonly [program: string, ...words: string[]]
  /** Why it cannot be run here, in one line. */
  readonly lacks: string | undefined
  readonly isDeno: boolean
}

const checkout = fileURLToPath(new URL('../..', import.meta.url))
const source = join(checkout, 'scripts/sync-manager.ts')
const bundle = join(checkout, 'dist/sync-manager.js')
const notBuilt = existsSync(bundle) ? undefined : 'nothing is built: npm run build'

/** The Deno of the checkout, else the one on PATH. */
export const deno = [join(checkout, 'node_modules/.bin'), ...(process.env['PATH'] ?? '').split(delimiter)]
  .map(folder => join(folder, 'deno'))
  .find(path => existsSync(path))
const noDeno = deno === undefined ? 'there is no deno: npm ci brings one' : undefined

function node(name: string, script: string, lacks?: string): Runtime {
  return { name, command: [process.execPath, script], lacks, isDeno: false }
}

function underDeno(name: string, script: string, lacks?: string): Runtime {
  const command = [deno ?? 'deno', 'run', '--quiet', '--allow-all', script] as const
  return { name, command: [...command], lacks: noDeno ?? lacks, isDeno: true }
}

/** Everything that a person may run dsync with. Deno runs it with every right; for fewer see `test/pipe/rights.test.ts`. */
export const runtimes = {
  nodeSource: node('Node from source', source),
  nodeBundle: node('Node from the bundle', bundle, notBuilt),
  denoSource: underDeno('Deno from source', source),
  denoBundle: underDeno('Deno from the bundle', bundle, notBuilt),
} as const
