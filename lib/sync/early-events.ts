import type { ReplicaEvent } from '../core/messages.ts'
import type { Side } from '../core/operation.ts'

/** Events of one side kept until there is a session. */
const keptEvents = 1000

/** What a side that was ready first had to say for people, until there is a session to hear it. */
export class EarlyEvents {
  readonly #kept: { readonly alpha: ReplicaEvent[]; readonly beta: ReplicaEvent[] } = { alpha: [], beta: [] }

  heard(side: Side, event: ReplicaEvent): void {
    const kept = this.#kept[side]
    if (event.type === 'ready' || event.type === 'closed') kept.length = 0
    else if ((event.type === 'remark' || event.type === 'guard') && kept.length < keptEvents) kept.push(event)
  }

  /** All of them, in order; each is given once. */
  take(): readonly { readonly side: Side; readonly event: ReplicaEvent }[] {
    return (['alpha', 'beta'] as const).flatMap(side => this.#kept[side].splice(0).map(event => ({ side, event })))
  }
}
