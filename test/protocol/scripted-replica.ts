import type { ReplicaCommand, ReplicaEvent, ReplicaFacts } from '../../lib/core/messages.ts'
import { noneTracked } from '../../lib/core/messages.ts'
import type { Move, Operation, Outcome } from '../../lib/core/operation.ts'
import type { Path } from '../../lib/core/path.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { emptyTree } from '../../lib/core/tree.ts'
import type { OpenReplica, Replica, ReplicaListener } from '../../lib/ports/replica.ts'
import { withOutcomes } from '../../lib/protocol/mirror.ts'

export const facts: ReplicaFacts = {
  host: 'mac00',
  bootId: 'boot-1',
  caseSensitive: true,
  normalising: false,
  swap: 'exchange',
  watcher: 'inotify',
  staging: 'home',
  created: false,
}

/** A replica that does what a test says: it holds a tree, tells of changes, and carries operations out on the tree alone. */
export class ScriptedReplica implements Replica {
  tree: Tree
  readonly commands: ReplicaCommand[] = []
  closes = 0
  /** What becomes of each operation. */
  outcome: (operation: Operation) => Outcome = operation => ({ result: 'done', path: operation.path })
  /** Called for each command, after it was noted and before it is answered. */
  onCommand: (command: ReplicaCommand) => void = () => {}
  readonly opened: Promise<void>
  #listener: ReplicaListener | undefined
  #wasOpened = (): void => {}

  constructor(tree: Tree = emptyTree) {
    this.tree = tree
    this.opened = new Promise(resolve => {
      this.#wasOpened = resolve
    })
  }

  /** `ready` is told in a later turn, unless a test tells it itself. */
  opener(ready = true): OpenReplica {
    return (_baseline, listener) => {
      this.#listener = listener
      this.#wasOpened()
      if (ready) setImmediate(() => this.ready())
      return this
    }
  }

  ready(): void {
    this.tell({ type: 'ready', tree: this.tree, facts, tracked: noneTracked })
  }

  tell(event: ReplicaEvent): void {
    if (this.closes === 0) this.#listener?.(event)
  }

  /** The tree became another, as told by these paths and moves. */
  change(tree: Tree, paths: readonly Path[] = [], moves: readonly Move[] = []): void {
    this.tree = tree
    this.tell({ type: 'changed', tree, paths, moves, contents: new Map() })
  }

  send(command: ReplicaCommand): void {
    this.commands.push(command)
    this.onCommand(command)
    setImmediate(() => this.#answer(command))
  }

  async close(): Promise<void> {
    this.closes++
  }

  #answer(command: ReplicaCommand): void {
    if (command.type === 'apply') {
      const outcomes = command.operations.map(operation => this.outcome(operation))
      this.tree = withOutcomes(this.tree, command.operations, outcomes)
      this.tell({ type: 'outcomes', batch: command.batch, tree: this.tree, outcomes })
    }
    if (command.type === 'fence') this.tell({ type: 'fenced', id: command.id, waiting: [] })
    if (command.type === 'checkpoint') this.tell({ type: 'durable', id: command.id })
  }
}
