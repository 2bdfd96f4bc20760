import type { SyncError } from '../core/errors.ts'
import { codeOf, invariant } from '../core/errors.ts'
import type { Path } from '../core/path.ts'
import type { Tree } from '../core/tree.ts'
import { emptyTree } from '../core/tree.ts'
import type { AncestorChange, Boots, SessionStore, StoredConflict } from '../ports/store.ts'
import type { StartWorker } from '../ports/worker.ts'
import { decodeMessage } from '../protocol/message.ts'
import { RowReader } from '../protocol/row-reader.ts'
import { decodeConflict, encodeConflict } from './store-conflict.ts'
import { flatLines } from './store-lines.ts'
import { StoreThread } from './store-thread.ts'

export interface SqliteStoreOptions {
  /** Absolute path of the database, which may hold many sessions. Its directory must be there. */
  readonly file: string
  /** The session's name in it. One store at a time may be open for a session. */
  readonly session: string
  readonly startWorker: StartWorker
}

/** Threads of the databases that are open in this process: the sessions of one file share one. */
const threads = new Map<string, { readonly thread: StoreThread; users: number }>()

/**
 * The store of one session in a SQLite database, read and written by a thread of its own. What is appended in one turn
 * is one transaction. A file that fails its checks is moved aside as `FILE.damaged-TIME`, never deleted.
 */
export function openSqliteStore({ file, session, startWorker }: SqliteStoreOptions): SessionStore {
  const shared = threads.get(file) ?? { thread: new StoreThread(file, startWorker), users: 0 }
  shared.users++
  threads.set(file, shared)
  return new SqliteStore(shared.thread, session, async () => {
    if (--shared.users > 0) return
    threads.delete(file)
    await shared.thread.close()
  })
}

interface Read extends Awaited<ReturnType<SessionStore['load']>> {
  readonly last: number
}

class SqliteStore implements SessionStore {
  readonly #thread: StoreThread
  readonly #session: string
  readonly #release: () => Promise<void>
  readonly #stopListening: () => void
  #loaded = false
  #closed = false
  /** The journal's end as marks count it: never goes back, also when the file is found to hold less. */
  #last = 0
  /** What a mark is ahead of the same line's number in the file. */
  #ahead = 0
  #failure: SyncError | undefined

  constructor(thread: StoreThread, session: string, release: () => Promise<void>) {
    this.#thread = thread
    this.#session = session
    this.#release = release
    this.#stopListening = thread.onFailure(error => {
      this.#failure ??= error
    })
  }

  async load(boots: Boots): ReturnType<SessionStore['load']> {
    const found = (await this.#read(boots, false)) ?? (await this.#read(boots, true))
    invariant(found !== undefined, 'A session that was forgotten reads as empty')
    this.#loaded = true
    this.#last = Math.max(this.#last, found.last)
    this.#ahead = this.#last - found.last
    return { ancestor: found.ancestor, conflicts: found.conflicts, damaged: found.damaged }
  }

  append(changes: readonly AncestorChange[]): void {
    this.#expectLoaded()
    if (changes.length === 0) return
    const first = this.#last + 1 - this.#ahead
    this.#thread.order({ do: 'append', session: this.#session, first, lines: flatLines(changes) })
    this.#last += changes.length
  }

  fold(mark: number): void {
    this.#expectLoaded()
    this.#thread.order({ do: 'fold', session: this.#session, mark: mark - this.#ahead })
  }

  mark(): number {
    return this.#last
  }

  saveConflict(conflict: StoredConflict): void {
    this.#expectLoaded()
    const body = encodeConflict(conflict)
    this.#thread.order({ do: 'save-conflict', session: this.#session, path: conflict.path, body })
  }

  removeConflict(path: Path): void {
    this.#expectLoaded()
    this.#thread.order({ do: 'remove-conflict', session: this.#session, path })
  }

  clear(): void {
    this.#expectLoaded()
    this.#thread.order({ do: 'clear', session: this.#session })
  }

  async settled(): Promise<void> {
    await this.#thread.settled()
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#loaded = false
    try {
      await this.settled()
    } finally {
      this.#stopListening()
      await this.#release()
    }
  }

  /** What the file holds; undefined when its checksums are right but it makes no tree or no conflicts all the same. */
  async #read(boots: Boots, distrusted: boolean): Promise<Read | undefined> {
    const known = (): undefined => undefined
    let tree: Tree | undefined
    const reader = new RowReader({
      known,
      item: item => {
        if (item.is === 'entry' && item.entry.kind === 'directory') tree = item.entry
      },
    })
    let failure: unknown
    const found = await this.#thread.load({ session: this.#session, boots, distrusted }, message => {
      try {
        if (failure === undefined) reader.read(decodeMessage(message)[1])
      } catch (error) {
        failure = error
      }
    })
    if (found.damaged) return { ancestor: undefined, conflicts: [], damaged: true, last: found.last }
    try {
      if (failure !== undefined) throw failure
      reader.end()
      const conflicts = found.conflicts.map(({ path, body }) => decodeConflict(path, body))
      return { ancestor: found.ancestor ? (tree ?? emptyTree) : undefined, conflicts, damaged: false, last: found.last }
    } catch (error) {
      if (codeOf(error) !== 'PROTOCOL') throw error
      return undefined
    }
  }

  #expectLoaded(): void {
    invariant(this.#loaded, `The store of ${this.#session} is written to before it was loaded, or after it was closed`)
  }
}
