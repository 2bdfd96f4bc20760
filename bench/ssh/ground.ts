import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { HostSet, SshHost } from '../../test/hosts/host.ts'
import { openHosts } from '../../test/hosts/ssh-hosts.ts'
import { goesWithBench } from '../leftovers.ts'

/** A directory on this host and its twin on a host behind an sshd of its own, both on this machine's file system. */
export class Ground {
  readonly home: string
  readonly from: string
  readonly to: string
  /** What belongs to neither side. */
  readonly beside: string
  readonly host: SshHost
  /** A configuration for `ssh -F` in which the host is known by its name. */
  readonly sshConfig: string
  readonly #set: HostSet

  private constructor(set: HostSet) {
    const base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-bench-')))
    goesWithBench(base)
    this.#set = set
    this.host = set.host(0)
    // Short: a longer path leaves no room for ssh's sockets, and dsync would keep them outside of it.
    this.home = join(base, 'a')
    this.beside = join(base, 'beside')
    this.from = join(this.home, 'project')
    this.to = join(this.host.homeHere, 'project')
    this.sshConfig = join(base, 'ssh_config')
    for (const directory of [this.from, this.beside]) mkdirSync(directory, { recursive: true })
    writeFileSync(this.sshConfig, straight(set))
  }

  static async open(): Promise<Ground> {
    const set = await openHosts('loopback', 1)
    try {
      return new Ground(set)
    } catch (error) {
      await set.close()
      throw error
    }
  }

  /** Program and words that log in without asking. */
  get ssh(): readonly string[] {
    return ['ssh', '-F', this.sshConfig, '-o', 'BatchMode=yes']
  }

  /** Ends the sshd, and removes what lies on the other host: after the last measurement (see `goesWithBench`). */
  async close(): Promise<void> {
    await this.#set.close()
  }
}

/** The set's configuration without the wire that tests cut: that is a process that would take part in all figures. */
function straight(set: HostSet): string {
  const settings = readFileSync(join(dirname(set.host(0).homeHere), 'sshd_config'), 'utf8')
  const port = /^ListenAddress .*:(\d+)$/m.exec(settings)?.[1]
  if (port === undefined) throw new Error('The sshd of the host does not say where it listens')
  return readFileSync(set.config, 'utf8').replace(/^ {2}Port \d+$/m, `  Port ${port}`)
}
