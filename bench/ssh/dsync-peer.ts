import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Driver } from '../driver.ts'
import type { Ground } from './ground.ts'
import type { Peer, PeerOptions, Running } from './peer.ts'
import { runningFrom, runningThere } from './running.ts'

/** dsync: the daemon here, the agent that it brings there. */
export class DsyncPeer implements Peer {
  readonly setting = 'as built'
  readonly #ground: Ground
  readonly #driver: Driver

  constructor({ ground, kit }: PeerOptions) {
    this.#ground = ground
    this.#driver = new Driver(kit, ground.home)
  }

  async prepare(): Promise<void> {
    const home = join(this.#ground.home, '.dsync')
    mkdirSync(home, { mode: 0o700 })
    const config = { ssh: { config: this.#ground.sshConfig }, hosts: {}, roots: {} }
    writeFileSync(join(home, 'config.json'), JSON.stringify(config), { mode: 0o600 })
    await this.#driver.dsync('hosts', 'add', 'twin', '--ssh', this.#ground.host.name)
    await this.#driver.start()
  }

  async copy(): Promise<void> {
    await this.#driver.dsync('roots', 'add', this.#ground.from)
    await this.#driver.sync()
  }

  readonly stand = async (): Promise<void> => {}

  async running(): Promise<readonly Running[]> {
    return [...runningFrom(this.#driver.daemon), ...(await runningThere(this.#ground.host))]
  }

  async close(): Promise<void> {
    await this.#driver.stop()
  }
}
