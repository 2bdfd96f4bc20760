import type { Path } from '../../lib/core/path.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { emptyTree, withMove, withShallow } from '../../lib/core/tree.ts'
import { SyncError, invariant } from '../../lib/core/errors.ts'
import type { AncestorChange, Boots, SessionStore, StoredConflict } from '../../lib/ports/store.ts'
import type { SimProcess } from './process.ts'
import type { Random } from './random.ts'

/** What is stored after one transaction. The journal is the first `length` of the storage's lines, from `folded` on. */
interface State {
  readonly durable: Tree | undefined
  readonly folded: number
  readonly length: number
  readonly boots: Boots | undefined
  readonly conflicts: ReadonlyMap<Path, StoredConflict>
}

const empty: State = { durable: undefined, folded: 0, length: 0, boots: undefined, conflicts: new Map() }

/** Transactions that a power cut may undo at most. */
const unsyncedLimit = 12

/**
 * One session's store on a host's disk. Every call of the store is one transaction: a crash of the process loses none,
 * a power cut the last few.
 */
export class SimStorage {
  #state = empty
  #lines: AncestorChange[] = []
  /** States before each of the last transactions, oldest first. */
  #before: State[] = []
  #damaged = false

  /** @param process the process that uses it; its transactions are among the calls that may fail or be its last */
  open(process?: SimProcess): SessionStore {
    return new SimStore(this, process)
  }

  /** The last transactions may be gone, all later ones with each. */
  powerCut(random: Random): void {
    this.#state = this.#before[random.int(this.#before.length + 1)] ?? this.#state
    this.#lines.length = this.#state.length
    this.#before = []
  }

  /** What is stored cannot be read any more. */
  damage(): void {
    this.#damaged = true
  }

  get state(): State {
    return this.#state
  }

  /** Reads what is stored for `load`. After damage nothing is, and that is said once. */
  recover(): { readonly state: State; readonly damaged: boolean } {
    const damaged = this.#damaged
    if (damaged) {
      this.#damaged = false
      this.#state = { ...empty, folded: this.#lines.length, length: this.#lines.length }
      this.#before = []
    }
    return { state: this.#state, damaged }
  }

  commit(change: Partial<State>, lines: readonly AncestorChange[]): void {
    this.#before.push(this.#state)
    if (this.#before.length > unsyncedLimit) this.#before.shift()
    this.#lines.push(...lines)
    this.#state = { ...this.#state, ...change, length: this.#lines.length }
  }

  /** The tree with the journal's lines from one mark up to another on top. */
  replay(tree: Tree | undefined, from: number, to: number): Tree | undefined {
    let result = tree
    for (const change of this.#lines.slice(from, to)) {
      const base = result ?? emptyTree
      result = 'from' in change ? withMove(base, change.from, change.to) : withShallow(base, change.path, change.entry)
    }
    return result
  }
}

/** After a failed write it takes no more until it is read again: a journal with a gap replays to a tree that never was. */
class SimStore implements SessionStore {
  readonly #storage: SimStorage
  readonly #process: SimProcess | undefined
  #failure: SyncError | undefined
  #broken = false
  #closed = false

  constructor(storage: SimStorage, process: SimProcess | undefined) {
    this.#storage = storage
    this.#process = process
  }

  load(boots: Boots): ReturnType<SessionStore['load']> {
    this.#broken = false
    const { state, damaged } = this.#storage.recover()
    const trusted = state.boots?.alpha === boots.alpha && state.boots.beta === boots.beta
    if (!trusted) this.#write({ boots, folded: state.length })
    const ancestor = this.#storage.replay(state.durable, trusted ? state.folded : state.length, state.length)
    return Promise.resolve({ ancestor, conflicts: [...state.conflicts.values()], damaged })
  }

  append(changes: readonly AncestorChange[]): void {
    this.#write({}, changes)
  }

  mark(): number {
    return this.#storage.state.length
  }

  fold(mark: number): void {
    const { durable, folded } = this.#storage.state
    if (mark > folded) this.#write({ durable: this.#storage.replay(durable, folded, mark), folded: mark })
  }

  saveConflict(conflict: StoredConflict): void {
    this.#write({ conflicts: new Map(this.#storage.state.conflicts).set(conflict.path, conflict) })
  }

  removeConflict(path: Path): void {
    const conflicts = new Map(this.#storage.state.conflicts)
    if (conflicts.delete(path)) this.#write({ conflicts })
  }

  clear(): void {
    this.#write({ durable: undefined, folded: this.#storage.state.length, conflicts: new Map() })
  }

  settled(): Promise<void> {
    const failure = this.#failure
    this.#failure = undefined
    return failure === undefined ? Promise.resolve() : Promise.reject(failure)
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }

  #write(change: Partial<State>, lines: readonly AncestorChange[] = []): void {
    invariant(!this.#closed, 'Nobody writes to a store that was closed')
    if (this.#broken) return
    try {
      const commit = (): void => this.#storage.commit(change, lines)
      if (this.#process === undefined) commit()
      else this.#process.faults.call('store', '', commit)
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      this.#failure = error
      this.#broken = true
    }
  }
}
