import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { codeOf } from '../../lib/core/errors.ts'
import { lockHolder } from '../../lib/daemon/lock.ts'
import { thisProcess } from '../../lib/daemon/process-identity.ts'
import type { Ran } from './pair.ts'
import { Pair } from './pair.ts'
import { until } from './until.ts'

export type Home = 'one' | 'twin' | 'third'

/** Three homes of this machine that share the root `~/project`: `one`, which is set up as the hub, `twin` and `third`. */
export class Trio {
  readonly pair: Pair
  readonly homes: Readonly<Record<Home, string>>

  private constructor(pair: Pair) {
    this.pair = pair
    this.homes = { one: pair.userHome, twin: pair.twinHome, third: join(pair.base, 'third') }
  }

  /** With hosts and root registered, not started. */
  static async make(): Promise<Trio> {
    const pair = new Pair()
    const trio = new Trio(pair)
    try {
      await trio.ok('one', 'config', 'set', 'name', 'one')
      for (const name of ['twin', 'third'] as const) await pair.ok('hosts', 'add', name, '--pipe', trio.homes[name])
      await pair.ok('roots', 'add', '~/project')
    } catch (error) {
      await pair.close()
      throw error
    }
    return trio
  }

  /** Runs a command as somebody who sits at one of the homes. */
  async dsync(at: Home, ...words: readonly string[]): Promise<Ran> {
    const home = this.homes[at]
    mkdirSync(home, { recursive: true })
    return await this.pair.dsyncIn({ cwd: home, variables: { HOME: home } }, ...words).finally(() => this.#adopt())
  }

  async ok(at: Home, ...words: readonly string[]): Promise<Ran> {
    const ran = await this.dsync(at, ...words)
    if (ran.code === 0) return ran
    throw new Error(`dsync ${words.join(' ')} at ${at} ended with ${ran.code}: ${ran.stdout}${ran.stderr}`)
  }

  write(at: Home, path: string, text: string): void {
    writeFileSync(join(this.homes[at], 'project', path), text)
  }

  text(at: Home, path: string): string | undefined {
    try {
      return readFileSync(join(this.homes[at], 'project', path), 'utf8')
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
      return undefined
    }
  }

  /** Resolves when every home holds this at a path. */
  async everywhere(path: string, text: string | undefined): Promise<void> {
    const names = Object.keys(this.homes) as Home[]
    await until(`${path} is ${text} everywhere`, () => names.every(name => this.text(name, path) === text), 60_000)
  }

  daemonOf(at: Home): number | undefined {
    try {
      return lockHolder(join(this.homes[at], '.dsync/run'), 'daemon', thisProcess(hostname()))?.record.pid
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
      return undefined
    }
  }

  /** Ends a home's daemon as a crash would, with the agents it started. */
  async kill(at: Home): Promise<void> {
    const pid = this.daemonOf(at)
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
    await until('the daemon is gone', () => this.daemonOf(at) === undefined)
  }

  /** Takes a home away, as a disk that is not mounted, until `show`; nothing may run in it. */
  hide(at: Home): void {
    renameSync(this.homes[at], `${this.homes[at]}-away`)
  }

  show(at: Home): void {
    // An agent that lingers there may have written meanwhile, into a directory that was not there.
    rmSync(this.homes[at], { recursive: true, force: true })
    renameSync(`${this.homes[at]}-away`, this.homes[at])
  }

  async close(): Promise<void> {
    for (const at of ['twin', 'third'] as const) await this.dsync(at, 'stop')
    await this.pair.close()
  }

  #adopt(): void {
    for (const at of ['twin', 'third'] as const) {
      const pid = this.daemonOf(at)
      if (pid !== undefined) this.pair.adopt(pid)
    }
  }
}
