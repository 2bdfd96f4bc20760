import { until } from '../pipe/until.ts'
import { docker, firstProcess } from './engine-client.ts'
import type { Cut, HostProcess, RunOptions, Runtime, SshHost } from './host.ts'
import { listed, listing, processLines, quoted, writing } from './script-files.ts'

/** Where a runtime is in a host, and the name it has on PATH. */
const runtimes: Readonly<Record<Exclude<Runtime, 'none'>, readonly [path: string, name: string]>> = {
  node: ['/opt/dsync/node_modules/node-linux-*/bin/node', 'node'],
  node18: ['/opt/node18/bin/node', 'node'],
  deno: ['/opt/dsync/node_modules/@deno/linux-*/deno', 'deno'],
}

/** The chain of firewall rules that drops everything but what a host says to itself. */
const rules = ['INPUT ! -i lo', 'OUTPUT ! -o lo']

/** Where a host in a container is. */
export interface Container {
  readonly id: string
  /** Its first process, as this machine numbers it. */
  readonly pid: number
  readonly name: string
  readonly network: string
  readonly address: string
}

/** A container with an sshd. */
export class DockerHost implements SshHost {
  readonly home = '/home/dev'
  readonly uid = 1000
  readonly isolated = true
  #at: Container
  #cut: Cut | undefined

  constructor(at: Container) {
    this.#at = at
  }

  get name(): string {
    return this.#at.name
  }

  get homeHere(): string {
    return `/proc/${this.#at.pid}/root${this.home}`
  }

  async run(script: string, options?: RunOptions): Promise<string> {
    return (await this.#bytes(script, options)).toString()
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await this.#bytes(writing(path), { input: content })
  }

  read(path: string): Promise<Buffer> {
    return this.#bytes(`exec cat ${quoted(path)}`)
  }

  async tree(path: string): Promise<Readonly<Record<string, string>>> {
    return listed(await this.run(listing(path)))
  }

  /** All but the first, which is the host itself, and what asks. */
  async processes(): Promise<readonly HostProcess[]> {
    const all = processLines(await this.#asRoot('echo $$ 0 self; exec ps -A -o pid=,ppid=,args='))
    const [self] = all
    return all.filter(({ pid, command }) => pid !== 1 && pid !== self?.pid && !command.endsWith('<defunct>'))
  }

  async kill(pattern: RegExp, signal: NodeJS.Signals = 'SIGKILL'): Promise<readonly number[]> {
    const pids = (await this.processes()).filter(({ command }) => pattern.test(command)).map(({ pid }) => pid)
    if (pids.length > 0) await this.#asRoot(`kill -${signal.slice(3)} ${pids.join(' ')} || :`)
    return pids
  }

  async cutNetwork(how: Cut): Promise<void> {
    await this.healNetwork()
    this.#cut = how
    if (how === 'drop') await this.#asRoot(rules.map(rule => `iptables -w -A ${rule} -j DROP`).join(' && '))
    else await docker(['network', 'disconnect', this.#at.network, this.#at.id])
  }

  async healNetwork(): Promise<void> {
    const cut = this.#cut
    this.#cut = undefined
    if (cut === 'drop') await this.#asRoot('iptables -w -F')
    if (cut === 'unplug') {
      await docker(['network', 'connect', '--ip', this.#at.address, this.#at.network, this.#at.id])
    }
  }

  async setShell(shell: string): Promise<void> {
    const path = shell.startsWith('/') ? quoted(shell) : `"$(command -v ${quoted(shell)})"`
    await this.#asRoot(`usermod --shell ${path} dev`)
  }

  async setRuntime(runtime: Runtime): Promise<void> {
    const script = ['rm -f /usr/local/bin/node /usr/local/bin/deno']
    if (runtime !== 'none') {
      const [path, name] = runtimes[runtime]
      script.push(`set -- ${path}`, `test -x "$1"`, `ln -s "$1" /usr/local/bin/${name}`)
    }
    await this.#asRoot(script.join(' && '))
  }

  async reloadSshd(settings: string): Promise<void> {
    const file = '/etc/ssh/sshd_config.d/test.conf'
    await this.#asRoot(`cat > ${file} && /usr/sbin/sshd -t`, `${settings}\n`)
    const before = await this.#listens()
    await this.#asRoot('kill -HUP "$(cat /run/sshd.pid)"')
    await this.#listening(before)
  }

  async stopSshd(): Promise<void> {
    await until(
      `all of sshd in ${this.name} has ended`,
      async () => (await this.kill(/^(?:sshd: |\S*\/sshd )/)).length === 0,
    )
    await this.#asRoot('rm -f /run/sshd.pid')
  }

  async startSshd(): Promise<void> {
    const before = await this.#listens()
    await this.#asRoot('/usr/sbin/sshd -E /var/log/sshd.log')
    await this.#listening(before)
  }

  async restart(): Promise<void> {
    const before = await this.#listens()
    // By one `docker restart` a busy engine may take the file system away from the container that it has just started.
    await docker(['kill', this.#at.id])
    await docker(['wait', this.#at.id])
    await docker(['start', this.#at.id])
    this.#at = { ...this.#at, pid: await firstProcess(this.#at.id) }
    this.#cut = undefined
    await this.#listening(before)
  }

  log(): Promise<string> {
    return this.#asRoot('cat /var/log/sshd.log')
  }

  /** Waits until sshd listens after it was started with the container. */
  async ready(): Promise<void> {
    await this.#listening(0)
  }

  async #listens(): Promise<number> {
    return Number(await this.#asRoot('grep -c "Server listening on 0.0.0.0" /var/log/sshd.log || :'))
  }

  async #listening(before: number): Promise<void> {
    await until(`sshd of ${this.name} listens`, async () => (await this.#listens()) > before)
  }

  #asRoot(script: string, input: string | Uint8Array = ''): Promise<string> {
    return this.run(script, { as: 'root', input })
  }

  #bytes(script: string, { as = 'dev', input = '', limitMs = 60_000 }: RunOptions = {}): Promise<Buffer> {
    const home = as === 'dev' ? this.home : '/root'
    const who = ['--user', as, '--workdir', this.home, '--env', `HOME=${home}`, '--env', 'LANG=C.UTF-8']
    return docker(['exec', '--interactive', ...who, this.#at.id, 'sh', '-c', script], { input, limitMs })
  }
}
