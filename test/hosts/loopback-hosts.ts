import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { program } from '../../scripts/provision/programs.ts'
import { until } from '../pipe/until.ts'
import type { Endpoint } from './client.ts'
import { Client } from './client.ts'
import type { Cut, HostProcess, RunOptions, SshHost } from './host.ts'
import { Keeper } from './keeper.ts'
import { LoopbackFiles, marker } from './loopback-files.ts'
import type { LoopbackOrder } from './loopback-keeper.ts'
import { loopbackProcesses, signal } from './loopback-processes.ts'
import { OpenSet } from './open-set.ts'
import { ok } from './program.ts'
import { listed, listing, writing } from './script-files.ts'

const keeperProgram = fileURLToPath(new URL('loopback-keeper.ts', import.meta.url))

/** Why no loopback host can run here, in one line; undefined when it can. */
export function loopbackLacks(): string | undefined {
  const missing = ['sshd', 'ssh', 'ssh-keygen'].filter(name => program(name) === undefined)
  return missing.length === 0 ? undefined : `loopback hosts need ${missing.join(', ')}: npm run test:provision`
}

/** Where logins find programs: the client's `ssh` first, then the Node that runs this, then what the system has. */
function loginPath(bin: string): string {
  return [bin, '/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(':')
}

class LoopbackHost implements SshHost {
  readonly name: string
  readonly isolated = false
  readonly #files: LoopbackFiles
  readonly #keeper: Keeper
  readonly #path: string

  constructor(name: string, base: string, keeper: Keeper) {
    this.name = name
    this.#files = new LoopbackFiles(base, name)
    this.#keeper = keeper
    this.#path = loginPath(join(base, 'client/bin'))
  }

  get home(): string {
    return this.#files.home
  }

  get homeHere(): string {
    return this.#files.home
  }

  get uid(): number {
    return userInfo().uid
  }

  async run(script: string, options: RunOptions = {}): Promise<string> {
    return (await this.#bytes(script, options)).toString()
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await this.#bytes(writing(path), { input: content })
  }

  read(path: string): Promise<Buffer> {
    return readFile(resolve(this.home, path))
  }

  async tree(path: string): Promise<Readonly<Record<string, string>>> {
    return listed(await this.run(listing(path)))
  }

  async processes(): Promise<readonly HostProcess[]> {
    return loopbackProcesses(this.#files.folder, this.#sshd())
  }

  async kill(pattern: RegExp, name: NodeJS.Signals = 'SIGKILL'): Promise<readonly number[]> {
    const pids = (await this.processes()).filter(({ command }) => pattern.test(command)).map(({ pid }) => pid)
    signal(pids, name)
    return pids
  }

  async cutNetwork(how: Cut): Promise<void> {
    await this.#keeper.ask('cut', this.name, how)
  }

  async healNetwork(): Promise<void> {
    await this.#keeper.ask('heal', this.name)
  }

  async setShell(shell: string): Promise<void> {
    const path = program(shell) ?? shell
    this.#files.writeLogin(path, this.#path)
  }

  async setRuntime(): Promise<void> {
    throw new Error('A loopback host has the runtimes of this machine')
  }

  async reloadSshd(settings: string): Promise<void> {
    const { settings: file, config } = this.#files
    writeFileSync(file, `${settings}\n`)
    await ok(program('sshd') ?? 'sshd', ['-t', '-f', config])
    const before = await this.#listens()
    const sshd = this.#sshd()
    if (sshd === undefined) throw new Error(`sshd of ${this.name} does not run`)
    signal([sshd], 'SIGHUP')
    await until(`sshd of ${this.name} listens again`, async () => (await this.#listens()) > before)
  }

  async stopSshd(): Promise<void> {
    await this.#keeper.ask('stopSshd', this.name)
  }

  async startSshd(): Promise<void> {
    await this.#keeper.ask('startSshd', this.name)
  }

  async restart(): Promise<void> {
    await this.stopSshd()
    await this.startSshd()
  }

  async log(): Promise<string> {
    return readFileSync(this.#files.log, 'utf8')
  }

  async #listens(): Promise<number> {
    return (await this.log()).split('Server listening on').length
  }

  #sshd(): number | undefined {
    return existsSync(this.#files.pid) ? Number(readFileSync(this.#files.pid, 'utf8')) : undefined
  }

  #bytes(script: string, { as = 'dev', input = '', limitMs = 60_000 }: RunOptions): Promise<Buffer> {
    if (as === 'root') throw new Error('A loopback host has no other user')
    const env = { HOME: this.home, PATH: this.#path, LANG: 'C.UTF-8', [marker]: this.#files.folder }
    return ok('/bin/sh', ['-c', script], { env, cwd: this.home, input, limitMs })
  }
}

/** Starts hosts that are this account with homes of their own, each behind an sshd and a wire of its own. */
export async function openLoopbackHosts(names: readonly string[]): Promise<OpenSet> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-hosts-')))
  const client = new Client(join(base, 'client'))
  const order: LoopbackOrder = { base, names, key: await client.makeKey() }
  const keeper = new Keeper(keeperProgram, join(base, 'keeper.log'), order)
  try {
    const ports = (await keeper.ask('start')) as Readonly<Record<string, number>>
    const endpoints = names.map(name => endpoint(new LoopbackFiles(base, name), name, ports[name] ?? 0))
    client.write(endpoints, program('ssh') ?? 'ssh')
    symlinkSync(process.execPath, join(client.bin, 'node'))
    const hosts = names.map(name => new LoopbackHost(name, base, keeper))
    for (const host of hosts) await host.setShell('bash')
    return new OpenSet('loopback', hosts, client, keeper)
  } catch (error) {
    await keeper.close()
    // A keeper that never ran removed nothing.
    rmSync(base, { recursive: true, force: true })
    throw error
  }
}

function endpoint(files: LoopbackFiles, name: string, port: number): Endpoint {
  const [type = '', key = ''] = readFileSync(`${files.hostKey}.pub`, 'utf8').split(' ')
  return { name, address: '127.0.0.1', port, user: userInfo().username, hostKey: `${type} ${key}` }
}
