import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ran, SshHost, SshOptions } from './host.ts'
import { ok, runProgram } from './program.ts'

/** Where a host listens. */
export interface Endpoint {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly user: string
  /** The line of its public host key: type and key. */
  readonly hostKey: string
}

/** The files of somebody who logs in to test hosts, in a folder of their own. */
export class Client {
  readonly config: string
  readonly knownHosts: string
  readonly identity: string
  readonly bin: string

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.config = join(folder, 'config')
    this.knownHosts = join(folder, 'known_hosts')
    this.identity = join(folder, 'id_ed25519')
    this.bin = join(folder, 'bin')
  }

  /** Makes the key pair; returns the public key's line. */
  async makeKey(): Promise<string> {
    await ok('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'dsync-test', '-f', this.identity])
    return readFileSync(`${this.identity}.pub`, 'utf8').trim()
  }

  /** Writes configuration, known hosts and the `ssh` that uses them. */
  write(endpoints: readonly Endpoint[], program: string): void {
    writeFileSync(this.config, sshConfig(endpoints, this))
    writeFileSync(this.knownHosts, knownHosts(endpoints))
    mkdirSync(this.bin, { recursive: true })
    const wrapper = join(this.bin, 'ssh')
    writeFileSync(wrapper, `#!/bin/sh\nexec '${program}' -F '${this.config}' "$@"\n`)
    chmodSync(wrapper, 0o755)
  }

  ssh(host: SshHost, words: readonly string[], { limitMs = 20_000, settings = [], input = '' }: SshOptions = {}) {
    const options = [...settings, 'BatchMode=yes', 'ConnectTimeout=5'].flatMap(setting => ['-o', setting])
    const parameters = ['-F', this.config, ...options, '--', host.name, ...words]
    const ran: Promise<Ran> = runProgram('ssh', parameters, { limitMs, input })
    return ran
  }
}

/** What `ssh -F` reads: aliases, and nothing that a person's own configuration would not say as well. */
export function sshConfig(endpoints: readonly Endpoint[], files: Pick<Client, 'identity' | 'knownHosts'>): string {
  const stanzas = endpoints.map(({ name, address, port, user }) =>
    [
      `Host ${name}`,
      `  HostName ${address}`,
      `  Port ${port}`,
      `  User ${user}`,
      `  HostKeyAlias ${name}`,
      `  IdentityFile ${files.identity}`,
      '  IdentitiesOnly yes',
      '  IdentityAgent none',
      `  UserKnownHostsFile ${files.knownHosts}`,
      '  GlobalKnownHostsFile /dev/null',
    ].join('\n'),
  )
  return `${stanzas.join('\n\n')}\n`
}

export function knownHosts(endpoints: readonly Endpoint[]): string {
  return endpoints.map(({ name, hostKey }) => `${name} ${hostKey}\n`).join('')
}
