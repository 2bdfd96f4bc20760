import type { ErrorCode } from '../../lib/core/errors.ts'
import { nameOf } from '../../lib/core/path.ts'
import type { SimProcess } from './process.ts'
import type { Random } from './random.ts'
import type { Player, StarScene } from './star-scene.ts'
import type { Spoke } from './star.ts'

/** Calls that change names: between a look and one of these somebody may come. */
const swapping: ReadonlySet<string> = new Set(['rename', 'link', 'symlink', 'rmdir', 'mkdir', 'setMode'])

const codes: readonly ErrorCode[] = ['ENOSPC', 'EIO', 'EACCES', 'EMFILE']

const kinds = [
  'crash',
  'crash',
  'fail',
  'fail',
  'full',
  'power',
  'cut',
  'cut',
  'away',
  'overflow',
  'damage',
  'kill',
  'off',
] as const

/** Faults of one history of a star, and users who act at the very calls of the engine. */
export class StarFaults {
  readonly counts = new Map<string, number>()
  readonly #history: StarScene
  readonly #random: Random
  readonly #times: number[]
  readonly #isRacy: boolean
  #isHealed = false

  constructor(history: StarScene) {
    this.#history = history
    this.#random = history.random.fork('faults')
    const count = this.#random.between(2, 7)
    this.#times = Array.from({ length: count }, () => this.#random.fraction()).toSorted((a, b) => b - a)
    this.#isRacy = this.#random.chance(0.6)
  }

  started(process: SimProcess, host: string): void {
    const { faults } = process
    faults.trace = line => {
      if (this.#isHealed || !this.#isRacy) return
      const [, call = '', subject = ''] = /^\d+ (\S+) (.*)$/.exec(line) ?? []
      const isSwapping = swapping.has(call)
      if (!this.#random.chance(isSwapping ? 0.15 : 0.002)) return
      const isAimed = isSwapping && this.#random.chance(0.5)
      faults.at(faults.calls, () => {
        const player = this.#history.playerOf(host)
        if (player !== undefined) this.#race(player, isAimed ? subject : undefined)
      })
    }
  }

  turn(share: number): void {
    while ((this.#times.at(-1) ?? Infinity) <= share) {
      this.#times.pop()
      this.#befall(this.#random.pick(this.#history.players))
    }
  }

  /** Nothing happens from here on. */
  heal(): void {
    const { star } = this.#history
    this.#isHealed = true
    for (const { process } of star.hosts) process?.faults.heal()
    for (const spoke of star.spokes) {
      star.setWire(spoke, true)
      if (spoke.session === undefined) star.open(spoke)
    }
  }

  /** A user saves or removes the very name that is being changed, or does something else. */
  #race(player: Player, name: string | undefined): void {
    const { user } = player
    const path = [...user.snapshot()].find(([at, found]) => nameOf(at) === name && found.kind === 'file')?.[0]
    this.#count(path === undefined ? 'race' : 'strike')
    if (path === undefined) this.#history.act(player)
    else this.#history.save(player, path)
  }

  #befall(player: Player): void {
    const random = this.#random
    const { star } = this.#history
    const { host } = player
    const faults = host.process?.faults
    const spoke = star.spokes.find(each => each.host === host) ?? random.pick(star.spokes)
    const kind = random.pick(kinds)
    this.#history.tell(`fault on ${host.name}: ${kind}`)
    this.#count(kind)
    switch (kind) {
      case 'crash':
        faults?.crashAt(faults.calls + random.between(1, random.pick([10, 100, 600])), random.pick(['before', 'after']))
        return this.#restartLater()
      case 'fail': {
        const code = random.pick(codes)
        const call = (faults?.calls ?? 0) + random.between(1, random.pick([10, 100, 600]))
        for (let i = random.pick([1, 1, 3, 10]); i > 0; i--) faults?.failAt(call, code)
        return
      }
      case 'full':
        if (faults === undefined) return
        faults.full = true
        return void star.clock.after(random.fraction() * 20_000, () => {
          faults.full = false
        })
      case 'power':
        this.#history.powerCut(player)
        return this.#restartLater()
      case 'cut':
        return spoke.link?.cut(random.pick([0, 50, 5000, Infinity]))
      case 'away':
        star.setWire(spoke, false, random.pick([0, 50, 5000, Infinity]))
        return void star.clock.after(random.fraction() * 60_000, () => star.setWire(spoke, true))
      case 'overflow':
        return host.process?.dead === false ? host.watcher?.overflow() : undefined
      case 'off':
        return this.#takeOff(spoke)
      case 'damage':
        return spoke.storage.damage()
      case 'kill':
        if (host === star.hub) star.killHub()
        else host.process?.kill()
        return this.#restartLater()
    }
  }

  /** A host is taken off the root and put back some time later, while the others go on. */
  #takeOff(spoke: Spoke): void {
    const { star } = this.#history
    const { session } = spoke
    if (session === undefined) return
    spoke.session = undefined
    const putBack = (): void => {
      if (spoke.session === undefined) star.open(spoke)
    }
    void session.close().then(() => star.clock.after(this.#random.fraction() * 20_000, putBack))
  }

  #restartLater(): void {
    const { star } = this.#history
    star.clock.after(this.#random.fraction() * this.#random.pick([10, 500, 10_000]), () => {
      star.reap()
      if (!star.isUp) star.startHub()
    })
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }
}
