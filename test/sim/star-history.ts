import { SyncError } from '../../lib/core/errors.ts'
import { Contents } from './history-content.ts'
import type { Program } from './history-operations.ts'
import { nextProgram, saving } from './history-operations.ts'
import { Ledger, RecordedUser } from './history-user.ts'
import { hostOptions } from './history.ts'
import type { SimHost } from './host.ts'
import { workBase } from './host.ts'
import { Random } from './random.ts'
import { runAll } from './saves.ts'
import { StarFaults } from './star-faults.ts'
import type { Player, StarScene } from './star-scene.ts'
import { Star } from './star.ts'

/** Programs of one host that run at once. */
const programsAtOnce = 3

/** How much time may pass between two things (ms). */
const pauses = [2, 10, 10, 40, 40, 200, 200, 800, 3000, 40_000]

/** One random history of three or four hosts around a hub, from one seed. */
export class StarHistory implements StarScene {
  readonly random: Random
  readonly star: Star
  readonly players: readonly Player[]
  readonly failures: string[] = []
  readonly faults: StarFaults
  readonly #trace: ((line: string) => void) | undefined
  operations = 0

  constructor(seed: number, trace?: (line: string) => void) {
    this.#trace = trace
    this.random = new Random(seed)
    const ledger = new Ledger()
    const places = this.random.fork('places')
    const names = places.chance(0.6) ? ['b', 'c'] : ['b', 'c', 'd']
    this.faults = new StarFaults(this)
    this.star = new Star({
      seed,
      hub: hostOptions(places),
      spokes: Object.fromEntries(names.map(name => [name, hostOptions(places)])),
      makeUser: (volume, base) => new RecordedUser(volume, base, { ledger, slots: `${workBase}/slots` }),
      started: (process, host) => this.faults.started(process, host),
      log: event => this.tell(`  log ${JSON.stringify(event)}`),
    })
    this.players = this.star.hosts.map((host, i) => this.#player(host, 'HBCD'.charAt(i)))
  }

  tell(line: string): void {
    this.#trace?.(`${this.star.clock.monotonic().toFixed(2)} ${line}`)
  }

  async live(): Promise<void> {
    const { random, star, players } = this
    if (random.chance(0.5)) for (let i = random.int(10); i > 0; i--) this.act(random.pick(players))
    star.startHub()
    const wanted = random.between(40, 70)
    for (let turn = 0; this.operations < wanted && turn < 2000; turn++) {
      const player = random.pick(players)
      for (let steps = random.pick([1, 1, 1, 2, 5]); steps > 0; steps--) this.act(player)
      this.faults.turn(this.operations / wanted)
      if (random.chance(0.6)) await star.pass(random.pick(pauses) * random.fraction())
      star.reap()
      if (!star.isUp && random.chance(0.1)) star.startHub()
    }
  }

  readonly playerOf = (host: string): Player | undefined => this.players.find(player => player.host.name === host)

  /** A user does something at once: one step of a program that runs, or of a new one. */
  act(player: Player): void {
    const { running } = player
    const isNew = running.length === 0 || (running.length < programsAtOnce && this.random.chance(0.35))
    const program = isNew ? this.#begin(player) : this.random.pick(running)
    if (program !== undefined) this.#advance(player, program)
  }

  save({ programs }: Player, path: string): void {
    refusable(() => runAll(saving(programs, path).steps))
  }

  finishPrograms(): void {
    for (const player of this.players)
      for (const program of [...player.running]) while (player.running.includes(program)) this.#advance(player, program)
  }

  powerCut(player: Player): void {
    const half = player.user.powerCut(() => this.star.powerCut(player.host))
    player.running.length = 0
    for (const path of half) this.failures.push(`half: ${player.host.name} ${path} after a power cut`)
  }

  #player(host: SimHost, label: string): Player {
    const user = host.user as RecordedUser
    const contents = new Contents(label, this.random.fork(`contents ${host.name}`))
    const random = this.random.fork(`programs ${host.name}`)
    return { host, user, programs: { user, random, contents, names: ['a', 'b', 'c', 'd'] }, running: [] }
  }

  #begin(player: Player): Program | undefined {
    const program = refusable(() => nextProgram(player.programs))
    if (program === undefined || typeof program === 'string') return undefined
    this.operations++
    this.tell(`${player.host.name}: ${program.label}`)
    player.running.push(program)
    return program
  }

  #advance({ host, running }: Player, program: Program): void {
    const step = refusable(() => program.steps.next())
    if (typeof step === 'string') this.tell(`${host.name}: ${program.label}: ${step}`)
    else if (step.done !== true) return
    running.splice(running.indexOf(program), 1)
  }
}

function refusable<T>(call: () => T): T | string {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    return error.message
  }
}
