import type { Digest } from '../entry.ts'
import { batchBytes, batchOperations, batchesInFlight, inlineContentBytes } from '../limits.ts'
import type { ReplicaCommand } from '../messages.ts'
import type { Content, Operation } from '../operation.ts'
import type { Path } from '../path.ts'
import { isWithin, overlaps } from '../path.ts'
import { BusyPaths, pathsOf } from './busy-paths.ts'
import type { Dropped, Outgoing, Passed } from './outgoing.ts'
import { SmallContents } from './small-contents.ts'
import type { Needs, Source, Task } from './task.ts'
import { isMove, tasksOf, timed, withMtime } from './task.ts'
import { Transfers } from './transfers.ts'

/** A plan this small is somebody's edit and overtakes bulk. */
const urgentTasks = 32

/** See `next`. */
interface Filling {
  readonly stands: (task: Task) => boolean
  readonly takeId: () => number
  readonly mayGo: (task: Task) => boolean
}

export interface Batch {
  readonly tasks: readonly Task[]
  readonly operations: readonly Operation[]
}

/**
 * What waits to be carried out on one side, and what is on its way there. Small content rides in the batch, is asked
 * for ahead, and goes in order; large content is staged first, in pieces or by the lane, beside everything else, and
 * its operation waits for it.
 */
export class Outbox {
  readonly #urgent = new Map<Path, Task>()
  readonly #bulk = new Map<Path, Task>()
  /** Wait for their content to be staged. */
  readonly #waiting = new Map<Path, Task>()
  /** Queued tasks that move a directory. */
  readonly #moves = new Set<Task>()
  readonly #contents = new SmallContents()
  /** Large content on its way. */
  readonly transfers: Transfers
  /** Content that lies complete in the receiver's slots. */
  readonly #slots = new Set<Digest>()
  readonly #batches = new Map<number, Batch>()
  readonly #busy = new BusyPaths()

  /** @param laneBytes content from this size on goes by a connection of its own */
  constructor(laneBytes: number) {
    this.transfers = new Transfers(laneBytes)
  }

  get queued(): number {
    return this.#urgent.size + this.#bulk.size + this.#waiting.size
  }

  get inFlight(): number {
    return this.#busy.size
  }

  get isEmpty(): boolean {
    return this.queued === 0 && this.#batches.size === 0
  }

  get bytesQueued(): number {
    return this.transfers.bytesLeft
  }

  /** Content that came along with a change and will be wanted in this step. */
  offer(contents: ReadonlyMap<Digest, Content>): void {
    for (const [digest, content] of contents) this.#contents.hold(digest, content)
  }

  /**
   * Queues the operations of one plan, in order. A path that was queued before is queued anew.
   * @returns queued moves that this puts an end to: what they were to move must be planned again
   */
  add(operations: readonly Operation[], source: (operation: Operation) => Source, since: number): readonly Task[] {
    const tasks = tasksOf(operations, source, since)
    const book = tasks.length <= urgentTasks ? this.#urgent : this.#bulk
    const ended: Task[] = []
    for (const planned of tasks) {
      const dropped = this.drop(planned.path)
      ended.push(...dropped.moves)
      const task = dropped.since < planned.since ? { ...planned, since: dropped.since } : planned
      if (isMove(task)) this.#moves.add(task)
      if (task.needs !== undefined && this.#mustBeStaged(task.needs)) this.#wait(task, task.needs)
      else book.set(task.path, task)
    }
    return ended
  }

  /** Forgets queued moves that a path has to do with. */
  dropMoves(path: Path): readonly Task[] {
    const dropped = this.#dropMoves(({ operations }) =>
      operations.some(operation => pathsOf(operation).some(each => overlaps(each, path))),
    )
    for (const task of dropped) for (const book of this.#books()) book.delete(task.path)
    return dropped
  }

  /** Forgets what is queued at a path, or at and below it (not what is on its way). */
  drop(path: Path, below = false): Dropped {
    let since = Number.POSITIVE_INFINITY
    for (const book of this.#books()) {
      for (const task of below ? book.values() : [book.get(path)]) {
        if (task === undefined || !isWithin(task.path, path)) continue
        since = Math.min(since, task.since)
        book.delete(task.path)
      }
    }
    return { moves: this.#dropMoves(task => (below ? isWithin(task.path, path) : task.path === path)), since }
  }

  /**
   * True when an operation on its way touches the path, something above it, or, for a directory, something below it;
   * or when a move that waits its turn does: what is under it is planned where it will be.
   */
  isBusy(path: Path, isDirectory: boolean): boolean {
    for (const { operations } of this.#moves) {
      if (operations.some(operation => pathsOf(operation).some(each => overlaps(each, path)))) return true
    }
    return this.#busy.touch(path, isDirectory)
  }

  /** Everything on its way and queued, or only one of them. */
  *outstanding(only?: 'sent' | 'queued'): Generator<Task, void, undefined> {
    if (only !== 'queued') for (const { tasks } of this.#batches.values()) yield* tasks
    if (only !== 'sent') for (const book of this.#books()) yield* book.values()
  }

  /**
   * The commands that can go out now, to the receiver (`apply`) and to the sender (`read`).
   * @param stands whether a task is still what both trees ask for; others come back in `voided`
   * @param mayGo false for a task that stays queued for now
   */
  next(stands: (task: Task) => boolean, takeId: () => number, mayGo: (task: Task) => boolean = () => true): Outgoing {
    const unwanted = this.transfers.endUnwanted(needs => this.#isAwaited(needs))
    const out: Outgoing = { toReceiver: [], toSender: [], voided: [], unwanted }
    while (this.#batches.size < batchesInFlight) {
      const batch = this.#fill({ stands, takeId, mayGo }, out)
      if (batch === undefined) break
      out.toReceiver.push(batch)
    }
    out.toSender.push(...this.#contents.prefetch(this.#wanted(), takeId), ...this.transfers.requests(takeId))
    return out
  }

  /** The batch came back: its tasks are no longer on their way. */
  finished(batch: number): Batch | undefined {
    const found = this.#batches.get(batch)
    if (found === undefined) return undefined
    this.#batches.delete(batch)
    this.#busy.release(found.operations)
    for (const task of found.tasks) if (task.needs !== undefined) this.#slots.delete(task.needs.digest)
    return found
  }

  /** Content arrived from the sender, or it has none of it any more. */
  content(id: number, bytes: Uint8Array | undefined, mtimeMs: number): Passed {
    const small = this.#contents.answered(id)
    if (small !== undefined) {
      if (bytes === undefined) return { toReceiver: [], voided: this.#withdraw(small) }
      this.#contents.hold(small, { bytes, mtimeMs })
      return { toReceiver: [], voided: [] }
    }
    const piece = this.transfers.arrived(id, bytes, mtimeMs)
    if (piece?.is === 'stage') return { toReceiver: [piece.command], voided: [] }
    if (piece?.is === 'carry') return { toReceiver: [], voided: [], carry: piece.needs }
    if (piece?.is === 'gone') return { toReceiver: [], voided: this.#withdraw(piece.digest), gone: piece.digest }
    return { toReceiver: [], voided: [] }
  }

  /** The receiver took a piece, has all of it, or found that it is not what it was said to be. */
  staged(digest: Digest, state: 'more' | 'complete' | 'wrong' | 'full'): readonly Task[] {
    if (state === 'wrong' || state === 'full') {
      this.transfers.failed(digest)
      return this.#withdraw(digest)
    }
    const mtimeMs = this.transfers.taken(digest, state === 'complete')
    if (mtimeMs === undefined) return []
    this.#slots.add(digest)
    for (const [path, task] of this.#waiting) {
      if (task.needs?.digest !== digest) continue
      this.#waiting.delete(path)
      this.#urgent.set(path, { ...task, operations: task.operations.map(each => timed(each, digest, mtimeMs)) })
    }
    return []
  }

  /** The slot was lost after all. */
  forgetSlot(digest: Digest): void {
    this.#slots.delete(digest)
  }

  #books(): readonly Map<Path, Task>[] {
    return [this.#urgent, this.#bulk, this.#waiting]
  }

  #mustBeStaged({ digest, size }: Needs): boolean {
    return size > inlineContentBytes && !this.#slots.has(digest)
  }

  #wait(task: Task, needs: Needs): void {
    this.#waiting.set(task.path, task)
    this.transfers.start(needs)
  }

  /** A task waits for this content, most likely the one at its path. */
  #isAwaited({ digest, path }: Needs): boolean {
    if (this.#waiting.get(path)?.needs?.digest === digest) return true
    for (const { needs } of this.#waiting.values()) if (needs?.digest === digest) return true
    return false
  }

  #dropMoves(isDropped: (task: Task) => boolean): readonly Task[] {
    const dropped = [...this.#moves].filter(isDropped)
    for (const task of dropped) this.#moves.delete(task)
    return dropped
  }

  /** Content that queued tasks will want in their batches. */
  *#wanted(): Generator<Needs, void, undefined> {
    for (const book of [this.#urgent, this.#bulk]) {
      for (const { needs } of book.values()) {
        if (needs !== undefined && !this.#mustBeStaged(needs) && !this.#slots.has(needs.digest)) yield needs
      }
    }
  }

  #fill({ stands, takeId, mayGo }: Filling, out: Outgoing): ReplicaCommand | undefined {
    const tasks: Task[] = []
    const operations: Operation[] = []
    const contents = new Map<Digest, Content>()
    let bytes = 0
    for (const book of [this.#urgent, this.#bulk]) {
      for (const [path, task] of book) {
        if (operations.length >= batchOperations || bytes >= batchBytes) break
        if (this.#busy.forbid(task) || !mayGo(task)) continue
        if (!stands(task)) {
          this.#take(book, task)
          out.voided.push(task)
          continue
        }
        if (task.needs !== undefined && this.#mustBeStaged(task.needs)) {
          // Its slot was used up by another path with the same content.
          book.delete(path)
          this.#wait(task, task.needs)
          continue
        }
        if (task.needs !== undefined && !this.#slots.has(task.needs.digest) && !contents.has(task.needs.digest)) {
          const content = this.#contents.get(task.needs.digest)
          if (content === undefined) {
            const command = this.#contents.ask(task.needs, takeId)
            if (command !== undefined) out.toSender.push(command)
            // What follows may depend on it: a plan's order is kept.
            break
          }
          contents.set(task.needs.digest, content)
          bytes += content.bytes.length
        }
        this.#take(book, task)
        tasks.push(task)
        operations.push(...task.operations)
      }
    }
    return tasks.length === 0 ? undefined : this.#batch({ tasks, operations }, contents, takeId())
  }

  #batch(batch: Batch, contents: ReadonlyMap<Digest, Content>, number: number): ReplicaCommand {
    for (const digest of contents.keys()) this.#contents.release(digest)
    this.#batches.set(number, batch)
    this.#busy.occupy(batch.operations)
    const operations = batch.operations.map(operation => withMtime(operation, contents))
    return { type: 'apply', batch: number, operations, contents }
  }

  #take(book: Map<Path, Task>, task: Task): void {
    book.delete(task.path)
    this.#moves.delete(task)
  }

  /** Takes every queued task that needs this content out again. */
  #withdraw(digest: Digest): readonly Task[] {
    const voided: Task[] = []
    for (const book of this.#books()) {
      for (const [path, task] of book) {
        if (task.needs?.digest !== digest) continue
        book.delete(path)
        voided.push(task)
      }
    }
    return voided
  }
}
