import { isDirectory } from '../core/entry.ts'
import { SyncError } from '../core/errors.ts'
import type { Cleaned } from '../core/messages.ts'
import type { Operation } from '../core/operation.ts'
import type { Clock } from '../ports/clock.ts'
import { detach } from '../ports/detached.ts'
import { hasContent } from './inspect.ts'
import type { Rechecks } from './rechecks.ts'
import type { Remarks } from './remarks.ts'
import type { Swept } from './trash-sweep.ts'
import { sweep } from './trash-sweep.ts'
import type { Work } from './work.ts'

/** The first sweep comes when the start is over (ms), the others each hour. */
const firstMs = 60_000
const everyMs = 3600 * 1000

/** A trash that fills up between two sweeps is swept before its hour, but no more often than this (ms). */
const betweenMs = 60_000

/** A person who lets a full trash grow lets it grow by this share of what it holds. */
const growth = 0.25

export interface TrashKeeperOptions {
  readonly work: Work
  readonly clock: Clock
  /** Room the trash may take (bytes). */
  readonly bytesLimit: number
  readonly rechecks: Rechecks
  readonly remarks: Remarks
  /** What may not go does not fit, and why; later that it does. */
  readonly told: { readonly full: (why: string) => void; readonly fits: () => void }
}

/**
 * Keeps the trash within its bounds (promise P1): sweeps it soon after the start, then hourly, and when it fills up. When
 * it is full of what may not go yet, nothing more may be replaced or deleted.
 */
export class TrashKeeper {
  readonly #options: TrashKeeperOptions
  #bytesLimit: number
  /** What the last sweep left, and what had been put in by then (bytes). */
  #left: { readonly bytes: number; readonly added: number } | undefined
  #sweptAt = 0
  #running: Promise<void> | undefined
  #cancel: () => void = () => {}
  #fullWhy = ''
  #closed = false

  constructor(options: TrashKeeperOptions) {
    this.#options = options
    this.#bytesLimit = options.bytesLimit
    this.#plan(firstMs)
  }

  get isFull(): boolean {
    return this.#fullWhy !== ''
  }

  /** Why it is full, as part of a sentence; '' when it is not. */
  get fullWhy(): string {
    return this.#fullWhy
  }

  /** Something may have been put in. */
  look(): void {
    if (this.#left === undefined || this.isFull || this.#bytes <= this.#bytesLimit) return
    const { clock } = this.#options
    this.#plan(Math.max(0, this.#sweptAt + betweenMs - clock.monotonic()))
  }

  /** A person lets it grow. */
  approve(): void {
    if (!this.isFull) return
    this.#bytesLimit = Math.max(this.#bytesLimit, Math.ceil(this.#bytes * (1 + growth)))
    this.#fits()
  }

  /** Sweeps now, once a sweep that is under way is over; a trial only says what would go. Throws what the disk refuses. */
  async clean(isTrial: boolean): Promise<Cleaned> {
    while (this.#running !== undefined) await this.#running
    if (this.#closed) throw stopped()
    const { work } = this.#options
    if (isTrial) {
      const trial = { bytesLimit: this.#bytesLimit, pause: this.#pause, lists: false, isTrial }
      return cleaned(await sweep(work.area, work.trash, trial))
    }
    this.#cancel()
    const sweeping = this.#sweep()
    await this.#begin(
      sweeping.then(
        () => {},
        () => {},
      ),
    )
    return await sweeping
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    await this.#running
  }

  get #bytes(): number {
    const added = this.#options.work.trash.bytesAdded
    return this.#left === undefined ? 0 : this.#left.bytes + added - this.#left.added
  }

  #plan(ms: number): void {
    if (this.#closed || this.#running !== undefined) return
    this.#cancel()
    const { clock } = this.#options
    this.#cancel = clock.after(ms, () => detach(this.#begin(this.#sweepQuietly()), clock))
  }

  /** Work of which there is only one at a time. */
  #begin(work: Promise<void>): Promise<void> {
    this.#running = work.finally(() => {
      this.#running = undefined
      this.#plan(everyMs)
      this.look()
    })
    return this.#running
  }

  /** What a disk refuses now is tried again in an hour. */
  async #sweepQuietly(): Promise<void> {
    try {
      await this.#sweep()
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
    }
  }

  async #sweep(): Promise<Cleaned> {
    const { work, clock, rechecks } = this.#options
    const { bytesAdded } = work.trash
    this.#sweptAt = clock.monotonic()
    const lists = this.#left === undefined
    const swept = await sweep(work.area, work.trash, { bytesLimit: this.#bytesLimit, pause: this.#pause, lists })
    if (this.#closed) return cleaned(swept)
    this.#left = { bytes: swept.bytes, added: bytesAdded }
    for (const recheck of swept.unsure) rechecks.add(recheck)
    this.#tellOfAdopted(swept.adopted)
    if (swept.full) this.#full(swept.bytes)
    else this.#fits()
    return cleaned(swept)
  }

  readonly #pause = (): Promise<void> =>
    new Promise((resolve, reject) => {
      this.#options.clock.soon(() => (this.#closed ? reject(stopped()) : resolve()))
    })

  #full(bytes: number): void {
    if (this.isFull) return
    const { told } = this.#options
    this.#fullWhy = `the trash holds ${megabytes(bytes)} MB, its bound is ${megabytes(this.#bytesLimit)} MB, and nothing in it may go yet`
    told.full(this.#fullWhy)
  }

  #fits(): void {
    if (!this.isFull) return
    this.#fullWhy = ''
    this.#options.told.fits()
  }

  #tellOfAdopted(ids: readonly string[]): void {
    const [first] = ids
    if (first === undefined) return
    const what = ids.length === 1 ? 'a version' : `${ids.length} versions`
    const why = `a power cut took what was written down of ${what}; what was kept is in the trash`
    this.#options.remarks.add({ code: 'RECOVERED', path: '', why, trash: first })
  }
}

/** True when what stands there would go to the trash with its content. */
export function fillsTrash(operation: Operation): boolean {
  if (operation.kind === 'move') return false
  const { before } = operation
  if (before === undefined || isDirectory(before)) return false
  return operation.kind === 'remove' || !hasContent(before, operation.after)
}

function cleaned({ drop, bytesDropped, bytes }: Swept): Cleaned {
  return { items: drop.size, bytes: bytesDropped, bytesLeft: bytes }
}

function megabytes(bytes: number): string {
  return Math.ceil(bytes / 1e6).toLocaleString('en-US')
}

function stopped(): SyncError {
  return new SyncError('INTERRUPTED', 'Cannot go on sweeping the trash: the replica is closed')
}
