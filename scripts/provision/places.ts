import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packageList = fileURLToPath(new URL('../../test/hosts/image/packages.txt', import.meta.url))

/** The release of Debian that test hosts run. */
export const release = 'bookworm'

/** The Debian packages of a test host. */
export const hostPackages: readonly string[] = readFileSync(packageList, 'utf8').trim().split('\n')

/** Where provisioning keeps its things, all outside the checkout. */
export interface Places {
  /** Holds all the others; 0700. */
  readonly cache: string
  /** Files and sockets of the engine. */
  readonly engine: string
  /** The engine's socket. */
  readonly socket: string
  /** The root of a test host, as `docker import` takes it. Another release or other packages have another name. */
  readonly tarball: string
  /** The same as an image of the engine. */
  readonly image: string
}

/** @param environment `XDG_CACHE_HOME` says where caches are, as in the XDG base directory specification. */
export function places(environment: NodeJS.ProcessEnv = process.env): Places {
  const cache = join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'dsync-test')
  const contents = createHash('sha256')
    .update([release, ...hostPackages].join(' '))
    .digest('hex')
    .slice(0, 12)
  return {
    cache,
    engine: join(cache, 'engine'),
    socket: join(cache, 'engine', 'docker.sock'),
    tarball: join(cache, `base-${contents}.tar`),
    image: `dsync-test-base:${contents}`,
  }
}
