import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { Child, ran } from '../child.ts'
import type { Ground } from './ground.ts'
import type { Peer, PeerOptions, Running } from './peer.ts'
import { copyMs } from './peer.ts'
import { runningFrom } from './running.ts'
import { apiKey, syncthingConfig } from './syncthing-config.ts'
import { freePort } from '../../test/hosts/free-port.ts'

const startMs = 60_000
const askMs = 30_000
const lookMs = 100
const folder = 'bench'

/** Its delay before it looks at what its watcher said: its default is 10, and none below 1 is taken (s). */
const watcherDelayS = 1

interface Instance {
  readonly at: Running['at']
  readonly home: string
  readonly tree: string
  readonly device: string
  readonly listen: number
  readonly gui: number
  child?: Child
}

/** What `/rest/db/status` says. */
interface Status {
  readonly state: string
  readonly globalFiles: number
  readonly localFiles: number
  readonly needTotalItems: number
}

/** Two instances of Syncthing on loopback, each with a home of its own, which know only each other. */
export class SyncthingPeer implements Peer {
  readonly setting: string
  readonly #ground: Ground
  readonly #files: number
  #instances: readonly Instance[] = []

  constructor({ ground, files }: PeerOptions) {
    this.#ground = ground
    this.#files = files
    const { stdout } = spawnSync('syncthing', ['--version'], { encoding: 'utf8' })
    this.setting = `${/v[\d.]+/.exec(stdout)?.[0]}, over TLS on loopback instead of ssh, fsWatcherDelayS ${watcherDelayS}`
  }

  async prepare(): Promise<void> {
    const [here, there] = [join(this.#ground.beside, 'syncthing'), join(this.#ground.host.homeHere, '.syncthing')]
    this.#instances = [await instance('here', here, this.#ground.from), await instance('there', there, this.#ground.to)]
    for (const each of this.#instances) {
      writeFileSync(join(each.home, 'config.xml'), syncthingConfig(each, this.#instances))
      const words = ['serve', `--home=${each.home}`, '--no-browser', '--no-restart', '--no-upgrade']
      each.child = new Child('syncthing', words, { env: environment(each.home) })
    }
    for (const each of this.#instances) await this.#until(each, 'is connected', startMs, connected)
  }

  async copy(): Promise<void> {
    for (const each of this.#instances.toReversed()) await this.#ask(each, 'config/folders', this.#folder(each))
    for (const each of this.#instances)
      await this.#until(each, 'has the whole tree', copyMs, async ask => {
        const status = (await ask(`db/status?folder=${folder}`)) as Status
        const all = status.globalFiles === this.#files && status.localFiles === this.#files
        return all && status.state === 'idle' && status.needTotalItems === 0
      })
  }

  readonly stand = async (): Promise<void> => {}

  async running(): Promise<readonly Running[]> {
    return this.#instances.flatMap(({ child, at }) => (child === undefined ? [] : runningFrom(child.pid, at)))
  }

  async close(): Promise<void> {
    await Promise.all(this.#instances.map(async ({ child }) => await child?.end()))
  }

  #folder({ tree }: Instance): object {
    return {
      id: folder,
      path: tree,
      devices: this.#instances.map(({ device }) => ({ deviceID: device })),
      fsWatcherEnabled: true,
      fsWatcherDelayS: watcherDelayS,
      rescanIntervalS: 3600,
    }
  }

  /** Asks or, with a body, adds; fails when it does not run any more. */
  async #ask({ gui, child }: Instance, what: string, body?: object): Promise<unknown> {
    if (child?.runs !== true) throw new Error(`syncthing does not run: ${child?.said}`)
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(`http://127.0.0.1:${gui}/rest/${what}`, {
      ...sent,
      headers: { 'X-API-Key': apiKey },
      signal: AbortSignal.timeout(askMs),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`syncthing answered ${answer.status} to ${what}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  async #until(
    each: Instance,
    what: string,
    limitMs: number,
    look: (ask: (what: string) => Promise<unknown>) => Promise<boolean>,
  ): Promise<void> {
    const deadline = performance.now() + limitMs
    for (;;) {
      try {
        if (await look(question => this.#ask(each, question))) return
      } catch (error) {
        // It does not answer while it starts, and knows of no folder just after it was told.
        if (each.child?.runs !== true || performance.now() > deadline) throw error
      }
      if (performance.now() > deadline) throw new Error(`Waited ${limitMs / 1000} s in vain until syncthing ${what}`)
      await after(lookMs)
    }
  }
}

async function connected(ask: (what: string) => Promise<unknown>): Promise<boolean> {
  const { connections } = (await ask('system/connections')) as { connections: Record<string, { connected: boolean }> }
  return Object.values(connections).some(each => each.connected)
}

async function instance(at: Running['at'], home: string, tree: string): Promise<Instance> {
  for (const directory of [home, tree]) mkdirSync(directory, { recursive: true })
  await ran('syncthing', ['generate', `--home=${home}`, '--no-default-folder', '--skip-port-probing'], startMs, {
    env: environment(home),
  })
  const asked = spawnSync('syncthing', ['--device-id', `--home=${home}`], { env: environment(home), encoding: 'utf8' })
  return { at, home, tree, device: asked.stdout.trim(), listen: await freePort(), gui: await freePort() }
}

function environment(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: home, STNOUPGRADE: '1', STNODEFAULTFOLDER: '1' }
}
