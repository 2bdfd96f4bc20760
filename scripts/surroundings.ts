import { readFileSync } from 'node:fs'
import { homedir, hostname, tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServiceSurroundings } from '../lib/cli/surroundings.ts'
import type { KitHome } from '../lib/daemon/kit-home.ts'
import { kitHome } from '../lib/daemon/kit-home.ts'

/** What the commands and the daemon alike read of their process. */
export interface ProcessFacts {
  readonly home: KitHome
  readonly userHome: string
  readonly host: string
  readonly socketParents: readonly string[]
}

export function processFacts(): ProcessFacts {
  const { DSYNC_HOME, XDG_RUNTIME_DIR } = process.env
  const userHome = homedir()
  return {
    home: kitHome(DSYNC_HOME ? resolve(DSYNC_HOME) : join(userHome, '.dsync')),
    userHome,
    host: shortName(hostname()),
    socketParents: [...(XDG_RUNTIME_DIR ? [XDG_RUNTIME_DIR] : []), tmpdir()],
  }
}

/** Beside this script, or its bundle, lies `bin/`. */
export function serviceSurroundings(): ServiceSurroundings {
  const { uid, username } = userInfo()
  return {
    platform: process.platform,
    uid,
    userName: username,
    kit: fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, ''),
    runtime: process.execPath,
  }
}

/** The first label of a host name, as far as it can be a host's name here. */
function shortName(name: string): string {
  const label = (name.split('.')[0] ?? '').replace(/[^A-Za-z0-9_-]/g, '-').replace(/^[^A-Za-z0-9]+/, '')
  return label.slice(0, 63) || 'localhost'
}

/** As `package.json` says. The agent has none beside it: what it speaks is settled by the protocol's version. */
export function packageVersion(): string {
  const value: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined
  return typeof version === 'string' ? version : '0'
}
