import { SyncError, codeOf } from '../core/errors.ts'
import { barrierSeconds } from '../core/limits.ts'
import type { Difference } from '../core/messages.ts'
import type { Side } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { entryInfo } from '../sync/path-report.ts'
import type { Log } from '../ports/log.ts'
import type { BarrierResult, EntryInfo, PathReport } from '../sync/session-handle.ts'
import { listed } from '../sync/session-handle.ts'
import type { Call } from './control-server.ts'
import { verifyOf } from './parameters.ts'
import type { Selected } from './selection.ts'
import { selectWhole } from './selection.ts'
import type { SessionList } from './sessions.ts'
import type { PathDifference, RootVerified, StandingPath, VerifyProgress, VerifyState } from './verbs.ts'
import type { Reading } from './verify-side.ts'
import { lookAgain, newReading, readSide } from './verify-side.ts'

/** How often progress is told (ms). */
const progressMs = 200

/** Paths where the two sides are compared with each other one by one. */
const apartLimit = 1000

const bothSides: readonly Side[] = ['alpha', 'beta']

/**
 * Reads both sides of every session meant anew, and compares them with each other and with what is known of them. It
 * repairs nothing; a side looks at what it found to differ as at any change.
 */
export async function answerVerify(
  sessions: SessionList,
  parameters: unknown,
  call: Call & { readonly log: Log },
): Promise<{ roots: readonly RootVerified[] }> {
  const { timeoutMs, ...selection } = verifyOf(parameters)
  const selected = selectWhole(sessions, selection)
  if (selected.length === 0) {
    throw new SyncError('NOT_FOUND', 'Cannot verify: no root is set up', { hint: 'dsync roots add DIR' })
  }
  const verifications = selected.map(
    each => new Verification(each, { gone: call.signal, log: call.log, ...(timeoutMs !== undefined && { timeoutMs }) }),
  )
  const timer = setInterval(() => call.emit(progressOf(verifications)), progressMs)
  try {
    return { roots: await Promise.all(verifications.map(each => each.run())) }
  } finally {
    clearInterval(timer)
  }
}

interface Terms {
  /** Aborts when the person is gone. */
  readonly gone: AbortSignal
  readonly timeoutMs?: number
  readonly log: Log
}

/** One session being verified. */
export class Verification {
  readonly readings: Readonly<Record<Side, Reading>> = { alpha: newReading(), beta: newReading() }
  readonly #selected: Selected
  readonly #gone: AbortSignal
  readonly #log: Log
  readonly #late: AbortSignal | undefined
  readonly #signal: AbortSignal
  readonly #timeoutMs: number
  readonly #differing = new Map<Path, PathDifference>()
  readonly #standing: StandingPath[] = []

  constructor(selected: Selected, terms: Terms) {
    const { gone, timeoutMs, log } = terms
    this.#selected = selected
    this.#gone = gone
    this.#log = log
    this.#late = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
    this.#signal = this.#late === undefined ? gone : AbortSignal.any([gone, this.#late])
    this.#timeoutMs = Math.min(timeoutMs ?? Number.POSITIVE_INFINITY, barrierSeconds * 1000)
  }

  /** Entries to look at, as far as is known. */
  get expected(): number {
    const { session, path } = this.#selected
    const entries = session.handle.about(path)?.entries
    return entries === undefined ? 0 : entries.alpha + entries.beta
  }

  async run(): Promise<RootVerified> {
    try {
      const hindrance = (await this.#agree()) ?? (await this.#compare())
      return hindrance ?? this.#result(this.#differing.size > 0 ? 'different' : 'equal')
    } catch (error) {
      if (this.#gone.aborted) throw error
      if (this.#late?.aborted === true || codeOf(error) === 'TIMEOUT') return this.#result('timeout')
      if (codeOf(error) !== 'TRANSPORT_LOST') throw error
      return this.#result('disconnected', { why: error instanceof Error ? error.message : '' })
    }
  }

  /** Waits until both sides agree; returns why nothing can be compared. */
  async #agree(): Promise<RootVerified | undefined> {
    const { session, path } = this.#selected
    const options = { timeoutMs: this.#timeoutMs, verify: false, ...(path === '' ? {} : { path }) }
    const result = await session.handle.barrier(options, this.#gone)
    switch (result.state) {
      case 'paused':
      case 'halted':
      case 'timeout':
      case 'disconnected':
        return this.#result(result.state, result)
      case 'held':
        return session.handle.status().state === 'first-sync' ? this.#result('held', result) : undefined
      case 'synced':
      case 'conflicts':
      case 'problems':
        return undefined
    }
  }

  async #compare(): Promise<RootVerified | undefined> {
    const { session, path } = this.#selected
    await Promise.all(bothSides.map(side => readSide(this.#place(side), path, this.readings[side])))
    if (bothSides.some(side => this.readings[side].suspects.length > 0)) {
      // What somebody changed meanwhile has been heard of after this.
      const hindrance = await this.#agree()
      if (hindrance !== undefined) return hindrance
      await Promise.all(bothSides.map(side => this.#confirm(side)))
    }
    if (this.#apart().length > 0) {
      const hindrance = await this.#agree()
      if (hindrance !== undefined) return hindrance
    }
    for (const each of this.#apart()) this.#differing.set(each.path, each)
    const about = session.handle.about(path)
    if (about !== undefined) this.#standing.push(...standingIn(about))
    return undefined
  }

  /** Looks again at what differed on one side. */
  async #confirm(side: Side): Promise<void> {
    const { handle } = this.#selected.session
    for (const { path } of this.readings[side].suspects) {
      const before = handle.about(path)
      const difference = await lookAgain(this.#place(side), path)
      if (difference === undefined) continue
      const found = entryInfo(difference.found)
      if (found.why === 'BUSY') this.#standing.push({ path, why: 'being written', on: this.#host(side) })
      else this.#note(path, { side, found, how: howOf(difference), before })
    }
  }

  #note(
    path: Path,
    seen: {
      readonly side: Side
      readonly found: EntryInfo
      readonly how: PathDifference['how']
      readonly before: PathReport | undefined
    },
  ): void {
    const { side, found, how, before } = seen
    const { root, host } = this.#selected.session.handle
    const on = this.#host(side)
    this.#log({ at: Date.now(), level: 'warning', event: 'differs', root, host, path, side, on, why: how })
    const known = this.#differing.get(path)
    const absent: EntryInfo = { kind: 'absent' }
    const sides = known?.sides ?? before?.sides ?? { alpha: absent, beta: absent }
    this.#differing.set(path, {
      path,
      how,
      on: [...(known?.on ?? []), on],
      agreed: before?.agreed ?? absent,
      sides: { ...sides, [side]: found },
    })
  }

  /** Where the two sides do not hold the same, and nothing says why. */
  #apart(): PathDifference[] {
    const { session, path } = this.#selected
    return session.handle.differing(path, apartLimit).flatMap(differing => {
      const about = session.handle.about(differing)
      if (about === undefined || this.#differing.has(differing) || isExplained(about)) return []
      return [{ path: differing, how: 'apart' as const, on: [], agreed: about.agreed, sides: about.sides }]
    })
  }

  #place(side: Side) {
    return { handle: this.#selected.session.handle, side, signal: this.#signal }
  }

  #host(side: Side): string {
    return this.#selected.session.spec[side].host
  }

  #result(state: VerifyState, why: Partial<Pick<BarrierResult, 'why' | 'code' | 'holds'>> = {}): RootVerified {
    const { handle } = this.#selected.session
    const { alpha, beta } = this.readings
    return {
      root: handle.root,
      host: handle.host,
      state,
      ...(why.code === undefined ? {} : { code: why.code }),
      ...(why.why === undefined ? {} : { why: why.why }),
      holds: why.holds ?? [],
      hosts: { alpha: this.#host('alpha'), beta: this.#host('beta') },
      read: {
        alpha: { entries: alpha.entries, bytes: alpha.bytes },
        beta: { entries: beta.entries, bytes: beta.bytes },
      },
      isCut: alpha.isCut || beta.isCut,
      differing: listed([...this.#differing.values()].toSorted(byPath)),
      standing: listed(this.#standing.toSorted(byPath)),
    }
  }
}

function progressOf(verifications: readonly Verification[]): VerifyProgress {
  let [entries, bytes, expected] = [0, 0, 0]
  for (const { readings, expected: more } of verifications) {
    expected += more
    for (const side of bothSides) {
      entries += readings[side].entries
      bytes += readings[side].bytes
    }
  }
  return { entries, bytes, expected }
}

function isExplained(about: PathReport): boolean {
  const { conflicts, problems, holds, waiting, untaken, isShut } = about
  return isShut || [conflicts, problems, holds, waiting, untaken].some(list => list.length > 0)
}

function standingIn({ conflicts, problems, holds, untaken }: PathReport): StandingPath[] {
  return [
    ...conflicts.map(({ path }) => ({ path, why: 'in conflict' })),
    ...problems.map(({ path, why }) => ({ path, why: `a problem (${why})` })),
    ...untaken.map(({ path, how }) => ({ path, why: `not taken (${how})` })),
    ...holds.flatMap(({ paths, why }) => paths.first.map(path => ({ path, why: `held: ${why}` }))),
  ]
}

function howOf({ known, found }: Difference): PathDifference['how'] {
  if (found?.kind === 'problem') return 'unreadable'
  if (known === undefined) return 'new'
  if (found === undefined) return 'missing'
  const [a, b] = [entryInfo(known), entryInfo(found)]
  return a.kind === b.kind && a.digest === b.digest && a.target === b.target ? 'mode' : 'changed'
}

function byPath(a: { readonly path: Path }, b: { readonly path: Path }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0
}
