import type { CallName } from './faults.ts'
import type { SimProcess } from './process.ts'
import type { Random } from './random.ts'
import type { SimVolume } from './volume.ts'
import { fail } from './volume.ts'

export interface SimDiskOptions {
  /** The process that uses the disk. */
  readonly process: SimProcess
  readonly random: Random
  /** False: the runtime cannot carry names that are no UTF-8 (`problem` in a listing, `EILSEQ` elsewhere). */
  readonly carriesBytes?: boolean
  /** False: a listing does not say what kind an entry is. */
  readonly listsKinds?: boolean
}

/** One process as the user of one disk: makes its calls and knows what it holds open. */
export class Caller {
  readonly volume: SimVolume
  readonly options: SimDiskOptions
  /** Handles not closed yet, of all kinds. */
  readonly handles = new Set<{ close(): void }>()

  constructor(volume: SimVolume, options: SimDiskOptions) {
    this.volume = volume
    this.options = options
    options.process.onDeath(() => this.closeAll())
  }

  /** See `Faults.call`. */
  call<T>(name: CallName, subject: string, work: () => T, failed?: () => void): T {
    return this.options.process.faults.call(name, subject, work, failed)
  }

  /** Refuses a name that this runtime cannot hand to the system. */
  carry(name: string, action: string): string {
    if (this.options.carriesBytes === false && !name.isWellFormed()) fail('EILSEQ', action, name)
    return name
  }

  closeAll(): void {
    for (const handle of [...this.handles]) handle.close()
  }
}
