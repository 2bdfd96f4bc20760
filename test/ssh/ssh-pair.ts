import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostSet, SshHost } from '../hosts/host.ts'
import { logins } from '../hosts/host.ts'
import type { PairOptions } from '../pipe/pair.ts'
import { Pair } from '../pipe/pair.ts'

/** Which process a crash between the two hosts hits: the agent, ssh on this side, or the login's sshd on the other. */
export type Victim = 'agent' | 'ssh' | 'sshd'

export interface SshPairOptions extends PairOptions {
  /** What `killAgent` kills, in turn; default: the agent. */
  readonly victims?: readonly Victim[]
}

/** The command line of an agent, or of the program that becomes one. */
export const agents = /agentLoader|agent\.cjs/

/** This machine and a host that is reached over ssh, whose files can be seen from here. */
export class SshPair extends Pair {
  readonly other: SshHost
  readonly #victims: readonly Victim[]
  #crashes = 0

  constructor(other: SshHost, victims: readonly Victim[]) {
    super(other.home)
    this.other = other
    this.#victims = victims
  }

  /** With nothing registered yet. */
  static beside(set: HostSet, { victims = ['agent'] }: SshPairOptions = {}): SshPair {
    const pair = new SshPair(set.host(0), victims)
    const home = join(pair.userHome, '.dsync')
    mkdirSync(home, { mode: 0o700 })
    writeFileSync(join(home, 'config.json'), JSON.stringify({ ssh: { config: set.config }, hosts: {}, roots: {} }), {
      mode: 0o600,
    })
    return pair
  }

  static async over(set: HostSet, options: SshPairOptions = {}): Promise<SshPair> {
    const pair = SshPair.beside(set, options)
    await pair.register(['--ssh', pair.other.name], options)
    return pair
  }

  override async killAgent(): Promise<boolean> {
    const victim = this.#victims[this.#crashes++ % this.#victims.length]
    if (victim === 'ssh') return await super.killAgent()
    return (await this.other.kill(victim === 'sshd' ? logins : agents)).length > 0
  }
}
