import type { Digest } from '../entry.ts'
import {
  batchBytes,
  batchOperations,
  batchesInFlight,
  chunkBytes,
  chunksInFlight,
  inlineContentBytes,
} from '../limits.ts'
import type { ReplicaCommand } from '../messages.ts'
import type { Content, Operation } from '../operation.ts'
import { isFile } from '../operation.ts'
import type { Path } from '../path.ts'
import { isWithin, overlaps, parentOf } from '../path.ts'

/** Operations that go together: one, or a type change (remove what stands there, then put). */
export interface Task {
  readonly path: Path
  readonly operations: readonly Operation[]
  /** Content the receiver lacks, with a path of the sender that has it. */
  readonly needs: { readonly digest: Digest; readonly size: number; readonly path: Path } | undefined
  /** When the change was first heard of (monotonic ms), for the latency figures. */
  readonly since: number
  /** The sender held `after` when this was planned: once done, both have held it, and the ancestor may advance. */
  readonly agrees: boolean
}

/** What the planner knows about an operation's sender. */
export interface Source {
  /** A path of the sender with the content of a put. */
  readonly path: Path
  readonly agrees: boolean
}

/** A plan this small is somebody's edit and overtakes bulk. */
const urgentTasks = 32

/** Content asked for ahead of its turn (bytes), so that a first copy never waits for a round trip a file. */
const prefetchBytes = 4 * batchBytes

/** … and files asked for ahead: small ones cost a message each, not bytes. */
const prefetchFiles = 4 * batchOperations

/** Large files on their way at once. */
const transfersAtOnce = 2

interface Transfer {
  readonly digest: Digest
  readonly size: number
  readonly path: Path
  /** Bytes asked for, and bytes passed on. */
  asked: number
  passed: number
  chunks: number
  state: 'waiting' | 'moving'
  mtimeMs: number
}

export interface Batch {
  readonly tasks: readonly Task[]
  readonly operations: readonly Operation[]
}

/**
 * What waits to be carried out on one side, and what is on its way there. Small content rides in the batch, is asked
 * for ahead, and goes in order; large content is staged first, in pieces beside everything else, and its operation
 * waits for it.
 */
export class Outbox {
  readonly #urgent = new Map<Path, Task>()
  readonly #bulk = new Map<Path, Task>()
  readonly #waiting = new Map<Path, Task>()
  readonly #transfers = new Map<Digest, Transfer>()
  readonly #slots = new Set<Digest>()
  readonly #contents = new Map<Digest, Content>()
  readonly #asked = new Map<Digest, number>()
  readonly #batches = new Map<number, Batch>()
  readonly #busy = new Map<Path, number>()
  #askedBytes = 0
  #contentBytes = 0
  /** Ids of content requests, to tell what an answer is: a piece of a transfer, or the whole of something small. */
  readonly #reads = new Map<
    number,
    { readonly digest: Digest; readonly offset: number; readonly transfer?: Transfer }
  >()
  /** Queued tasks that move a directory. */
  readonly #moves = new Set<Task>()

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
    let bytes = 0
    for (const transfer of this.#transfers.values()) bytes += transfer.size - transfer.passed
    return bytes
  }

  /** Content that came along with a change and will be wanted in this step. */
  offer(contents: ReadonlyMap<Digest, Content>): void {
    for (const [digest, content] of contents) this.#hold(digest, content)
  }

  /**
   * Queues the operations of one plan, in order. A path that was queued before is queued anew.
   * @returns queued moves that this puts an end to: what they were to move must be planned again
   */
  add(operations: readonly Operation[], source: (operation: Operation) => Source, since: number): readonly Task[] {
    const tasks = tasksOf(operations, source, since)
    const book = tasks.length <= urgentTasks ? this.#urgent : this.#bulk
    const ended: Task[] = []
    for (const task of tasks) {
      ended.push(...this.drop(task.path))
      if (isMove(task)) this.#moves.add(task)
      if (task.needs === undefined || !this.#mustBeStaged(task.needs)) book.set(task.path, task)
      else {
        this.#waiting.set(task.path, task)
        this.#startTransfer(task.needs)
      }
    }
    return ended
  }

  #mustBeStaged({ digest, size }: NonNullable<Task['needs']>): boolean {
    return size > inlineContentBytes && !this.#slots.has(digest)
  }

  /** Forgets what is queued at a path (not what is on its way). Returns the move among it. */
  drop(path: Path): readonly Task[] {
    for (const book of [this.#urgent, this.#bulk, this.#waiting]) book.delete(path)
    return this.#dropMoves(task => task.path === path)
  }

  /** Forgets what is queued at and below a path. Returns the moves among it. */
  dropBelow(path: Path): readonly Task[] {
    for (const book of [this.#urgent, this.#bulk, this.#waiting]) {
      for (const queued of book.keys()) if (isWithin(queued, path)) book.delete(queued)
    }
    return this.#dropMoves(task => isWithin(task.path, path))
  }

  #dropMoves(isDropped: (task: Task) => boolean): readonly Task[] {
    const dropped = [...this.#moves].filter(isDropped)
    for (const task of dropped) this.#moves.delete(task)
    return dropped
  }

  /**
   * True when an operation on its way touches the path, something above it, or, for a directory, something below it;
   * or when a move that waits its turn does: what is under it is planned where it will be.
   */
  isBusy(path: Path, isDirectory: boolean): boolean {
    for (const { operations } of this.#moves) {
      for (const operation of operations) {
        if (overlaps(operation.path, path) || (operation.kind === 'move' && overlaps(operation.from, path))) return true
      }
    }
    if (this.#busy.size === 0) return false
    for (let above = path; above !== ''; above = parentOf(above)) if (this.#busy.has(above)) return true
    if (isDirectory) for (const busy of this.#busy.keys()) if (isWithin(busy, path)) return true
    return false
  }

  /** Everything queued or on its way. */
  *outstanding(): Generator<Task, void, undefined> {
    for (const { tasks } of this.#batches.values()) yield* tasks
    for (const book of [this.#urgent, this.#bulk, this.#waiting]) yield* book.values()
  }

  /**
   * The commands that can go out now, to the receiver (`apply`, `stage`) and to the sender (`read`).
   * @param stands whether a task is still what both trees ask for; others come back in `voided`
   */
  next(
    stands: (task: Task) => boolean,
    ids: { take: () => number },
  ): { readonly toReceiver: ReplicaCommand[]; readonly toSender: ReplicaCommand[]; readonly voided: Task[] } {
    const out = { toReceiver: [] as ReplicaCommand[], toSender: [] as ReplicaCommand[], voided: [] as Task[] }
    while (this.#batches.size < batchesInFlight) {
      const batch = this.#fill(stands, out, ids)
      if (batch === undefined) break
      out.toReceiver.push(batch)
    }
    this.#prefetch(out.toSender, ids)
    this.#moveTransfers(out.toSender, ids)
    return out
  }

  #fill(
    stands: (task: Task) => boolean,
    out: { readonly toSender: ReplicaCommand[]; readonly voided: Task[] },
    ids: { take: () => number },
  ): ReplicaCommand | undefined {
    const tasks: Task[] = []
    const operations: Operation[] = []
    const contents = new Map<Digest, Content>()
    let bytes = 0
    for (const book of [this.#urgent, this.#bulk]) {
      for (const [path, task] of book) {
        if (operations.length >= batchOperations || bytes >= batchBytes) break
        if (this.#touchesBusy(task)) continue
        if (!stands(task)) {
          this.#take(book, task)
          out.voided.push(task)
          continue
        }
        if (task.needs !== undefined && this.#mustBeStaged(task.needs)) {
          // Its slot was used up by another path with the same content.
          book.delete(path)
          this.#waiting.set(path, task)
          this.#startTransfer(task.needs)
          continue
        }
        if (task.needs !== undefined && !this.#slots.has(task.needs.digest) && !contents.has(task.needs.digest)) {
          const content = this.#contents.get(task.needs.digest)
          if (content === undefined) {
            this.#ask(task.needs, out.toSender, ids)
            // What follows may depend on it: a plan's order is kept.
            break
          }
          contents.set(task.needs.digest, content)
          bytes += content.bytes.length
        }
        this.#take(book, task)
        tasks.push(task)
        for (const operation of task.operations) operations.push(operation)
      }
    }
    if (tasks.length === 0) return undefined
    for (const digest of contents.keys()) this.#release(digest)
    const number = ids.take()
    this.#batches.set(number, { tasks, operations })
    for (const operation of operations) this.#occupy(operation, 1)
    return {
      type: 'apply',
      batch: number,
      operations: operations.map(operation => withMtime(operation, contents)),
      contents,
    }
  }

  #take(book: Map<Path, Task>, task: Task): void {
    book.delete(task.path)
    this.#moves.delete(task)
  }

  /** The batch came back: its tasks are no longer on their way. */
  finished(batch: number): Batch | undefined {
    const found = this.#batches.get(batch)
    this.#batches.delete(batch)
    for (const operation of found?.operations ?? []) this.#occupy(operation, -1)
    for (const task of found?.tasks ?? []) if (task.needs !== undefined) this.#slots.delete(task.needs.digest)
    return found
  }

  /** A piece of content arrived from the sender. Returns what to pass on, and tasks whose content is gone, with its digest. */
  content(
    id: number,
    bytes: Uint8Array | undefined,
    mtimeMs: number,
  ): { readonly toReceiver: ReplicaCommand[]; readonly voided: Task[]; readonly gone?: Digest } {
    const read = this.#reads.get(id)
    this.#reads.delete(id)
    if (read === undefined) return { toReceiver: [], voided: [] }
    const { digest, offset, transfer } = read
    if (transfer === undefined) return this.#smallContent(digest, bytes, mtimeMs)
    // A piece of a transfer that is over says nothing about one begun since.
    if (this.#transfers.get(digest) !== transfer) return { toReceiver: [], voided: [] }
    if (bytes === undefined || bytes.length === 0)
      return { toReceiver: [], voided: this.#abandon(digest), gone: digest }
    transfer.mtimeMs = mtimeMs
    return { toReceiver: [{ type: 'stage', digest, size: transfer.size, offset, bytes }], voided: [] }
  }

  /** The receiver took a piece, has all of it, or found that it is not what it was said to be. */
  staged(digest: Digest, state: 'more' | 'complete' | 'wrong' | 'full'): Task[] {
    const transfer = this.#transfers.get(digest)
    if (transfer === undefined) return []
    transfer.chunks--
    transfer.passed = Math.min(transfer.size, transfer.passed + chunkBytes)
    if (state === 'more') return []
    if (state !== 'complete') return this.#abandon(digest)
    this.#transfers.delete(digest)
    this.#slots.add(digest)
    for (const [path, task] of this.#waiting) {
      if (task.needs?.digest !== digest) continue
      this.#waiting.delete(path)
      this.#urgent.set(path, {
        ...task,
        operations: task.operations.map(operation =>
          operation.kind === 'put' && isFile(operation.after) && operation.after.digest === digest
            ? { ...operation, mtimeMs: transfer.mtimeMs }
            : operation,
        ),
      })
    }
    return []
  }

  /** Stages content for another purpose than an operation; `staged` tells when it is complete. */
  request(needs: NonNullable<Task['needs']>): void {
    this.#startTransfer(needs)
  }

  /** The slot was lost after all. */
  forgetSlot(digest: Digest): void {
    this.#slots.delete(digest)
  }

  #smallContent(
    digest: Digest,
    bytes: Uint8Array | undefined,
    mtimeMs: number,
  ): { readonly toReceiver: ReplicaCommand[]; readonly voided: Task[] } {
    this.#askedBytes -= this.#asked.get(digest) ?? 0
    this.#asked.delete(digest)
    if (bytes !== undefined) {
      this.#hold(digest, { bytes, mtimeMs })
      return { toReceiver: [], voided: [] }
    }
    return { toReceiver: [], voided: this.#withdraw(digest) }
  }

  #abandon(digest: Digest): Task[] {
    this.#transfers.delete(digest)
    return this.#withdraw(digest)
  }

  /** Takes every queued task that needs this content out again. */
  #withdraw(digest: Digest): Task[] {
    const voided: Task[] = []
    for (const book of [this.#urgent, this.#bulk, this.#waiting]) {
      for (const [path, task] of book) {
        if (task.needs?.digest !== digest) continue
        book.delete(path)
        voided.push(task)
      }
    }
    return voided
  }

  #hold(digest: Digest, content: Content): void {
    if (this.#contents.has(digest)) return
    this.#contents.set(digest, content)
    this.#contentBytes += content.bytes.length
    for (const [oldest, old] of this.#contents) {
      if (this.#contentBytes <= 2 * prefetchBytes) break
      this.#contents.delete(oldest)
      this.#contentBytes -= old.bytes.length
    }
  }

  #release(digest: Digest): void {
    this.#contentBytes -= this.#contents.get(digest)?.bytes.length ?? 0
    this.#contents.delete(digest)
  }

  /** Parents may be on their way together with what they will hold; the same path never twice. */
  #touchesBusy(task: Task): boolean {
    if (this.#busy.size === 0) return false
    return task.operations.some(
      operation => this.#busy.has(operation.path) || (operation.kind === 'move' && this.isBusy(operation.from, true)),
    )
  }

  #ask(needs: NonNullable<Task['needs']>, toSender: ReplicaCommand[], ids: { take: () => number }): void {
    if (this.#asked.has(needs.digest)) return
    const id = ids.take()
    this.#asked.set(needs.digest, needs.size)
    this.#askedBytes += needs.size
    this.#reads.set(id, { digest: needs.digest, offset: 0 })
    toSender.push({ type: 'read', id, path: needs.path, digest: needs.digest, offset: 0, length: needs.size })
  }

  /** Asks ahead in long strides: looking through the queue for every piece that arrives would cost its square. */
  #prefetch(toSender: ReplicaCommand[], ids: { take: () => number }): void {
    if (this.#askedBytes + this.#contentBytes > prefetchBytes / 2 || this.#asked.size > prefetchFiles / 2) return
    for (const book of [this.#urgent, this.#bulk]) {
      for (const { needs } of book.values()) {
        if (
          this.#askedBytes + this.#contentBytes >= prefetchBytes ||
          this.#asked.size + this.#contents.size >= prefetchFiles
        )
          return
        if (
          needs === undefined ||
          this.#mustBeStaged(needs) ||
          this.#contents.has(needs.digest) ||
          this.#slots.has(needs.digest)
        )
          continue
        this.#ask(needs, toSender, ids)
      }
    }
  }

  #startTransfer(needs: NonNullable<Task['needs']>): void {
    if (this.#transfers.has(needs.digest)) return
    this.#transfers.set(needs.digest, { ...needs, asked: 0, passed: 0, chunks: 0, state: 'waiting', mtimeMs: 0 })
  }

  #moveTransfers(toSender: ReplicaCommand[], ids: { take: () => number }): void {
    let moving = 0
    for (const transfer of this.#transfers.values()) {
      if (moving++ >= transfersAtOnce) return
      transfer.state = 'moving'
      while (transfer.chunks < chunksInFlight && transfer.asked < transfer.size) {
        const id = ids.take()
        const length = Math.min(chunkBytes, transfer.size - transfer.asked)
        this.#reads.set(id, { digest: transfer.digest, offset: transfer.asked, transfer })
        toSender.push({
          type: 'read',
          id,
          path: transfer.path,
          digest: transfer.digest,
          offset: transfer.asked,
          length,
        })
        transfer.asked += length
        transfer.chunks++
      }
    }
  }

  #occupy(operation: Operation, by: 1 | -1): void {
    for (const path of operation.kind === 'move' ? [operation.from, operation.path] : [operation.path]) {
      const count = (this.#busy.get(path) ?? 0) + by
      if (count > 0) this.#busy.set(path, count)
      else this.#busy.delete(path)
    }
  }
}

function isMove(task: Task): boolean {
  return task.operations.some(operation => operation.kind === 'move')
}

/** A new path takes its source's time along. */
function withMtime(operation: Operation, contents: ReadonlyMap<Digest, Content>): Operation {
  if (operation.kind !== 'put' || !isFile(operation.after) || operation.mtimeMs !== undefined) return operation
  const content = contents.get(operation.after.digest)
  return content === undefined ? operation : { ...operation, mtimeMs: content.mtimeMs }
}

/** Groups a plan's operations into tasks: a put whose place must first be emptied goes with what empties it. */
export function tasksOf(
  operations: readonly Operation[],
  source: (operation: Operation) => Source,
  since: number,
): Task[] {
  const tasks: Task[] = []
  for (const operation of operations) {
    const group = [operation]
    const last = tasks.at(-1)?.operations.at(-1)
    if (operation.kind === 'put' && last?.kind === 'remove' && last.path === operation.path) {
      for (
        let before = tasks.at(-1);
        before !== undefined && isWithin(before.path, operation.path);
        before = tasks.at(-1)
      ) {
        group.unshift(...before.operations)
        tasks.pop()
      }
    }
    const { path, agrees } = source(operation)
    tasks.push({ path: operation.path, operations: group, needs: needsOf(operation, path), since, agrees })
  }
  return tasks
}

function needsOf(operation: Operation, path: Path): Task['needs'] {
  if (operation.kind !== 'put' || !isFile(operation.after) || operation.basis !== undefined) return undefined
  if (isFile(operation.before) && operation.before.digest === operation.after.digest) return undefined
  return { digest: operation.after.digest, size: operation.after.size, path }
}
