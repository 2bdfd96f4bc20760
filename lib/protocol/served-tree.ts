import type { ReplicaEvent } from '../core/messages.ts'
import { batchBytes } from '../core/limits.ts'
import type { Content, Operation } from '../core/operation.ts'
import { isFile } from '../core/operation.ts'
import type { Digest } from '../core/entry.ts'
import type { Path } from '../core/path.ts'
import type { Tree } from '../core/tree.ts'
import { at, emptyTree } from '../core/tree.ts'
import type { WireEvent } from './codec-event.ts'
import { eventCodec } from './codec-event.ts'
import type { Message } from './message.ts'
import { exactChanges, withMoves, withOutcomes } from './mirror.ts'
import { rowMessages } from './rows.ts'
import { digestSteps, markOf } from './tree-digest.ts'

/**
 * The tree as the other end's mirror has it once everything sent so far is read: makes events into messages that
 * bring the mirror on. Events are made into messages in their order, each when its turn to be sent has come.
 */
export class ServedTree {
  readonly #operations = new Map<number, readonly Operation[]>()
  #tree: Tree = emptyTree

  get tree(): Tree {
    return this.#tree
  }

  /** The mirror starts from this snapshot. */
  begin(tree: Tree): void {
    this.#tree = tree
  }

  /** Operations whose outcomes will come under this batch number: the mirror knows them too. */
  expect(batch: number, operations: readonly Operation[]): void {
    this.#operations.set(batch, operations)
  }

  /** True when the mirror knows this file: nothing else is read for it. */
  announced(path: Path, digest: Digest): boolean {
    const entry = at(this.#tree, path)
    return isFile(entry) && entry.digest === digest
  }

  /** What has to be sent for an event; undefined where others may take a turn. */
  *messages(event: ReplicaEvent): Generator<Message | undefined, void, undefined> {
    switch (event.type) {
      case 'ready': {
        const { tree, facts, tracked } = event
        yield* digestSteps(tree.children)
        return yield wire({ type: 'ready', mark: markOf(tree), facts, tracked })
      }
      case 'changed': {
        const { tree, paths, moves, contents } = event
        yield* this.#bring(withMoves(this.#tree, moves), tree)
        return yield wire({ type: 'changed', paths, moves, contents: upToBatchBytes(contents) })
      }
      case 'outcomes': {
        const { tree, batch, outcomes } = event
        const operations = this.#operations.get(batch) ?? []
        this.#operations.delete(batch)
        yield* this.#bring(withOutcomes(this.#tree, operations, outcomes), tree)
        return yield wire({ type: 'outcomes', batch, outcomes })
      }
      case 'fenced': {
        const { id, waiting } = event
        yield* digestSteps(this.#tree.children)
        return yield wire({ type: 'fenced', id, waiting, mark: markOf(this.#tree) })
      }
      default:
        yield wire(event)
    }
  }

  /** Rows for all in which the tree is not what the mirror will work out by itself. */
  *#bring(expected: Tree, tree: Tree): Generator<Message, void, undefined> {
    this.#tree = tree
    yield* rowMessages(exactChanges(expected, tree))
  }
}

function wire(event: WireEvent): Message {
  return eventCodec.encode(event) as Message
}

/** Contents only save a round trip: what goes beyond the bound is read when it is wanted. */
function upToBatchBytes(contents: ReadonlyMap<Digest, Content>): ReadonlyMap<Digest, Content> {
  let total = 0
  return new Map([...contents].filter(([, content]) => (total += content.bytes.length) <= batchBytes))
}
