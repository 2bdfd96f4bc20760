import { codeOf } from '../../lib/core/errors.ts'
import type { Side } from '../../lib/core/operation.ts'
import { otherSide } from '../../lib/core/operation.ts'
import type { Carriage, CarriageEnd, Carrier, Load, Obstacle } from '../../lib/ports/carrier.ts'
import type { Clock } from '../../lib/ports/clock.ts'
import { Crash } from './faults.ts'
import type { OpenFile } from './open-file.ts'
import type { Random } from './random.ts'
import { SimUser } from './user.ts'
import type { SimVolume } from './volume.ts'

export interface SimCarrierOptions {
  readonly volumes: Readonly<Record<Side, SimVolume>>
  /** Of the root, on both hosts. */
  readonly root: string
  /** Of the process that runs it: it ends with it. */
  readonly clock: Clock
  readonly random: Random
}

/** How long one takes (ms). */
const latestMs = 2000

/**
 * The worst rsync: it reads a file while others write to it, breaks off in the middle, says that it is done when it is
 * not, and some of what it sent is written after it ended.
 */
export class SimCarrier implements Carrier {
  readonly fromBytes = 0
  readonly #options: SimCarrierOptions

  constructor(options: SimCarrierOptions) {
    this.#options = options
  }

  check(): Promise<Obstacle | undefined> {
    const { random } = this.#options
    if (!random.chance(0.05)) return Promise.resolve(undefined)
    return Promise.resolve({ is: random.pick(['lost', 'unusable'] as const), why: 'simulated' })
  }

  forget(): void {}

  carry(load: Load): Carriage {
    const { clock, random, volumes, root } = this.#options
    const source = new SimUser(volumes[otherSide(load.to)], root)
    const target = new SimUser(volumes[load.to], '/')
    const fate = random.pick(['done', 'done', 'done', 'done', 'lost', 'failed', 'idle', 'garbage'] as const)
    const ended = Promise.withResolvers<CarriageEnd>()
    let isStopped = false
    const end = (is: 'lost' | 'failed'): void => ended.resolve({ is, why: 'simulated' })
    const half = load.size >> 1
    const read = (): Uint8Array => source.read(load.path) ?? new Uint8Array(0)
    const attempt = (act: () => void): void => {
      try {
        act()
      } catch (error) {
        if (codeOf(error) === undefined && !(error instanceof Crash)) throw error
        end('failed')
      }
    }
    const begin = (): void => {
      if (target.find(load.slot) === undefined) return end('failed')
      const { file } = target.open(load.slot, 'keep')
      file.write(0, read().slice(0, half))
      load.progress(half)
      clock.after(random.fraction() * latestMs, () => attempt(() => finish(file)))
      if (fate === 'lost') end('lost')
    }
    const finish = (file: OpenFile): void => {
      // What is on its way when a connection breaks may be written whenever it comes.
      if (isStopped || fate === 'lost') file.write(half, new Uint8Array([1, 2, 3]))
      else if (fate !== 'idle') {
        const rest = read().slice(half, load.size)
        file.write(half, fate === 'garbage' ? rest.fill(7) : rest)
        file.truncate(load.size)
      }
      file.close()
      ended.resolve(fate === 'failed' ? { is: 'failed', why: 'simulated' } : { is: 'done', sent: undefined })
    }
    const first = clock.after(random.fraction() * latestMs, () => attempt(begin))
    const stop = (): void => {
      isStopped = true
      first()
      end('lost')
    }
    return { ended: ended.promise, stop }
  }
}
