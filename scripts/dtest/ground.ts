import { SyncError } from '../../lib/core/errors.ts'
import type { Ran } from '../stage/command.ts'
import { answerOf } from '../stage/command.ts'
import type { Ask } from './hand.ts'
import type { Side } from './side.ts'

/** Runs a dsync command in the home that is proved. */
export type Dsync = (words: readonly string[]) => Promise<Ran>

/** Where scenarios take place: a root of its own on two hosts, and commands for the daemon that keeps it the same. */
export class Ground {
  readonly here: Side
  readonly there: Side
  /** Absolute, on this host. */
  readonly root: string
  readonly #dsync: Dsync
  readonly #signal: AbortSignal

  /** @param signal ends everything but commands that are under way, which hear of it by themselves */
  constructor(
    sides: { readonly here: Side; readonly there: Side },
    root: string,
    { dsync, signal }: { readonly dsync: Dsync; readonly signal: AbortSignal },
  ) {
    this.here = untilAborted(sides.here, signal)
    this.there = untilAborted(sides.there, signal)
    this.root = root
    this.#dsync = dsync
    this.#signal = signal
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
    throw new Error(`dsync ${words.join(' ')} ended with ${ran.code}, not ${code}: ${ran.output.trim()}`)
  }

  async json(...words: readonly string[]): Promise<unknown> {
    return answerOf(words, await this.dsync(...words, '--json'))
  }

  /** Waits until both sides hold the same at and below a path, and makes sure that they do. Says how many entries. */
  async settle(path: string): Promise<number> {
    await this.must(0, 'sync', `${this.root}/${path}`)
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
