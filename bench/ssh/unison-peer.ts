import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { program } from '../../scripts/provision/programs.ts'
import { Child } from '../child.ts'
import type { Ground } from './ground.ts'
import type { Peer, PeerOptions, Running } from './peer.ts'
import { copyMs } from './peer.ts'
import { runningFrom, runningThere } from './running.ts'

/** The least pause between two looks at everything, where it has no monitor of files (s). */
const lookEveryS = 1

/** Unison over ssh: once for the first copy, then again and again. */
export class UnisonPeer implements Peer {
  readonly setting: string
  readonly #ground: Ground
  readonly #unison = program('unison') ?? 'unison'
  readonly #homes: { readonly here: string; readonly there: string }
  readonly #repeat: string
  #standing: Child | undefined

  constructor({ ground }: PeerOptions) {
    this.#ground = ground
    this.#homes = { here: join(ground.beside, 'unison-here'), there: join(ground.host.homeHere, '.unison') }
    const monitor = existsSync(join(dirname(this.#unison), 'unison-fsmonitor'))
    this.#repeat = monitor ? 'watch' : String(lookEveryS)
    const { stdout } = spawnSync(this.#unison, ['-version'], { encoding: 'utf8' })
    const why = monitor ? '' : ': it is packaged without its monitor of files, so it looks at everything every second'
    this.setting = `${stdout.trim()}, unison -batch, -repeat ${this.#repeat}${why}`
  }

  async prepare(): Promise<void> {
    for (const directory of [this.#homes.here, this.#homes.there, this.#ground.to])
      mkdirSync(directory, { recursive: true })
  }

  async copy(): Promise<void> {
    await this.#start().done(copyMs)
  }

  readonly stand = async (): Promise<void> => {
    this.#standing = this.#start('-repeat', this.#repeat)
  }

  async running(): Promise<readonly Running[]> {
    const standing = this.#standing
    if (!standing?.runs) throw new Error(`unison does not run: ${standing?.said}`)
    return [...runningFrom(standing.pid), ...(await runningThere(this.#ground.host))]
  }

  async close(): Promise<void> {
    await this.#standing?.end()
  }

  #start(...more: readonly string[]): Child {
    const { from, to, host, ssh, home } = this.#ground
    const words = [from, `ssh://${host.name}/${to}`, '-batch', '-silent', '-sshargs', ssh.slice(1).join(' ')]
    const there = ['-servercmd', `env UNISON=${this.#homes.there} ${this.#unison}`]
    const env = { PATH: process.env['PATH'], HOME: home, UNISON: this.#homes.here }
    return new Child(this.#unison, [...words, ...there, ...more], { env })
  }
}
