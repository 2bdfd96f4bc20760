import type { Digester } from '../core/entry.ts'
import type { Answer, Question } from '../core/messages.ts'
import type { Side } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import type { Override } from '../core/session/override.ts'
import type { Effect, OpenConflict, SessionEvent } from '../core/session/messages.ts'
import type { Session } from '../core/session/session.ts'
import type { Awaiting } from './barrier-desk.ts'
import { chosenSide } from './chosen-side.ts'
import { overrideOffer } from './override-offer.ts'
import type {
  BarrierResult,
  ConflictInfo,
  Overridden,
  OverrideForecast,
  OverrideOrder,
  Resolution,
  ResolveResult,
  ShownVersions,
} from './session-handle.ts'

/** What deciding needs of a session loop. */
interface Around {
  readonly host: string
  readonly digester: Digester
  /** The only side whose changes are taken; undefined: both. */
  readonly source: Side | undefined
  /** Undefined while one side is not there. */
  readonly session: () => Session | undefined
  readonly step: (event: SessionEvent) => void
  readonly ask: (side: Side, question: Question) => Promise<Answer>
  readonly describe: (conflict: OpenConflict) => ConflictInfo
  readonly wait: (options: Awaiting, signal: AbortSignal) => Promise<BarrierResult>
}

/** Carries out what a person decides, if it is still what the person was shown. */
export class Decisions {
  /** At a first sync every conflict that its plan finds is ended by time. */
  preferNewest = false
  readonly #around: Around

  constructor(around: Around) {
    this.#around = around
  }

  async resolve(path: Path, how: Resolution, expected?: ShownVersions): Promise<ResolveResult> {
    const { ask, host, step, source } = this.#around
    const wanted = how.take === 'both' ? 'alpha' : how.take
    const oneWay: ResolveResult = { state: 'failed', why: 'the root is one-way, and the other version counts' }
    if (source !== undefined && wanted !== 'newest' && wanted !== source) return oneWay
    const info = this.#conflict(path)
    if (info === undefined) return { state: 'none' }
    if (expected !== undefined && isOther(info, expected)) return { state: 'changed', conflict: info }
    const take = await chosenSide(path, how, { ask, host })
    if (typeof take !== 'string') return take
    if (source !== undefined && take !== source) return oneWay
    const now = this.#conflict(path)
    if (now === undefined) return { state: 'none' }
    if (isOther(now, { alpha: info.sides.alpha.mark, beta: info.sides.beta.mark }))
      return { state: 'changed', conflict: now }
    step({ type: 'resolve', path, take })
    return { state: 'resolved' }
  }

  /** Ends what has just been found, if that was decided before. */
  settle(effects: readonly Effect[]): void {
    if (!this.preferNewest) return
    const opened = effects.flatMap(effect => (effect.type === 'save-conflict' ? [effect.conflict.path] : []))
    if (opened.length === 0) return
    this.preferNewest = false
    for (const path of new Set(opened)) void this.resolve(path, { take: 'newest' })
  }

  /** Hears both sides out first: what was saved a moment ago counts. */
  async foresee({ path, take, timeoutMs }: OverrideOrder, signal: AbortSignal): Promise<OverrideForecast> {
    const { wait } = this.#around
    const heard = await wait({ path, timeoutMs, verify: false, of: 'hearing' }, signal)
    return this.#forecast({ path, take }, heard)
  }

  async override(order: OverrideOrder, mark: string, signal: AbortSignal): Promise<Overridden> {
    const { path, take, timeoutMs } = order
    const { wait } = this.#around
    const now = this.#forecast({ path, take })
    if (now.state !== 'ready') return now
    if (now.mark !== mark) return { ...now, state: 'changed' }
    return await wait({ path, timeoutMs, verify: false, of: 'override', take }, signal)
  }

  #forecast(override: Override, heard?: BarrierResult): OverrideForecast {
    const { session, digester } = this.#around
    const foreseen = session()?.foresee(override)
    const { why } = heard ?? {}
    const state = heard?.state === 'timeout' || heard?.state === 'halted' ? heard.state : 'disconnected'
    if (foreseen === undefined || state !== 'disconnected') return { state, ...(why !== undefined && { why }) }
    if (foreseen.is === 'plan') return { state: 'ready', ...overrideOffer(foreseen.plan, digester) }
    return foreseen.is === 'parted' ? { state: 'parted', at: foreseen.at } : { state: foreseen.is }
  }

  #conflict(path: Path): ConflictInfo | undefined {
    const { session, describe } = this.#around
    const conflict = session()
      ?.conflicts()
      .find(each => each.path === path)
    return conflict && describe(conflict)
  }
}

function isOther({ sides }: ConflictInfo, shown: ShownVersions): boolean {
  return sides.alpha.mark !== shown.alpha || sides.beta.mark !== shown.beta
}
