import type { Client } from './client.ts'
import type { HostSet, ProviderName, Ran, SshHost, SshOptions } from './host.ts'
import type { Keeper } from './keeper.ts'

/** Started hosts with the one who reaches them and the one who ends them. */
export class OpenSet implements HostSet {
  readonly provider: ProviderName
  readonly hosts: readonly SshHost[]
  readonly config: string
  readonly knownHosts: string
  readonly identity: string
  readonly bin: string
  readonly #client: Client
  readonly #keeper: Keeper

  constructor(provider: ProviderName, hosts: readonly SshHost[], client: Client, keeper: Keeper) {
    this.provider = provider
    this.hosts = hosts
    this.config = client.config
    this.knownHosts = client.knownHosts
    this.identity = client.identity
    this.bin = client.bin
    this.#client = client
    this.#keeper = keeper
  }

  host(index: number): SshHost {
    const host = this.hosts[index]
    if (host === undefined) throw new Error(`There are only ${this.hosts.length} hosts`)
    return host
  }

  ssh(host: SshHost, words: readonly string[], options?: SshOptions): Promise<Ran> {
    return this.#client.ssh(host, words, options)
  }

  close(): Promise<void> {
    return this.#keeper.close()
  }
}
