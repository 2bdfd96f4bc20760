import type { ReplicaEvent } from '../messages.ts'
import type { Move, Operation, Outcome, Side } from '../operation.ts'
import { isFile, otherSide } from '../operation.ts'
import type { Path } from '../path.ts'
import type { Change } from '../tree.ts'
import { shallow } from '../tree.ts'
import type { AgreedPast } from './agreed-past.ts'
import type { DirtyPaths } from './dirty-paths.ts'
import type { Findings } from './findings.ts'
import type { Half } from './half.ts'
import type { Holds } from './holds.ts'
import type { Latencies } from './latencies.ts'
import type { Both, LogLine } from './messages.ts'
import { sides } from './messages.ts'
import type { Task } from './task.ts'
import type { Resolving } from './resolving.ts'

/** A batch of so few tasks is somebody's edit: its latency counts. */
const editTasks = 4

/** The parts of a session that an outcome touches. */
interface Parts {
  readonly past: AgreedPast
  readonly halves: Both<Half>
  readonly dirty: DirtyPaths
  readonly findings: Findings
  readonly holds: Holds
  readonly resolving: Resolving
  readonly latencies: Latencies
  readonly log: (line: LogLine) => void
}

/** Draws the consequences of what became of operations: the ancestor advances, or the path is planned again. */
export class Settlement {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** A batch came back. */
  settle(side: Side, event: ReplicaEvent & { type: 'outcomes' }, now: number): void {
    const { halves, dirty, latencies, findings } = this.#parts
    const sent = halves[side].outbox.finished(event.batch)
    // An answer to an earlier session: what it did is in the tree, and nobody has planned with it yet.
    if (sent === undefined) {
      for (const { path } of event.outcomes) dirty.add(path, now)
      return
    }
    const done: Path[] = []
    const isEdit = sent.tasks.length <= editTasks
    let index = 0
    for (const task of sent.tasks) {
      const latencyMs = isEdit ? now - task.since : undefined
      for (const operation of task.operations) {
        const outcome = event.outcomes[index++]
        if (outcome === undefined) dirty.add(operation.path, task.since)
        else if (outcome.result === 'done' || outcome.result === 'kept') {
          done.push(operation.path)
          this.#done(side, operation, task)
          this.#log(side, operation, latencyMs)
          if (outcome.result === 'kept') findings.notice({ path: operation.path, kind: 'kept-untracked', side })
        } else this.#undone(side, operation, { outcome, since: task.since, now })
      }
      if (latencyMs !== undefined) latencies.add(latencyMs)
    }
    this.heard(done, now)
  }

  /** The sender no longer has the content: there is nothing new to plan until it says what it has instead. */
  void(tasks: readonly Task[], receiver: Side, now: number): void {
    const { dirty, halves } = this.#parts
    for (const task of tasks) {
      dirty.add(task.path, task.since)
      halves[otherSide(receiver)].stall(task.path, now)
    }
  }

  /** The receiver's disk takes no more content: these are tried again later, and a person is told. */
  noRoom(tasks: readonly Task[], receiver: Side, now: number): void {
    this.void(tasks, receiver, now)
    for (const { path } of tasks) {
      const message = `Cannot take in the content of ${path}: there is no room, or the disk refuses`
      this.#parts.findings.refused(receiver, { result: 'failed', path, code: 'NO_ROOM', message, verdict: 'retry' })
    }
  }

  /** Something was heard of these paths: what was put off there is planned again. */
  heard(paths: readonly Path[], now: number): void {
    const { dirty, halves, findings } = this.#parts
    const concerned = findings.withRespelled(paths)
    for (const side of sides) for (const path of halves[side].unstall(concerned)) dirty.add(path, now)
    findings.heard(concerned)
  }

  /** Both sides have held what this operation brought about: the ancestor advances. */
  #done(side: Side, operation: Operation, task: Task): void {
    const { halves, holds, resolving, past, dirty } = this.#parts
    halves[side].succeeded(operation.path)
    holds.spent(side, operation.path)
    resolving.carriedOut(side, operation.path)
    // What empties a place for another kind of entry is agreed with it; a merge of both sides' changes once both have it.
    const agrees = task.agrees || operation !== task.operations.at(-1)
    if (!agrees || !past.enter(changeBy(operation))) dirty.add(operation.path, task.since)
    // What was heard of below under the old name since the move was sent is to be planned under the new one.
    if (operation.kind === 'move') dirty.add(operation.path, task.since)
  }

  #undone(
    side: Side,
    operation: Operation,
    came: { readonly outcome: Outcome; readonly since: number; readonly now: number },
  ): void {
    const { halves, holds, dirty, findings } = this.#parts
    const { outcome, since, now } = came
    if (outcome.result === 'held') return holds.refused(side, operation.path, outcome.guard)
    // It is planned again with what is held there, or stands in a directory that is.
    if (outcome.result === 'stale' && holds.isInTheWay(side, operation.path)) return
    dirty.add(operation.path, since)
    if (operation.kind === 'move') dirty.add(operation.from, since)
    if (outcome.result === 'needs') return halves[side].outbox.forgetSlot(outcome.digest)
    halves[side].stall(operation.path, now)
    if (outcome.result === 'failed') findings.refused(side, outcome)
  }

  /** @param latencyMs from first hearing of an edit to its being visible; for bulk it says nothing */
  #log(side: Side, operation: Operation, latencyMs: number | undefined): void {
    const latency = latencyMs === undefined ? {} : { latencyMs }
    const line: LogLine = { level: 'info', event: operation.kind, side, path: operation.path, ...latency }
    if (operation.kind === 'move') this.#parts.log({ ...line, from: operation.from })
    else if (operation.kind === 'put' && isFile(operation.after)) {
      this.#parts.log({ ...line, size: operation.after.size, replaced: operation.before !== undefined })
    } else this.#parts.log(line)
  }
}

function changeBy(operation: Operation): Change | Move {
  switch (operation.kind) {
    case 'move':
      return { from: operation.from, to: operation.path }
    case 'put':
      return { path: operation.path, entry: shallow(operation.after) }
    case 'remove':
      return { path: operation.path, entry: undefined }
  }
}
