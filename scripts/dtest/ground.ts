import { setTimeout as after } from 'node:timers/promises'
import { exitCodes } from '../../lib/cli/exit-codes.ts'
import { SyncError } from '../../lib/core/errors.ts'
import type { Ran } from '../stage/command.ts'
import { answerOf } from '../stage/command.ts'
import type { Ask, Mark } from './hand.ts'
import type { Side } from './side.ts'

/** Runs a dsync command in the home that is proved. */
export type Dsync = (words: readonly string[]) => Promise<Ran>

/** How long anything may take before it counts as hanging, however busy the machine is (ms). */
const boundMs = 600_000

/** How patient one is with a change. */
const patience = {
  /** For how long a side looks at a time (ms): nobody may wait for it any more. */
  lookMs: 5000,
  /** When dsync is asked after a change that has not come yet, and how soon one that has come is seen (ms). */
  lateMs: 30_000,
  seenMs: 10_000,
}

/** Where scenarios take place: a root of its own on two hosts, and commands for the daemon that keeps it the same. */
export class Ground {
  readonly here: Side
  readonly there: Side
  /** Absolute, on this host. */
  readonly root: string
  readonly #dsync: Dsync
  readonly #signal: AbortSignal
  readonly #patience: typeof patience

  /** @param options `signal` ends everything but commands that are under way, which hear of it by themselves */
  constructor(
    sides: { readonly here: Side; readonly there: Side },
    root: string,
    options: { readonly dsync: Dsync; readonly signal: AbortSignal; readonly patience?: typeof patience },
  ) {
    const { dsync, signal } = options
    this.here = untilAborted(sides.here, signal)
    this.there = untilAborted(sides.there, signal)
    this.root = root
    this.#dsync = dsync
    this.#signal = signal
    this.#patience = options.patience ?? patience
  }

  async dsync(...words: readonly string[]): Promise<Ran> {
    this.#signal.throwIfAborted()
    const ran = await this.#dsync(words)
    this.#signal.throwIfAborted()
    return ran
  }

  /** Runs a command that must end with this code. */
  async must(code: number, ...words: readonly string[]): Promise<Ran> {
    const ran = await this.dsync(...words)
    if (ran.code === code) return ran
    throw unexpected(words, ran, code)
  }

  async json(...words: readonly string[]): Promise<unknown> {
    return answerOf(words, await this.dsync(...words, '--json'))
  }

  /**
   * Makes a change and waits until all of this is so on a side. How long that takes is no fault: what has not come after a
   * while has failed only once dsync says that both sides are in sync, or what keeps them from it.
   * @returns when it was so (performance.now())
   */
  async arrived(
    side: Side,
    marks: readonly Mark[],
    change: () => Promise<unknown> = async () => null,
  ): Promise<number> {
    const seen = new AbortController()
    // Looked for before it is made: both are told in this order.
    const arrives = this.#looked(side, marks, seen.signal)
    const made = change()
    const missed = made.then(() => this.#missed(marks, seen.signal))
    for (const either of [arrives, missed]) either.catch(() => undefined)
    try {
      const ended = await Promise.race([arrives, missed])
      await made
      return ended
    } finally {
      seen.abort()
    }
  }

  /** @returns when all of this was so. Throws when it is not within the bound, or `over` */
  async #looked(side: Side, marks: readonly Mark[], over: AbortSignal): Promise<number> {
    const deadline = performance.now() + boundMs
    while ((await side.do({ do: 'await', marks, limitMs: this.#patience.lookMs })) !== true) {
      over.throwIfAborted()
      if (performance.now() > deadline) throw new Error(`${nameOf(marks)} did not arrive in ${boundMs / 1000} s`)
    }
    return performance.now()
  }

  /** Throws once what is waited for counts as missed. @param seen ends it before */
  async #missed(marks: readonly Mark[], seen: AbortSignal): Promise<never> {
    await after(this.#patience.lateMs, undefined, { signal: seen })
    await this.synced(exitCodes.ok, this.root)
    await after(this.#patience.seenMs, undefined, { signal: seen })
    throw new Error(`${nameOf(marks)} has not arrived, and dsync says that both sides are in sync`)
  }

  /** Has dsync wait until both sides agree; a busy machine takes its time. @param code what it is to end with */
  async synced(code: number, ...path: readonly string[]): Promise<void> {
    const words = ['sync', ...path]
    const deadline = performance.now() + boundMs
    for (;;) {
      const ran = await this.dsync(...words)
      if (ran.code === code) return
      if (ran.code !== exitCodes.timeout || performance.now() > deadline) throw unexpected(words, ran, code)
    }
  }

  /** Waits until both sides hold the same at and below a path, and makes sure that they do. Says how many entries. */
  async settle(path: string): Promise<number> {
    await this.synced(exitCodes.ok, `${this.root}/${path}`)
    const [here, there] = (await Promise.all([this.here.do({ do: 'tree' }), this.there.do({ do: 'tree' })])) as [
      Tree,
      Tree,
    ]
    const isMeant = (name: string): boolean => name === path || name.startsWith(`${path}/`)
    const names = [...new Set([...Object.keys(here), ...Object.keys(there)])].filter(isMeant)
    for (const name of names) {
      const [one, other] = [here[name] ?? 'nothing', there[name] ?? 'nothing']
      if (one !== other) throw new Error(`${name} is ${one} here, ${other} on ${this.there.name}`)
    }
    return names.length
  }
}

function nameOf([first]: readonly Mark[]): string {
  if (first === undefined) return 'nothing'
  return 'below' in first ? first.below : first.path
}

function unexpected(words: readonly string[], { code, output }: Ran, wanted: number): Error {
  return new Error(`dsync ${words.join(' ')} ended with ${code}, not ${wanted}: ${output.trim()}`)
}

type Tree = Readonly<Record<string, string>>

function untilAborted(side: Side, signal: AbortSignal): Side {
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  )
  // Nobody may be waiting when it happens.
  aborted.catch(() => undefined)
  return { ...side, do: (ask: Ask) => Promise.race([side.do(ask), aborted]) }
}

/** Throws what was expected when it is not so. */
export function expect(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new Error(what)
}

/** What ends everything when somebody interrupts. */
export function interrupted(): SyncError {
  return new SyncError('INTERRUPTED', 'Interrupted')
}
