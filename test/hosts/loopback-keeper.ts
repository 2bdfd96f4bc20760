/** Runs the sshds of a set of loopback hosts, each behind a wire that can be cut, and ends all that was started there. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { program } from '../../scripts/provision/programs.ts'
import { until } from '../pipe/until.ts'
import type { Cut } from './host.ts'
import { keep } from './kept.ts'
import { LoopbackFiles, marker } from './loopback-files.ts'
import { loopbackProcesses, signal } from './loopback-processes.ts'
import { ok } from './program.ts'
import { Relay } from './relay.ts'
import { freePort } from './free-port.ts'

/** What a keeper of loopback hosts is started with. */
export interface LoopbackOrder {
  readonly base: string
  readonly names: readonly string[]
  /** The public key that may log in. */
  readonly key: string
}

const order = JSON.parse(process.argv[2] ?? '') as LoopbackOrder
const relays = new Map<string, Relay>()

/** Where sshd drops its privileges to; packages leave it to service managers to make it. */
const emptyFolder = '/run/sshd'

function sshdPid({ pid }: LoopbackFiles): number | undefined {
  return existsSync(pid) ? Number(readFileSync(pid, 'utf8')) : undefined
}

/** Starts sshd and waits until it listens. */
async function startSshd(name: string): Promise<void> {
  const files = new LoopbackFiles(order.base, name)
  const before = listens(files)
  const path = program('sshd') ?? 'sshd'
  const env = { PATH: process.env['PATH'], [marker]: files.folder }
  const child = spawn(path, ['-D', '-f', files.config, '-E', files.log], { env, stdio: 'ignore' })
  let ended: string | undefined
  child.once('error', error => (ended = error.message))
  child.once('exit', code => (ended = `sshd ended with ${code}: ${readFileSync(files.log, 'utf8')}`))
  await until(`sshd of ${name} listens`, () => {
    if (ended !== undefined) throw new Error(ended)
    return listens(files) > before && existsSync(files.pid)
  })
}

function listens({ log }: LoopbackFiles): number {
  return readFileSync(log, 'utf8').split('Server listening on').length - 1
}

async function start(): Promise<Readonly<Record<string, number>>> {
  if (process.getuid?.() === 0 && process.platform === 'linux') mkdirSync(emptyFolder, { recursive: true, mode: 0o755 })
  for (const name of order.names) {
    const files = new LoopbackFiles(order.base, name)
    const port = await freePort()
    files.write(order.key, port)
    await ok('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', files.hostKey])
    await startSshd(name)
    relays.set(name, await Relay.open(port))
  }
  return Object.fromEntries([...relays].map(([name, { port }]) => [name, port]))
}

/** Ends everything of a host but its files. */
async function stop(name: string): Promise<void> {
  const files = new LoopbackFiles(order.base, name)
  const left = () => loopbackProcesses(files.folder, sshdPid(files)).map(({ pid }) => pid)
  await until(`all of ${name} has ended`, () => {
    const pids = left()
    signal(pids, 'SIGKILL')
    return pids.length === 0
  })
  rmSync(files.pid, { force: true })
}

async function end(): Promise<void> {
  for (const name of order.names) await stop(name)
  for (const relay of relays.values()) await relay.close()
  rmSync(order.base, { recursive: true, force: true, maxRetries: 5 })
}

keep(
  {
    start,
    cut: (name: string, how: Cut) => wire(name).cut(how),
    heal: (name: string) => wire(name).heal(),
    stopSshd: stop,
    startSshd,
  },
  end,
)

function wire(name: string): Relay {
  const relay = relays.get(name)
  if (relay === undefined) throw new Error(`there is no host ${name}`)
  return relay
}
