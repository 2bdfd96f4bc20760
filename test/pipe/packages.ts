import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real tree to sync: an npm package in one exact version. */
export interface RealTree {
  readonly name: string
  readonly version: string
  /** What makes it worth having. */
  readonly says: string
  /** Regular files in it, as the registry has it. */
  readonly files: number
}

/** The largest first. */
export const realTrees: readonly RealTree[] = [
  { name: '@mui/icons-material', version: '9.5.0', says: '43,008 files in one directory', files: 43_010 },
  { name: 'date-fns', version: '4.1.0', says: 'many small directories', files: 5326 },
  { name: 'typescript', version: '5.9.3', says: 'files of megabytes', files: 132 },
  { name: 'core-js', version: '3.46.0', says: 'thousands of tiny files', files: 3672 },
]

/** Kept between runs, outside the checkout: fetching takes longer than the tests. */
const cache = join(tmpdir(), 'dsync-test-trees')

const fetchMs = 240_000

/** Fetches what is not in the cache yet. Returns where it is, or why it cannot be had. */
export async function fetchTree({
  name,
  version,
}: RealTree): Promise<{ readonly path: string } | { readonly missing: string }> {
  const place = join(cache, `${name.replaceAll('/', '+')}@${version}`)
  const path = join(place, 'node_modules', name)
  if (existsSync(path)) return { path }
  const making = `${place}.${process.pid}`
  mkdirSync(making, { recursive: true })
  const options = ['--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error']
  const why = await npm(['install', ...options, '--prefix', making, `${name}@${version}`])
  if (why === undefined && !existsSync(path)) renameSync(making, place)
  rmSync(making, { recursive: true, force: true })
  return why === undefined ? { path } : { missing: `npm cannot fetch ${name}@${version}: ${why}` }
}

/** Copies a tree into a root, as a user's own files. */
export function plantTree(from: string, root: string): void {
  cpSync(from, root, { recursive: true, filter: path => !path.slice(from.length).includes('/node_modules') })
}

function npm(words: readonly string[]): Promise<string | undefined> {
  return new Promise(resolve => {
    const child = spawn('npm', words, { stdio: ['ignore', 'ignore', 'pipe'], timeout: fetchMs })
    let said = ''
    child.stderr.on('data', data => (said += String(data)))
    child.once('error', error => resolve(error.message))
    child.once('close', code => resolve(code === 0 ? undefined : said.split('\n')[0] || `it ended with ${code}`))
  })
}
