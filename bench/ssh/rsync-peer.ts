import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ran } from '../child.ts'
import type { Ground } from './ground.ts'
import type { Peer, PeerOptions } from './peer.ts'
import { copyMs } from './peer.ts'

/** `rsync -a` over ssh, run once for each copy. */
export class RsyncPeer implements Peer {
  readonly setting: string
  readonly #ground: Ground

  constructor({ ground }: PeerOptions) {
    this.#ground = ground
    const { stdout } = spawnSync('rsync', ['--version'], { encoding: 'utf8' })
    this.setting = `${/version \S+/.exec(stdout)?.[0]}, rsync -a`
  }

  async prepare(): Promise<void> {
    mkdirSync(this.#ground.to, { recursive: true })
  }

  async copy(directory = ''): Promise<void> {
    const { from, to, host, ssh } = this.#ground
    const there = `${host.name}:${join(to, directory)}/`
    await ran('rsync', ['-a', '-e', ssh.join(' '), '--', `${join(from, directory)}/`, there], copyMs)
  }

  async running(): Promise<readonly []> {
    return []
  }

  async close(): Promise<void> {}
}
