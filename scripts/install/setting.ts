import { spawnSync } from 'node:child_process'
import { homedir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Arguments } from '../../lib/cli/command-spec.ts'
import type { Terminal } from '../../lib/cli/surroundings.ts'
import { contractHome } from '../../lib/daemon/host-paths.ts'
import type { KitHome } from '../../lib/daemon/kit-home.ts'
import { kitHome } from '../../lib/daemon/kit-home.ts'
import type { KitLayout } from '../../lib/kit/layout.ts'
import { kitLayout } from '../../lib/kit/layout.ts'

/** What an installation is made from, and where to. */
export interface Setting {
  readonly given: Arguments
  readonly terminal: Terminal
  readonly userHome: string
  readonly uid: number
  readonly userName: string
  readonly home: KitHome
  readonly layout: KitLayout
  /** The checkout, or the installed release, that this script belongs to. */
  readonly folder: string
  readonly platform: string
  /** The environment of every command that is run. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What a relative path on the command line is relative to. */
  readonly cwd: string
  readonly signal: AbortSignal
  /** A path as a person would write it. */
  readonly shown: (path: string) => string
}

/** What one command printed, and its exit code. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export function readSetting(given: Arguments, terminal: Terminal, signal: AbortSignal): Setting {
  const userHome = homedir()
  const { DSYNC_CALLED_FROM, DSYNC_HOME } = process.env
  const cwd = DSYNC_CALLED_FROM || process.cwd()
  const told = given.text('home') ?? DSYNC_HOME
  const directory =
    told === undefined || told === '' ? join(userHome, '.dsync') : resolve(cwd, expanded(told, userHome))
  // A dry run leaves no compiled code behind either.
  const traceless = given.has('dry-run') ? { NODE_DISABLE_COMPILE_CACHE: '1' } : {}
  const environment = { ...process.env, ...traceless, DSYNC_HOME: directory, DSYNC_CALLED_FROM: undefined }
  return {
    given,
    terminal,
    userHome,
    uid: userInfo().uid,
    userName: userInfo().username,
    home: kitHome(directory),
    layout: kitLayout(directory),
    folder: fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../..' : '..', import.meta.url)).replace(
      /\/$/,
      '',
    ),
    platform: `${process.platform}-${process.arch}`,
    environment,
    cwd,
    signal,
    shown: path => contractHome(path, userHome),
  }
}

/** A path whose `~` no shell has taken: it stood behind a `=`. */
export function expanded(path: string, userHome: string): string {
  return path === '~' || path.startsWith('~/') ? join(userHome, path.slice(1)) : path
}

/** Runs the installed dsync in its home. */
export function dsync({ layout, environment, cwd }: Setting, ...words: readonly string[]): Ran {
  const { status, stdout, stderr, error } = spawnSync(join(layout.bin, 'dsync'), words, {
    cwd,
    env: environment,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (error !== undefined) throw error
  return { code: status ?? 1, out: stdout, err: stderr }
}
