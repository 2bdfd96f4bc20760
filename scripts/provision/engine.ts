import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Shell } from 'zx'
import { $ } from 'zx'
import { verifyTarball } from './base-image.ts'
import { EngineProcess } from './engine-process.ts'
import type { Part } from './part.ts'
import type { Places } from './places.ts'
import { program } from './programs.ts'

/** Longest path of a socket (bytes): unix(7). */
const socketPathLimit = 107

/**
 * A Docker engine of our own: dockerd and containerd with private directories and sockets, which share nothing with any
 * other engine and leave the firewall and the routes of this machine as they are.
 */
export function engine(places: Places): Part {
  const { containerd, dockerd } = processes(places)
  return {
    name: 'Docker engine',
    async missing() {
      if (containerd.pid() !== undefined && dockerd.pid() !== undefined && existsSync(places.socket)) return undefined
      return `start dockerd on ${places.socket}`
    },
    async make() {
      if (Buffer.byteLength(places.socket) > socketPathLimit) {
        throw new Error(`${places.socket} is too long for a socket; set XDG_CACHE_HOME to something shorter`)
      }
      await stopEngine(places)
      await mkdir(places.engine, { recursive: true, mode: 0o700 })
      const { address } = await configure(places)
      containerd.start(required('containerd'), ['--config', join(places.engine, 'containerd.toml')])
      await containerd.ready(() => existsSync(address))
      dockerd.start(required('dockerd'), dockerdWords(places, address))
      await dockerd.ready(async () => (await asking(places)`docker version`).exitCode === 0)
      await clear(places)
    },
  }
}

/** The base as an image of our engine. */
export function baseImage(places: Places): Part {
  return {
    name: 'base image',
    async missing() {
      if (existsSync(places.socket) && processes(places).dockerd.pid() !== undefined) {
        const { exitCode } = await asking(places)`docker image inspect ${places.image}`
        if (exitCode === 0) return undefined
      }
      return `docker import ${places.tarball} as ${places.image}`
    },
    async make() {
      await verifyTarball(places)
      await docker(places)`docker import ${places.tarball} ${places.image}`
    },
  }
}

/** Ends our engine with every container in it. Says whether anything ran. */
export async function stopEngine(places: Places): Promise<boolean> {
  const { containerd, dockerd } = processes(places)
  const ran = dockerd.pid() !== undefined || containerd.pid() !== undefined
  if (dockerd.pid() !== undefined && existsSync(places.socket)) await clear(places)
  await dockerd.end()
  await containerd.end()
  // What a killed engine leaves behind keeps the next one from starting.
  for (const name of existsSync(places.engine) ? await readdir(places.engine) : []) {
    if (/\.(?:sock|ttrpc|pid)$/.test(name)) await rm(join(places.engine, name))
  }
  return ran
}

/** Removes what tests left in our engine when even their keepers were killed. */
async function clear(places: Places): Promise<void> {
  const ids = (await asking(places)`docker ps --all --quiet`).stdout.split('\n').filter(id => id !== '')
  if (ids.length > 0) await asking(places)`docker rm --force --volumes ${ids}`
  await asking(places)`docker network prune --force`
}

function processes({ engine: folder }: Places): Readonly<Record<'containerd' | 'dockerd', EngineProcess>> {
  return {
    containerd: new EngineProcess(join(folder, 'containerd')),
    dockerd: new EngineProcess(join(folder, 'dockerd')),
  }
}

function docker({ socket }: Places): Shell {
  return $({ quiet: true, env: { ...process.env, DOCKER_HOST: `unix://${socket}` } })
}

/** The same where a failure is an answer. */
function asking(places: Places): Shell {
  return docker(places)({ nothrow: true })
}

function required(name: string): string {
  const path = program(name)
  if (path === undefined) throw new Error(`there is no ${name} here`)
  return path
}

/** Writes what both read, so that no file of the system is read instead. */
async function configure({ engine: folder }: Places): Promise<{ readonly address: string }> {
  const address = join(folder, 'containerd.sock')
  const lines = [
    'version = 2',
    `root = ${JSON.stringify(join(folder, 'containerd'))}`,
    `state = ${JSON.stringify(join(folder, 'containerd-state'))}`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    '[grpc]',
    `address = ${JSON.stringify(address)}`,
    '[ttrpc]',
    `address = ${JSON.stringify(`${address}.ttrpc`)}`,
  ]
  await writeFile(join(folder, 'containerd.toml'), `${lines.join('\n')}\n`)
  await writeFile(join(folder, 'dockerd-settings.json'), '{}\n')
  return { address }
}

/** What dockerd is started with. Bridges of test networks need neither its firewall rules nor forwarding. */
export function dockerdWords({ engine: folder, socket }: Places, containerdAddress: string): string[] {
  return [
    ...['--config-file', join(folder, 'dockerd-settings.json')],
    ...['--data-root', join(folder, 'data')],
    ...['--exec-root', join(folder, 'exec')],
    ...['--pidfile', join(folder, 'dockerd.pid')],
    ...['--host', `unix://${socket}`],
    ...['--containerd', containerdAddress],
    ...['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--ip-masq=false', '--ip-forward=false'],
  ]
}
