import type { ReplicaEvent } from '../core/messages.ts'
import type { Clock } from '../ports/clock.ts'
import type { HashFile } from './hashing.ts'
import { Rechecks } from './rechecks.ts'
import type { Remark } from './remarks.ts'
import { Remarks } from './remarks.ts'
import { TrashKeeper } from './trash-keeper.ts'
import type { Work } from './work.ts'

export interface AftermathOptions {
  readonly work: Work
  readonly clock: Clock
  readonly hashFile: HashFile
  /** Room the trash may take (bytes). */
  readonly bytesLimit: number
  /** What was noticed before. */
  readonly remarks: readonly Remark[]
  /** Tells every session that is there. */
  readonly tell: (event: ReplicaEvent) => void
}

/** What follows when something was captured: it is looked at again, the trash is kept in bounds, and people are told. */
export class Aftermath {
  readonly remarks: Remarks
  readonly rechecks: Rechecks
  readonly keeper: TrashKeeper

  constructor({ work, clock, hashFile, bytesLimit, remarks: first, tell }: AftermathOptions) {
    this.remarks = new Remarks(first, remark => tell({ type: 'remark', ...remark }))
    const { remarks } = this
    this.rechecks = new Rechecks({ work, clock, hashFile, remarks })
    const { rechecks } = this
    const full = (why: string): void => tell(fullness('held', why))
    const told = { full, fits: () => tell(fullness('lifted', '')) }
    this.keeper = new TrashKeeper({ work, clock, bytesLimit, rechecks, remarks, told })
  }

  /** What a session must hear that begins now. */
  news(): readonly ReplicaEvent[] {
    const remarks = this.remarks.all().map((remark): ReplicaEvent => ({ type: 'remark', ...remark }))
    return this.keeper.isFull ? [...remarks, fullness('held', this.keeper.fullWhy)] : remarks
  }

  async close(): Promise<void> {
    await Promise.all([this.rechecks.close(), this.keeper.close()])
  }
}

function fullness(state: 'held' | 'lifted', why: string): ReplicaEvent {
  return { type: 'guard', guard: 'trash-full', state, paths: [], why }
}
