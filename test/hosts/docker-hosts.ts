import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { program } from '../../scripts/provision/programs.ts'
import { until } from '../pipe/until.ts'
import type { Endpoint } from './client.ts'
import { Client, knownHosts, sshConfig } from './client.ts'
import { DockerHost } from './docker-host.ts'
import type { DockerOrder } from './docker-keeper.ts'
import { containerOf, firstProcess, systemState } from './engine-client.ts'
import type { Init } from './host.ts'
import { Keeper } from './keeper.ts'
import { OpenSet } from './open-set.ts'

const keeperProgram = fileURLToPath(new URL('docker-keeper.ts', import.meta.url))

/** The last number of the address of the first host; the others follow. */
const firstAddress = 11

/** The compose project of the hosts with a folder: compose takes only plain names. */
export function projectOf(base: string): string {
  return base.replace(/.*-/, 'dsync-test-').toLowerCase()
}

/** How long systemd may take to start all that is enabled in a container (ms). */
const bootMs = 30_000

/** Thrown where systemd does not become the first process of a container. */
export class NoSystemd extends Error {}

/**
 * Starts hosts in containers of an engine of our own; they know and reach each other. Throws `NoSystemd` where they are
 * to be booted by systemd, and are not.
 */
export async function openDockerHosts(names: readonly string[], init: Init = 'script'): Promise<OpenSet> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-hosts-')))
  const client = new Client(join(base, 'client'))
  const project = projectOf(base)
  const order: DockerOrder = { base, project, names, key: await client.makeKey(), init }
  const keeper = new Keeper(keeperProgram, join(base, 'keeper.log'), order)
  try {
    const net = await keeper.ask('start')
    const started = await Promise.all(
      names.map(async (name, index) => {
        const address = `${String(net)}.${firstAddress + index}`
        const id = await containerOf(project, name)
        if (init === 'systemd') await booted(id, name)
        const pid = await firstProcess(id)
        const host = new DockerHost({ id, pid, name, network: `${project}_wire`, address })
        await host.ready()
        const [type = '', key = ''] = (await host.run('cat /etc/ssh/ssh_host_ed25519_key.pub')).split(' ')
        const endpoint: Endpoint = { name, address, port: 22, user: 'dev', hostKey: `${type} ${key}` }
        return { host, endpoint }
      }),
    )
    const endpoints = started.map(({ endpoint }) => endpoint)
    client.write(endpoints, program('ssh') ?? 'ssh')
    await Promise.all(started.map(({ host }) => introduce(host, endpoints, client)))
    const hosts = started.map(({ host }) => host)
    return new OpenSet('docker', hosts, client, keeper)
  } catch (error) {
    await keeper.close()
    // A keeper that never ran removed nothing.
    rmSync(base, { recursive: true, force: true })
    throw error
  }
}

/** Waits until systemd has started all that is enabled; something may have failed that a container lacks. */
async function booted(id: string, name: string): Promise<void> {
  const deadline = performance.now() + bootMs
  let state = ''
  const isUp = (): boolean => /^(?:running|degraded)$/.test(state)
  await until(
    `systemd boots ${name}, or does not`,
    async () => {
      state = await systemState(id)
      return isUp() || state.endsWith('is not running') || performance.now() > deadline
    },
    2 * bootMs,
  )
  if (!isUp()) throw new NoSystemd(`systemd does not boot a container here: ${state}`)
}

/** Lets a host log in to the others by the same names. */
async function introduce(host: DockerHost, endpoints: readonly Endpoint[], client: Client): Promise<void> {
  const files = { identity: `${host.home}/.ssh/id_ed25519`, knownHosts: `${host.home}/.ssh/known_hosts` }
  await host.write(files.identity, readFileSync(client.identity))
  await host.write(files.knownHosts, knownHosts(endpoints))
  await host.write('.ssh/config', sshConfig(endpoints, files))
  await host.run('chmod 600 .ssh/*')
}
