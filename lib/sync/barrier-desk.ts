import type { Clock } from '../ports/clock.ts'
import type { Side } from '../core/operation.ts'
import type { SessionEvent } from '../core/session/messages.ts'
import type { BarrierOptions, BarrierResult } from './session-handle.ts'

/** What is waited for besides agreement: that both sides have been heard, or that an override has been carried out. */
export type Awaiting = BarrierOptions & ({ readonly of?: 'hearing' } | { readonly of: 'override'; readonly take: Side })

interface Waiting {
  readonly id: number
  readonly options: Awaiting
  readonly end: (state: BarrierResult['state']) => void
}

/** The people who wait at barriers, with their deadlines. */
export class BarrierDesk {
  readonly #clock: Clock
  readonly #nextId: () => number
  readonly #open = new Map<number, Waiting>()

  constructor(clock: Clock, nextId: () => number) {
    this.#clock = clock
    this.#nextId = nextId
  }

  /** @param answer makes the result of a state, once, when it is known */
  open(
    options: Awaiting,
    signal: AbortSignal,
    answer: (state: BarrierResult['state']) => BarrierResult,
  ): { readonly id: number; readonly result: Promise<BarrierResult> } {
    const id = this.#nextId()
    const result = new Promise<BarrierResult>((resolve, reject) => {
      const finish = (): boolean => {
        cancel()
        signal.removeEventListener('abort', abort)
        return this.#open.delete(id)
      }
      const abort = (): void => {
        if (finish()) reject(signal.reason)
      }
      const end = (state: BarrierResult['state']): void => {
        if (finish()) resolve(answer(state))
      }
      const cancel = this.#clock.after(options.timeoutMs, () => end('timeout'))
      this.#open.set(id, { id, options, end })
      signal.addEventListener('abort', abort)
      if (signal.aborted) abort()
    })
    return { id, result }
  }

  /** Those still waiting: a new session must be told of them. */
  waiting(): readonly Waiting[] {
    return [...this.#open.values()]
  }

  over(id: number, state: BarrierResult['state']): void {
    this.#open.get(id)?.end(state)
  }

  /** The session that carried them out is gone. */
  endOverrides(): void {
    for (const waiting of this.waiting()) if (waiting.options.of === 'override') waiting.end('disconnected')
  }

  /** Nobody can be served. */
  end(state: BarrierResult['state']): void {
    for (const waiting of this.waiting()) waiting.end(state)
  }
}

/** How a session is told of a wait. */
export function awaitEvent(id: number, options: Awaiting): SessionEvent {
  const { path = '', verify, of } = options
  if (of === 'override') return { type: 'override', id, override: { path, take: options.take } }
  return { type: 'barrier', id, path, verify, ...(of !== undefined && { of }) }
}
