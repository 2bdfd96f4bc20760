import { execFile } from 'node:child_process'
import { SyncError } from '../core/errors.ts'
import { laneBytes } from '../core/limits.ts'
import type { Path } from '../core/path.ts'
import { join, nameOf, parentOf } from '../core/path.ts'
import type { Carriage, CarriageEnd, Carrier, Load, Obstacle } from '../ports/carrier.ts'
import type { Clock } from '../ports/clock.ts'
import type { RsyncAbilities } from './rsync-abilities.ts'
import { rsyncAbilities } from './rsync-abilities.ts'
import type { RsyncCopy } from './rsync-arguments.ts'
import { isPlainWord, rsyncArguments } from './rsync-arguments.ts'
import { runRsync } from './rsync-run.ts'
import type { SshOptions } from './ssh-command.ts'
import { sshReach } from './ssh-command.ts'
import { sshFailure } from './ssh-failure.ts'

export interface RsyncCarrierOptions {
  readonly ssh: Pick<SshOptions, 'program' | 'target' | 'configFile'>
  /** Where the root lies on the other host, an absolute path. */
  readonly root: string
  /** Where rsync was seen there: it is used when the login does not find one by itself. */
  readonly programThere?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Holds a directory of the root on this host, no link followed: `address` is good until `close`. Throws SyncError. */
  readonly pin: (directory: Path) => { readonly address: string; close(): void }
}

/** `programThere`: the login there does not find it by itself. */
type Asked = { readonly abilities: RsyncAbilities; readonly programThere?: string } | { readonly obstacle: Obstacle }

/** Connecting takes 15 s at most, and a login shell a while (ms). */
const askMs = 30_000

/**
 * Carries files by rsync over an ssh connection of its own for each, so that no keystroke waits behind them. On this
 * host the file is found below a pinned directory, and the slot is the one our replica chose; what another host names is
 * only ever a path on that host.
 */
export function rsyncCarrier(options: RsyncCarrierOptions): Carrier {
  return new RsyncCarrier(options)
}

class RsyncCarrier implements Carrier {
  readonly fromBytes = laneBytes
  readonly #options: RsyncCarrierOptions
  readonly #environment: Readonly<Record<string, string | undefined>>
  readonly #ssh: readonly [program: string, ...rest: string[]]
  #asked: Promise<Asked> | undefined
  #abilities: RsyncAbilities | undefined
  #programThere: string | undefined

  constructor(options: RsyncCarrierOptions) {
    this.#options = options
    this.#ssh = sshReach({ ...options.ssh, sockets: undefined })
    const ours = Object.entries(options.environment).filter(([name]) => !name.startsWith('RSYNC_'))
    this.#environment = { ...Object.fromEntries(ours), LC_ALL: 'C' }
  }

  async check(): Promise<Obstacle | undefined> {
    this.#asked ??= this.#ask()
    const asked = await this.#asked
    if ('obstacle' in asked) return asked.obstacle
    this.#abilities = asked.abilities
    this.#programThere = asked.programThere
    return undefined
  }

  forget(): void {
    this.#asked = undefined
  }

  carry(load: Load): Carriage {
    if (this.#abilities === undefined) return over('nobody asked what rsync can do')
    return load.to === 'beta' ? this.#push(load, this.#abilities) : this.#pull(load, this.#abilities)
  }

  #push(load: Load, abilities: RsyncAbilities): Carriage {
    const { slot: into, hasBasis, path } = load
    const parameters = rsyncArguments(
      { direction: 'push', from: nameOf(path), into, hasBasis, ...this.#there() },
      abilities,
    )
    try {
      const directory = this.#options.pin(parentOf(path))
      try {
        return this.#run(load, parameters, directory.address)
      } finally {
        directory.close()
      }
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      return over(error.message)
    }
  }

  #pull(load: Load, abilities: RsyncAbilities): Carriage {
    const { slot: into, hasBasis, path } = load
    const from = join(this.#options.root, path)
    const parameters = rsyncArguments({ direction: 'pull', from, into, hasBasis, ...this.#there() }, abilities)
    return this.#run(load, parameters, '/')
  }

  #there(): Pick<RsyncCopy, 'ssh' | 'programThere'> {
    return { ssh: this.#ssh, ...(this.#programThere !== undefined && { programThere: this.#programThere }) }
  }

  #run({ size, progress }: Load, parameters: readonly string[] | undefined, directory: string): Carriage {
    if (parameters === undefined) return over('its name cannot be told to both rsyncs')
    const { clock } = this.#options
    return runRsync({
      // As at the other end, it yields to what people wait for.
      ...{ program: 'nice', parameters: [program, ...parameters], directory },
      ...{ environment: this.#environment, clock, size, progress },
    })
  }

  async #ask(): Promise<Asked> {
    const [here, there] = await Promise.all([this.#version(program, ['--version']), this.#versionThere(program)])
    if (here.abilities === undefined) return unusable('there is none that we can use on this host')
    const secluded = here.abilities.secluded
    if (there.abilities !== undefined) return { abilities: { secluded: secluded && there.abilities.secluded } }
    const { ssh: way, programThere } = this.#options
    if (there.code === sshFailed) {
      const { why } = sshFailure(way, { pid: undefined, code: sshFailed, signal: null, stderr: there.stderr })
      return { obstacle: { is: 'lost', why } }
    }
    if (programThere !== undefined && isPlainWord(programThere)) {
      const { abilities } = await this.#versionThere(programThere)
      if (abilities !== undefined) return { abilities: { secluded: secluded && abilities.secluded }, programThere }
    }
    return unusable(`there is none that we can use on ${way.target}`)
  }

  #versionThere(word: string): Promise<Version> {
    const [ssh, ...words] = this.#ssh
    return this.#version(ssh, [...words, word, '--version'])
  }

  /** What `rsync --version` says, run in one way or another. */
  #version(file: string, parameters: readonly string[]): Promise<Version> {
    const options = { env: this.#environment, timeout: askMs, killSignal: 'SIGKILL', maxBuffer: 1024 * 1024 } as const
    return new Promise(resolve =>
      execFile(file, [...parameters], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : sshFailed
        resolve({ code, stderr, abilities: error === null ? rsyncAbilities(stdout) : undefined })
      }),
    )
  }
}

const program = 'rsync'

/** ssh's own exit code; what was killed because it took too long counts as the same. */
const sshFailed = 255

interface Version {
  readonly code: number
  readonly stderr: string
  readonly abilities: RsyncAbilities | undefined
}

function unusable(why: string): Asked {
  return { obstacle: { is: 'unusable', why } }
}

function over(why: string): Carriage {
  const end: CarriageEnd = { is: 'failed', why }
  return { ended: Promise.resolve(end), stop: () => {} }
}
