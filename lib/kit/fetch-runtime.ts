import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { SyncError, codeOf } from '../core/errors.ts'
import { runtimeName } from './layout.ts'
import type { RuntimePackage } from './runtime-packages.ts'
import { runtimePackages } from './runtime-packages.ts'
import { tarEntry } from './tar-entry.ts'

export interface FetchOptions {
  /** The Nodes that this machine has of its own accord: `runtime/` of the kit's home, and `node_modules` of a checkout. */
  readonly runtimes: string
  readonly modules: readonly string[]
  /** Default: what is pinned. */
  readonly packages?: Readonly<Record<string, RuntimePackage>>
  /** The program `npm`, and what it is given as its environment. */
  readonly npm: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Where a directory may be made for what npm brings, which goes again. */
  readonly temporary: string
  /** Take it from npm's cache alone. */
  readonly isOffline: boolean
  readonly signal: AbortSignal
  /** Hears that npm is about to be asked. */
  readonly asking: (wanted: RuntimePackage) => void
}

export interface FetchedRuntime {
  readonly version: string
  readonly platform: string
  readonly bytes: Uint8Array
}

/** Slow lines bring fifty megabytes in this (ms). */
const npmMs = 30 * 60_000

/** The pinned Node of a platform, from this machine or through npm. Throws AGENT_FAILED and why there is none. */
export async function fetchRuntime(platform: string, options: FetchOptions): Promise<FetchedRuntime> {
  const wanted = (options.packages ?? runtimePackages)[platform]
  if (wanted === undefined) {
    throw new SyncError('AGENT_FAILED', `Cannot bring Node for ${platform}: there is none that is pinned`, {
      hint: 'Install Node 24 there by its own means',
    })
  }
  const { version } = wanted
  const here = await fromHere(platform, wanted, options)
  if (here !== undefined) return { version, platform, bytes: here }
  options.asking(wanted)
  const archive = await throughNpm(wanted, options)
  return { version, platform, bytes: tarEntry(await promisify(gunzip)(archive), 'package/bin/node') }
}

/** What `npm pack` is told. */
export function packArguments(
  { name, version }: RuntimePackage,
  { into, isOffline }: { readonly into: string; readonly isOffline: boolean },
): readonly string[] {
  const where = isOffline ? ['--offline'] : ['--prefer-offline']
  return ['pack', '--loglevel=error', '--ignore-scripts', ...where, '--pack-destination', into, `${name}@${version}`]
}

async function fromHere(
  platform: string,
  wanted: RuntimePackage,
  options: FetchOptions,
): Promise<Uint8Array | undefined> {
  for (const modules of options.modules) {
    const text = await present(join(modules, wanted.name, 'package.json'))
    const found: unknown = text === undefined ? undefined : JSON.parse(text.toString())
    const isIt = typeof found === 'object' && found !== null && 'version' in found && found.version === wanted.version
    const bytes = isIt ? await present(join(modules, wanted.name, 'bin/node')) : undefined
    if (bytes !== undefined) return bytes
  }
  return await present(join(options.runtimes, runtimeName(wanted.version, platform), 'bin/node'))
}

async function present(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/** The package as the lock file names it. Throws AGENT_FAILED with what npm said, PROTOCOL for another package. */
async function throughNpm(wanted: RuntimePackage, options: FetchOptions): Promise<Uint8Array> {
  const into = await mkdtemp(join(options.temporary, 'dsync-npm-'))
  try {
    await runNpm(wanted, into, options)
    const [file] = (await readdir(into)).filter(name => name.endsWith('.tgz'))
    const archive = file === undefined ? undefined : await readFile(join(into, file))
    if (archive !== undefined && integrityOf(archive) === wanted.integrity) return archive
    throw new SyncError(
      'PROTOCOL',
      `Cannot use ${wanted.name} ${wanted.version}: what npm brought is not what is pinned`,
      {
        hint: 'npm cache verify',
      },
    )
  } finally {
    await rm(into, { recursive: true, force: true })
  }
}

async function runNpm(wanted: RuntimePackage, into: string, options: FetchOptions): Promise<void> {
  const { npm, environment, isOffline, signal } = options
  const words = packArguments(wanted, { into, isOffline })
  try {
    await promisify(execFile)(npm, [...words], { cwd: into, env: environment, timeout: npmMs, signal })
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : ''
    const line = said.split('\n').find(each => /^npm (?:error|ERR!) (?!code|A complete log)/.test(each)) ?? ''
    const why =
      codeOf(error) === 'ENOENT' ? 'there is no npm on this host' : line.replace(/^npm \S+ /, '') || 'npm failed'
    throw new SyncError('AGENT_FAILED', `Cannot fetch ${wanted.name} ${wanted.version}: ${why}`, {
      hint: isOffline && !why.includes('no npm') ? 'Leave out --offline, once' : nextWithout(why),
      cause: error,
    })
  }
}

function nextWithout(why: string): string {
  return why.includes('no npm') ? 'Install npm here, or Node 24 there' : 'See whether npm works here: npm ping'
}

/** As npm writes it. */
export function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`
}
