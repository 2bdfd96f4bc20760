import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import type { HostSet, SshHost } from '../hosts/host.ts'
import { logins } from '../hosts/host.ts'
import type { PairOptions, Ran } from '../pipe/pair.ts'
import { Pair, parsed } from '../pipe/pair.ts'
import { until } from '../pipe/until.ts'

/** What a crash between the two hosts hits: the agent, ssh on this side, the login's sshd on the other, or for some seconds the wire. */
export type Victim = 'agent' | 'ssh' | 'sshd' | 'wire'

export interface SshPairOptions extends PairOptions {
  /** What `killAgent` kills, in turn; default: the agent. */
  readonly victims?: readonly Victim[]
}

/** The command line of an agent, or of the program that becomes one. */
export const agents = /agentLoader|agent\.cjs/

/** How long the wire stays cut (ms). */
const cutMs = 3000

/** How long one command may take in a host (ms). */
const commandMs = 150_000

/** This machine and a host that is reached over ssh, whose files can be seen from here. */
export class SshPair extends Pair {
  readonly other: SshHost
  readonly #victims: readonly Victim[]
  #crashes = 0

  constructor(other: SshHost, { victims = ['agent'] }: SshPairOptions = {}, userHome?: string) {
    super({ twin: other.homeHere, ...(userHome !== undefined && { user: userHome }) })
    this.other = other
    this.#victims = victims
  }

  /** With nothing registered yet. */
  static beside(set: HostSet, options: SshPairOptions = {}, userHome?: string): SshPair {
    const pair = new SshPair(set.host(0), options, userHome)
    const home = join(pair.userHome, '.dsync')
    const config = { ssh: { config: set.config }, hosts: {}, roots: {} }
    mkdirSync(home, { mode: 0o700, recursive: true })
    writeFileSync(join(home, 'config.json'), JSON.stringify(config), { mode: 0o600 })
    return pair
  }

  static async over(set: HostSet, options: SshPairOptions = {}): Promise<SshPair> {
    const pair = SshPair.beside(set, options)
    await pair.register(['--ssh', pair.other.name], options)
    return pair
  }

  override uidOf(side: 'alpha' | 'beta'): number | undefined {
    return side === 'beta' && this.other.isolated ? this.other.uid : undefined
  }

  override here(side: 'alpha' | 'beta', path: string): string {
    return side === 'beta' ? path.replace(this.other.home, this.other.homeHere) : path
  }

  override async killAgent(): Promise<boolean> {
    const victim = this.#victims[this.#crashes++ % this.#victims.length]
    if (victim === 'ssh') return await this.killSsh()
    if (victim === 'wire') return await this.#cutWire()
    return (await this.other.kill(victim === 'sshd' ? logins : agents)).length > 0
  }

  async #cutWire(): Promise<boolean> {
    await this.other.cutNetwork('drop')
    await after(cutMs)
    await this.other.healNetwork()
    return true
  }

  protected async killSsh(): Promise<boolean> {
    return await super.killAgent()
  }
}

/** Two hosts of their own: the daemon runs on the first, as installed there, and reaches the second over ssh. */
export class HostPair extends SshPair {
  readonly hub: SshHost

  constructor(hub: SshHost, other: SshHost, options: SshPairOptions) {
    super(other, options, hub.homeHere)
    this.hub = hub
  }

  static async between(set: HostSet, options: SshPairOptions = {}): Promise<HostPair> {
    const pair = new HostPair(set.host(0), set.host(1), options)
    await pair.hub.run('mkdir -p project')
    await pair.register(['--ssh', pair.other.name], options)
    return pair
  }

  override uidOf(side: 'alpha' | 'beta'): number | undefined {
    return side === 'alpha' ? this.hub.uid : super.uidOf(side)
  }

  override here(side: 'alpha' | 'beta', path: string): string {
    return side === 'alpha' ? path.replace(this.hub.home, this.hub.homeHere) : super.here(side, path)
  }

  /** Runs the installed command there; what it wrote to stderr and its exit code come behind marks in what `run` gives back. */
  override async dsync(...words: readonly string[]): Promise<Ran> {
    const command = ['/opt/dsync/bin/dsync', ...words].map(word => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
    const script = `e=$(mktemp); ${command} </dev/null 2>"$e"; c=$?; printf '\\001'; cat "$e"; rm "$e"; printf '\\001%s' $c`
    const [stdout = '', stderr = '', code = ''] = (await this.hub.run(script, { limitMs: commandMs })).split('\x01')
    return { code: Number(code), stdout, stderr, json: parsed(stdout) }
  }

  override async start(): Promise<number> {
    const { json } = await this.ok('start', '--json')
    return (json as { start: { pid: number } }).start.pid
  }

  /** The hosts end with all that runs on them. */
  override async close(): Promise<void> {
    this.vanish()
  }

  override async killDaemon(): Promise<void> {
    const daemons = /dist\/daemon\.js/
    await this.hub.kill(daemons)
    await until('the daemon is gone', async () =>
      (await this.hub.processes()).every(({ command }) => !daemons.test(command)),
    )
  }

  protected override async killSsh(): Promise<boolean> {
    return (await this.hub.kill(/^ssh .* BatchMode=yes/)).length > 0
  }
}
