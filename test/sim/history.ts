import { SyncError } from '../../lib/core/errors.ts'
import type { Side } from '../../lib/core/operation.ts'
import { sides } from '../../lib/core/session/messages.ts'
import type { SyncMode } from '../../lib/sync/session-spec.ts'
import { Contents } from './history-content.ts'
import { FaultPlan } from './history-faults.ts'
import { indexing, leftAlone, trackedDefaults } from './history-index.ts'
import type { Scene } from './history-scene.ts'
import type { Program, Programs } from './history-operations.ts'
import { nextProgram, saving } from './history-operations.ts'
import { Ledger, RecordedUser } from './history-user.ts'
import { Random } from './random.ts'
import { runAll } from './saves.ts'
import type { HostOptions } from './host.ts'
import { workBase } from './host.ts'
import { World } from './world.ts'

export interface HistoryOptions {
  /** Takes every line of what happens. */
  readonly trace?: (line: string) => void
  /** Also every call of disks and stores. */
  readonly traceCalls?: boolean
  /** Which way changes go; both unless said. */
  readonly mode?: SyncMode
}

/** Programs of one side that run at once. */
const programsAtOnce = 3

/** One random history of two hosts, from one seed, and what is found when everything has healed. */
export class History implements Scene {
  readonly seed: number
  readonly random: Random
  readonly world: World
  readonly users: Readonly<Record<Side, RecordedUser>>
  readonly failures: string[] = []
  readonly conflicts = { injected: 0, reported: 0 }
  readonly #options: HistoryOptions
  readonly #programs: Readonly<Record<Side, Programs>>
  readonly #running: Record<Side, Program[]> = { alpha: [], beta: [] }
  readonly faults: FaultPlan
  /** Users have git repositories, and something is ignored by default. */
  readonly tracks: boolean
  operations = 0

  constructor(seed: number, options: HistoryOptions = {}) {
    this.seed = seed
    this.#options = options
    this.random = new Random(seed)
    const ledger = new Ledger()
    const places = this.random.fork('places')
    this.tracks = options.mode === undefined && this.random.fork('tracks').chance(0.35)
    this.world = new World({
      seed,
      ...(options.mode !== undefined && { mode: options.mode }),
      ...(this.tracks && { defaults: trackedDefaults }),
      alpha: hostOptions(places, this.random.fork('folds alpha').chance(0.08)),
      beta: hostOptions(places, this.random.fork('folds beta').chance(0.08)),
      makeUser: (volume, base) => new RecordedUser(volume, base, { ledger, slots: `${workBase}/slots` }),
      started: (process, side) => {
        if (options.traceCalls === true) process.faults.trace = line => this.tell(`    ${side} ${line}`)
        this.faults.started(process, side)
      },
      log: event => this.tell(`  log ${describe(event)}`),
    })
    this.users = { alpha: this.world.alpha.user as RecordedUser, beta: this.world.beta.user as RecordedUser }
    this.#programs = { alpha: this.#programsOf('alpha'), beta: this.#programsOf('beta') }
    this.faults = new FaultPlan(this)
  }

  tell(line: string): void {
    this.#options.trace?.(`${this.world.clock.monotonic().toFixed(2)} ${line}`)
  }

  /** Users and faults, until enough has happened. */
  async live(): Promise<void> {
    const { random, world } = this
    // What stood there before the first sync.
    if (random.chance(0.5)) for (let i = random.int(10); i > 0; i--) this.act(random.pick(sides))
    world.startHub()
    const wanted = random.between(40, 70)
    for (let turn = 0; this.operations < wanted && turn < 2000; turn++) {
      const side = random.pick(sides)
      for (let steps = random.pick([1, 1, 1, 2, 5]); steps > 0; steps--) this.act(side)
      this.faults.turn(this.operations / wanted)
      if (random.chance(0.6)) await world.pass(random.pick(pauses) * random.fraction())
      world.reap()
      if (world.alpha.process?.dead !== false && random.chance(0.1)) world.startHub()
    }
  }

  save(side: Side, path: string): void {
    refusable(() => runAll(saving(this.#programs[side], path).steps))
  }

  powerCut(side: Side): void {
    const half = this.users[side].powerCut(() => this.world.powerCut(side))
    this.#running[side].length = 0
    for (const path of half) this.failures.push(`half: ${side} ${path} after a power cut`)
  }

  /** A user does something else at once: one step of a program that runs, or of a new one. */
  act(side: Side): void {
    const running = this.#running[side]
    const isNew = running.length === 0 || (running.length < programsAtOnce && this.random.chance(0.35))
    const program = isNew ? this.#begin(side) : this.random.pick(running)
    if (program !== undefined) this.#advance(side, program)
  }

  /** Everything that users began is brought to its end. */
  finishPrograms(): void {
    for (const side of sides) {
      for (const program of [...this.#running[side]])
        while (this.#running[side].includes(program)) this.#advance(side, program)
    }
  }

  /** What the defaults leave alone now, on either side. */
  left(): (path: string) => boolean {
    return this.tracks ? leftAlone(sides.map(side => this.users[side].snapshot())) : () => false
  }

  programs(side: Side): Programs {
    return this.#programs[side]
  }

  #begin(side: Side): Program | undefined {
    const program = refusable(() => this.#nextProgram(this.#programs[side]))
    if (program === undefined || typeof program === 'string') return undefined
    this.operations++
    this.tell(`${side}: ${program.label}`)
    this.#running[side].push(program)
    return program
  }

  #nextProgram(programs: Programs): Program | undefined {
    const { user, random } = programs
    if (this.tracks && random.chance(0.08)) return { label: 'git', steps: indexing(user, random) }
    return nextProgram(programs)
  }

  #advance(side: Side, program: Program): void {
    const running = this.#running[side]
    const step = refusable(() => program.steps.next())
    if (typeof step === 'string') this.tell(`${side}: ${program.label}: ${step}`)
    else if (step.done !== true) return
    running.splice(running.indexOf(program), 1)
  }

  #programsOf(side: Side): Programs {
    const contents = new Contents(side === 'alpha' ? 'A' : 'B', this.random.fork(`contents ${side}`))
    return {
      user: this.users[side],
      random: this.random.fork(`programs ${side}`),
      contents,
      names: ['a', 'b', 'c', 'd'],
    }
  }
}

/** How much time may pass between two things (ms). */
const pauses = [2, 10, 10, 40, 40, 200, 200, 800, 3000, 40_000]

/** @param foldsCase its disk takes spellings that differ in case for one name, and so Unicode forms */
export function hostOptions(random: Random, foldsCase = false): HostOptions {
  const volume = {
    exchange: !random.chance(0.2),
    exclusiveRename: !random.chance(0.1),
    leases: !random.chance(0.2),
    grainMs: random.chance(0.2) ? 10 : 0.001,
    ...{ foldsCase, normalises: foldsCase },
  } as const
  return {
    watcher: random.chance(0.25) ? 'fs-watch' : 'inotify',
    volume,
    ...(random.chance(0.1) && { queueLimit: 20 }),
    ...(random.chance(0.05) && { watchLimit: 5 }),
  }
}

function describe(event: { readonly [detail: string]: unknown }): string {
  return Object.entries(event)
    .filter(([key]) => key !== 'at' && key !== 'level')
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(' ')
}

/** What a program's call comes to: its result, or what the disk says against it. */
function refusable<T>(call: () => T): T | string {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    return error.message
  }
}
