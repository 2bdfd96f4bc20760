import type { ErrorCode } from '../../lib/core/errors.ts'
import { nameOf } from '../../lib/core/path.ts'
import type { Side } from '../../lib/core/operation.ts'
import { sides } from '../../lib/core/session/messages.ts'
import type { Scene } from './history-scene.ts'
import type { SimProcess } from './process.ts'
import type { Random } from './random.ts'

/** Calls that change names: between a look and one of these somebody may come. */
const swapping: ReadonlySet<string> = new Set(['rename', 'link', 'symlink', 'rmdir', 'mkdir', 'setMode'])

const codes: readonly ErrorCode[] = ['ENOSPC', 'EIO', 'EACCES', 'EMFILE']

/** Faults of one history: at least two, each at some point of it, and users who act at the very calls of the engine. */
export class FaultPlan {
  readonly counts = new Map<string, number>()
  readonly #scene: Scene
  readonly #random: Random
  /** When faults come, as shares of the history, the next one last. */
  readonly #times: number[]
  readonly #isRacy: boolean
  /** Calls that change names until a crash in one. */
  readonly #aimed: Record<Side, number> = { alpha: -1, beta: -1 }
  #isHealed = false

  constructor(scene: Scene) {
    this.#scene = scene
    this.#random = scene.random.fork('faults')
    const count = this.#random.between(2, 6)
    this.#times = Array.from({ length: count }, () => this.#random.fraction()).toSorted((a, b) => b - a)
    this.#isRacy = this.#random.chance(0.6)
  }

  /** A process began: users may act at any of its calls, and a crash may wait for a call that changes names. */
  started(process: SimProcess, side: Side): void {
    const { faults } = process
    const traced = faults.trace
    faults.trace = line => {
      traced?.(line)
      if (this.#isHealed) return
      const [, call = '', subject = ''] = /^\d+ (\S+) (.*)$/.exec(line) ?? []
      const isSwapping = swapping.has(call)
      if (isSwapping && this.#aimed[side]-- === 0)
        faults.crashAt(faults.calls, this.#random.pick(['before', 'after'] as const))
      if (!this.#isRacy) return
      if (!isSwapping) {
        if (this.#random.chance(0.002)) faults.at(faults.calls, () => this.#act(side))
      } else if (this.#random.chance(0.15)) {
        const isAimed = this.#random.chance(0.5)
        faults.at(faults.calls, () => (isAimed ? this.#strike(side, subject) : this.#act(side)))
      }
    }
  }

  /** A user saves or removes the very name that is being changed. */
  #strike(side: Side, name: string): void {
    const user = this.#scene.users[side]
    const path = [...user.snapshot()].find(([at, found]) => nameOf(at) === name && found.kind === 'file')?.[0]
    if (path === undefined) return this.#act(side)
    this.#count('strike')
    this.#scene.tell(`strike on ${side}: ${path}`)
    this.#scene.save(side, path)
  }

  /** @param share how much of the history is over */
  turn(share: number): void {
    while ((this.#times.at(-1) ?? Infinity) <= share) {
      this.#times.pop()
      this.#befall()
    }
  }

  /** Nothing happens from here on. */
  heal(): void {
    const { world } = this.#scene
    this.#isHealed = true
    for (const side of sides) world[side].process?.faults.heal()
    world.setWire(true)
  }

  #act(side: Side): void {
    this.#count('race')
    this.#scene.tell(`race on ${side}`)
    this.#scene.act(side)
  }

  #befall(): void {
    const random = this.#random
    const side = random.pick(sides)
    const { world } = this.#scene
    const faults = world[side].process?.faults
    const tell = (what: string): void => {
      this.#count(/^[a-z]+/.exec(what)?.[0] ?? what)
      this.#scene.tell(`fault on ${side}: ${what}`)
    }
    switch (
      random.pick([
        'crash',
        'crash',
        'crash',
        'fail',
        'fail',
        'fail',
        'full',
        'power',
        'power',
        'cut',
        'cut',
        'overflow',
        'damage',
        'kill',
      ] as const)
    ) {
      case 'crash': {
        if (faults === undefined) return
        if (random.chance(0.4)) {
          this.#aimed[side] = random.int(12)
          tell('crash while names change')
          return this.#restartLater()
        }
        const call = faults.calls + random.between(1, random.pick([10, 100, 600]))
        const when = random.pick(['before', 'after'] as const)
        faults.crashAt(call, when)
        tell(`crash ${when} call ${call}`)
        return this.#restartLater()
      }
      case 'fail': {
        if (faults === undefined) return
        const code = random.pick(codes)
        const call = faults.calls + random.between(1, random.pick([10, 100, 600]))
        for (let i = random.pick([1, 1, 3, 10]); i > 0; i--) faults.failAt(call, code)
        return tell(`fail ${code} at call ${call}`)
      }
      case 'full': {
        if (faults === undefined) return
        faults.full = true
        world.clock.after(random.fraction() * 20_000, () => {
          faults.full = false
        })
        return tell('full')
      }
      case 'power': {
        tell('power cut')
        this.#scene.powerCut(side)
        return this.#restartLater()
      }
      case 'cut': {
        const noticeMs = random.pick([0, 50, 5000, Infinity])
        tell(`cut, noticed within ${noticeMs} ms`)
        if (random.chance(0.5)) return world.cut(noticeMs)
        world.setWire(false, noticeMs)
        world.clock.after(random.fraction() * 20_000, () => world.setWire(true))
        return
      }
      case 'overflow': {
        if (world[side].watcher === undefined || world[side].process?.dead !== false) return
        tell('overflow')
        return world[side].watcher?.overflow()
      }
      case 'damage':
        tell('damage of the store')
        return world.storage.damage()
      case 'kill':
        tell('kill')
        if (side === 'alpha') world.killHub()
        else world.killAgent()
        return this.#restartLater()
    }
  }

  /** A hub that died is started again some time later, if it is not there by then. */
  #restartLater(): void {
    const { world } = this.#scene
    world.clock.after(this.#random.fraction() * this.#random.pick([10, 500, 10_000]), () => {
      world.reap()
      if (world.alpha.process?.dead !== false) world.startHub()
    })
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }
}
