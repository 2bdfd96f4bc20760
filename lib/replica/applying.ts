import type { Entry } from '../core/entry.ts'
import { isDirectory } from '../core/entry.ts'
import type { ReplicaCommand } from '../core/messages.ts'
import type { GuardKind, Operation, Outcome } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { nameOf, parentOf } from '../core/path.ts'
import { sameShallow, withShallow } from '../core/tree.ts'
import { sliceMs } from '../core/limits.ts'
import type { Clock } from '../ports/clock.ts'
import { detach } from '../ports/detached.ts'
import type { Stat } from '../ports/disk.ts'
import type { Aftermath } from './aftermath.ts'
import type { Attachment, Attachments } from './attachments.ts'
import type { Carried } from './carried.ts'
import { DeleteGuard } from './delete-guard.ts'
import type { DirectoryNode } from './directory-nodes.ts'
import type { Hands } from './hands.ts'
import { heedMove, heedOwnChange, refusalByRules } from './ignore-files.ts'
import { holdsSynced, isKept, keptEntry } from './kept-directory.ts'
import { Operator } from './operations.ts'
import type { Surroundings } from './surroundings.ts'
import { lookAgain, relistDirectory } from './refresh.ts'
import { retryPending } from './recovery.ts'
import { heldRemark, recoveredRemark } from './remarks.ts'
import type { RootGuard } from './root-guard.ts'
import { fillsTrash } from './trash-keeper.ts'
import type { View } from './view.ts'

type ApplyCommand = ReplicaCommand & { readonly type: 'apply' }

export interface ApplyingOptions {
  readonly hands: Hands
  readonly view: View
  readonly attachments: Attachments
  readonly clock: Clock
  readonly around: Surroundings
  readonly guard: RootGuard
  readonly aftermath: Aftermath
  /** Looks at a name now if something was heard of it; false: it is not quiet yet. */
  readonly refresh: (node: DirectoryNode, name: string) => boolean
  /** Sends what was learnt of others' doing, so that outcomes come after it. */
  readonly emitNews: () => void
  /** There may be something to do for the loop of the replica. */
  readonly pump: () => void
}

/** A batch this small is somebody's edit: it does not wait for a large one before it, unless it builds on it. */
const smallBatch = 8

/** Operations within this of each other are one thing to undo (ms). */
const burstMs = 1000

/** Until what a disk refused to finish is tried again (ms). */
const finishAgainMs = 1000

interface Running {
  readonly paths: ReadonlySet<Path>
  readonly finished: Promise<void>
}

/** Carries out the batches of all sessions: content is prepared beside other work, then operations go one by one. */
export class Applying {
  readonly #options: ApplyingOptions
  readonly #running = new Set<Running>()
  #lastTurn: Promise<void> = Promise.resolve()
  #closed = false
  #isFinishing = false
  #burst: { readonly group: string; lastAt: number } | undefined
  readonly #deletes: DeleteGuard

  constructor(options: ApplyingOptions) {
    this.#options = options
    this.#deletes = new DeleteGuard(options.clock, held => options.aftermath.remarks.add(heldRemark(held)))
    this.#finishLater()
  }

  get isBusy(): boolean {
    return this.#running.size > 0
  }

  add(attachment: Attachment, command: ApplyCommand): void {
    const paths = new Set(command.operations.map(operation => operation.path))
    const waits = command.operations.length > smallBatch || this.#buildsOnRunning(command.operations)
    const turn = waits ? this.#lastTurn : Promise.resolve()
    const finished = this.#run(attachment, command, turn).finally(() => {
      this.#running.delete(running)
      this.#options.pump()
    })
    const running: Running = { paths, finished }
    this.#running.add(running)
    detach(finished, this.#options.clock)
    if (waits) this.#lastTurn = finished
  }

  /** A person lifted the guard on deletes: the next ones go through. */
  approveDeletes(): void {
    this.#deletes.approve()
  }

  /** Waits until nothing is in the middle. Batches not begun are not answered. */
  async close(): Promise<void> {
    this.#closed = true
    this.#deletes.close()
    await Promise.allSettled([...this.#running].map(running => running.finished))
  }

  #buildsOnRunning(operations: readonly Operation[]): boolean {
    for (const { paths } of this.#running) {
      for (const { path } of operations) {
        for (let above = path; above !== ''; above = parentOf(above)) if (paths.has(above)) return true
      }
    }
    return false
  }

  async #run(attachment: Attachment, command: ApplyCommand, turn: Promise<void>): Promise<void> {
    const { attachments, clock, hands } = this.#options
    const operator = new Operator(hands)
    const pause = (): Promise<void> => new Promise(resolve => clock.soon(resolve))
    try {
      this.#options.aftermath.remarks.addRecovered(await operator.prepare(command.operations, command.contents, pause))
      await turn
      if (attachment.isOpen) this.#deletes.judge(command.operations, this.#options.view.tree)
      const outcomes: Outcome[] = []
      let until = clock.monotonic() + sliceMs
      for (const operation of command.operations) {
        if (this.#closed) return
        // Its session is gone: what it planned is planned anew by the one that follows.
        if (!attachment.isOpen) break
        outcomes.push(this.#one(operator, operation))
        if (clock.monotonic() < until) continue
        await pause()
        until = clock.monotonic() + sliceMs
      }
      this.#options.emitNews()
      attachments.tell(attachment, { type: 'outcomes', batch: command.batch, tree: this.#options.view.tree, outcomes })
      this.#tellOthers(attachment, command.operations, outcomes)
    } finally {
      operator.end()
      this.#finishLater()
      this.#options.aftermath.keeper.look()
    }
  }

  /** What a failing disk left between its path and the trash goes where it belongs as soon as the disk lets it. */
  #finishLater(): void {
    const { hands, clock, aftermath, around, pump } = this.#options
    if (this.#isFinishing || this.#closed || !hands.work.journal.isUnfinished) return
    this.#isFinishing = true
    clock.after(finishAgainMs, () => {
      this.#isFinishing = false
      if (this.#closed) return
      for (const path of hands.work.journal.unfinishedPaths()) lookAgain(path, around)
      aftermath.remarks.addRecovered(retryPending(hands.root, hands.work))
      pump()
      this.#finishLater()
    })
  }

  #one(operator: Operator, operation: Operation): Outcome {
    const { view, guard } = this.#options
    const { path } = operation
    if (guard.isHeld) return { result: 'stale', path }
    const refusal = this.#refusal(operation)
    if (refusal !== undefined) return refusal
    const standing = view.entryAt(operation.kind === 'move' ? operation.from : path)
    // A directory kept for what is ignored in it is nothing to the other side, and takes in what it makes there.
    const before = isKept(standing) && operation.kind === 'put' && isDirectory(operation.after) ? undefined : standing
    if (operation.kind === 'put' && sameShallow(before, operation.after)) return { result: 'done', path }
    if (operation.kind === 'remove' && before === undefined) return { result: 'done', path }
    if (!sameShallow(before, operation.before)) return { result: 'stale', path }
    const guarding = this.#guarding(operation)
    if (guarding !== undefined) return { result: 'held', path, guard: guarding }
    const { group, reason: why } = operation.kind === 'move' ? {} : operation
    const carried = operator.carryOut(operation, { group: group ?? this.#group(), why })
    this.#record(operation, carried)
    this.#tellOf(path, carried)
    return this.#outcome(operation, carried)
  }

  /** What was replaced and deleted in one go comes back in one go, whatever the number of batches. */
  #group(): string {
    const { clock } = this.#options
    const now = clock.monotonic()
    if (this.#burst === undefined || now - this.#burst.lastAt > burstMs)
      this.#burst = { group: clock.now().toString(36), lastAt: now }
    this.#burst.lastAt = now
    return this.#burst.group
  }

  /** What speaks against an operation before it is tried. */
  #refusal(operation: Operation): Outcome | undefined {
    const { view, refresh, around } = this.#options
    const { path } = operation
    for (const each of operation.kind === 'move' ? [operation.from, path] : [path]) {
      const node = view.nodes.at(parentOf(each))
      // A directory kept for what is ignored in it is known as a place and yet holds nothing.
      if (node === undefined || !isDirectory(view.entryAt(parentOf(each)))) return { result: 'stale', path }
      if (!refresh(node, nameOf(each))) return { result: 'busy', path }
    }
    return refusalByRules(operation, around)
  }

  /** The guard of this side that keeps an operation from being carried out. */
  #guarding(operation: Operation): GuardKind | undefined {
    const { aftermath, view } = this.#options
    if (aftermath.keeper.isFull && fillsTrash(operation)) return 'trash-full'
    if (operation.kind !== 'remove') return undefined
    return this.#deletes.refusal(operation, view.tree) === '' ? undefined : 'mass-delete'
  }

  /** What was captured and is not what it should be, or not known to be, must not be kept silent. */
  #tellOf(path: Path, { recovered, recheck }: Carried): void {
    const { remarks, rechecks } = this.#options.aftermath
    if (recovered !== undefined) remarks.add(recoveredRemark(path, recovered))
    if (recheck !== undefined) rechecks.add(recheck)
  }

  /** Brings the view up to date with what was done. */
  #record(operation: Operation, carried: Carried): void {
    const { view, around } = this.#options
    const { path } = operation
    const node = view.nodes.at(parentOf(path))
    if (node === undefined) return
    const name = nameOf(path)
    if (carried.outcome.result === 'done') {
      this.#deletes.done(operation)
      if (operation.kind === 'move') this.#recordMove(operation, node, name)
      else if (operation.kind === 'remove') view.set(path, undefined)
      else this.#recordPut(operation.after, { node, name, path }, carried.stat)
      heedOwnChange(path, around)
    }
    // What a person wrote meanwhile, or what is not known for certain: a look tells.
    if (
      carried.outcome.result !== 'done' ||
      (carried.stat === undefined && operation.kind === 'put' && operation.after.kind === 'file')
    ) {
      around.dirty.note(node, name, 'closed')
    }
  }

  #recordMove(operation: Operation & { kind: 'move' }, parent: DirectoryNode, name: string): void {
    const { view, around } = this.#options
    const moved = view.nodes.at(operation.from)
    if (moved === undefined) return
    heedMove(view.moveNode(moved, parent, name, false), around)
    for (const below of view.nodes.below(moved)) around.relist(below, !around.watcher.traits.followsMoves)
  }

  #recordPut(
    after: Entry,
    place: { readonly node: DirectoryNode; readonly name: string; readonly path: Path },
    stat: Stat | undefined,
  ): void {
    const { view, around } = this.#options
    view.tree = withShallow(view.tree, place.path, after)
    if (stat === undefined) return
    if (after.kind === 'file') view.setIdentity(place.node, place.name, stat)
    if (!isDirectory(after)) return
    const known = place.node.children?.get(place.name)
    const entered = view.enter(place.node, place.name, stat)
    // Watched at once, so that what is put into it next is not missed; listed, because somebody may have been quicker.
    if (entered !== known) for (const _ of relistDirectory(entered, around)) continue
  }

  /** A directory that could not be removed is kept for what is untracked in it, or holds something new. */
  #outcome(operation: Operation, carried: Carried): Outcome {
    const { outcome } = carried
    if (outcome.result !== 'kept') return outcome
    const { view } = this.#options
    if (holdsSynced(view.entryAt(operation.path))) return { result: 'stale', path: operation.path }
    view.set(operation.path, keptEntry)
    return outcome
  }

  /** Other sessions of the root hear of it as of any change. */
  #tellOthers(attachment: Attachment, operations: readonly Operation[], outcomes: readonly Outcome[]): void {
    const { attachments, view } = this.#options
    const done = operations.filter((_, i) => outcomes[i]?.result === 'done' || outcomes[i]?.result === 'kept')
    if (done.length === 0) return
    const moves = done.flatMap(operation =>
      operation.kind === 'move' ? [{ from: operation.from, to: operation.path }] : [],
    )
    attachments.tellOthers(attachment, {
      type: 'changed',
      tree: view.tree,
      paths: done.map(({ path }) => path),
      moves,
      contents: new Map(),
    })
  }
}
