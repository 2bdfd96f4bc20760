import type { DatabaseSync } from 'node:sqlite'
import { codeOf, invariant } from '../core/errors.ts'
import type { Boots } from '../ports/store.ts'
import type { ThreadPort } from '../ports/worker.ts'
import { encodeMessage } from '../protocol/message.ts'
import { copyAside, isRefusal, moveAside, openDatabase, resultCode } from './store-database.ts'
import { linesOf } from './store-lines.ts'
import type {
  Loaded,
  StoreData,
  StoreFailure,
  StoreLoad,
  StoreOrder,
  StoreReport,
  StoreRequest,
  StoreWrite,
} from './store-messages.ts'
import { damage } from './store-rows.ts'
import { SessionTable } from './store-sessions.ts'

/** The thread in which the database is read and written, so that the event loop never waits for it. Whoever started it ends it. */
export function runStoreWorker(port: ThreadPort, data: unknown): void {
  invariant(isStoreData(data), 'A store thread is started with the file it is to open')
  const thread = new StoreThread(port, data)
  port.listen(order => thread.take(order as StoreOrder))
}

function isStoreData(data: unknown): data is StoreData {
  return typeof data === 'object' && data !== null && 'file' in data
}

/** Rows in one message: a millisecond or two of work for the event loop. */
const rowsAtOnce = 1024

/** Row messages under way to a main thread that has not taken them yet. */
const messagesUnderWay = 4

/** Journal lines folded in one transaction: bounds the write-ahead log. All lines up to a mark are durable, so folding them in steps is safe. */
const foldedAtOnce = 20_000

/** Requests kept for another try while the disk is full; with more, the sessions have to load again. */
const heldRequests = 10_000

class StoreThread {
  readonly #port: ThreadPort
  readonly #file: string
  #database: DatabaseSync
  #sessions: SessionTable
  /** Sessions that have loaded from this very file; others must, before they write. */
  readonly #loaded = new Set<string>()
  /** What stood in the file before could not be used: told to each session at its first load. */
  #replaced: boolean
  /** Writes the disk refused, for the next try. */
  #held: StoreWrite[] = []
  readonly #orders: (StoreOrder & { readonly type: 'batch' })[] = []
  #working = false
  #underWay = 0
  #taken = (): void => {}

  constructor(port: ThreadPort, { file }: StoreData) {
    this.#port = port
    this.#file = file
    const { database, damaged } = openDatabase(file)
    this.#database = database
    this.#replaced = damaged
    try {
      this.#sessions = new SessionTable(database)
    } catch (error) {
      if (isRefusal(error)) throw error
      this.#sessions = this.#replace()
    }
  }

  take(order: StoreOrder): void {
    if (order.type === 'taken') {
      this.#underWay--
      return this.#taken()
    }
    if (order.type === 'close') {
      this.#database.close()
      return this.#report({ type: 'closed' })
    }
    this.#orders.push(order)
    if (!this.#working) void this.#work()
  }

  async #work(): Promise<void> {
    this.#working = true
    for (let order = this.#orders.shift(); order !== undefined; order = this.#orders.shift()) {
      let failure: StoreFailure | undefined
      try {
        await this.#batch(order.requests)
      } catch (error) {
        failure = failureOf(error)
      }
      this.#report({ type: 'done', batch: order.batch, failure })
    }
    this.#working = false
  }

  async #batch(requests: readonly StoreRequest[]): Promise<void> {
    let writes = this.#held.splice(0)
    for (const request of requests) {
      if (request.do === 'load') {
        await this.#load(request, writes)
        writes = this.#held.splice(0)
      } else writes.push(request)
    }
    this.#write(writes)
  }

  /** Carries writes out in their order, in as few transactions as may be. What the disk refuses is kept for the next try. */
  #write(ordered: readonly StoreWrite[]): void {
    const writes = ordered.filter(({ session }) => this.#loaded.has(session))
    let done = 0
    try {
      while (done < writes.length) {
        const write = writes[done]
        let end = done + 1
        if (write?.do === 'fold') while (this.#transaction(() => this.#fold(write)));
        else {
          while (end < writes.length && writes[end]?.do !== 'fold') end++
          this.#transaction(() => {
            for (const each of writes.slice(done, end)) if (each.do !== 'fold') this.#apply(each)
          })
        }
        done = end
      }
    } catch (error) {
      this.#refused(error, writes.slice(done))
      throw error
    }
    const stray = ordered.find(({ session }) => !this.#loaded.has(session))
    if (stray !== undefined) throw damage(`${stray.session} has to load again before it writes`)
  }

  #fold({ session, mark }: StoreWrite & { readonly do: 'fold' }): boolean {
    return this.#sessions.fold(session, mark, foldedAtOnce)
  }

  #apply(write: Exclude<StoreWrite, { readonly do: 'fold' }>): void {
    switch (write.do) {
      case 'append':
        return this.#sessions.append(write.session, write.first, linesOf(write.lines))
      case 'save-conflict':
        return this.#sessions.saveConflict(write.session, write.path, write.body)
      case 'remove-conflict':
        return this.#sessions.removeConflict(write.session, write.path)
      case 'clear':
        return this.#sessions.clear(write.session)
    }
  }

  #transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#sessions.save()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#rollBack()
      throw error
    }
  }

  #rollBack(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
    this.#sessions.reread()
  }

  /** A disk that is full may have room later. Anything else than that: what memory and file hold has parted, so load again. */
  #refused(error: unknown, writes: readonly StoreWrite[]): void {
    if (isRefusal(error) && writes.length <= heldRequests) this.#held = [...writes]
    else for (const { session } of writes) this.#loaded.delete(session)
    if (resultCode(error) !== undefined && !isRefusal(error)) this.#replace()
  }

  /** The file is damaged: moves it aside and begins an empty one. */
  #replace(): SessionTable {
    if (this.#database.isOpen) this.#database.close()
    moveAside(this.#file)
    this.#database = openDatabase(this.#file).database
    this.#sessions = new SessionTable(this.#database)
    this.#replaced = true
    this.#loaded.clear()
    this.#held = []
    return this.#sessions
  }

  async #load(request: StoreLoad, before: readonly StoreWrite[]): Promise<void> {
    const { load, session, boots } = request
    try {
      this.#write(before)
      const found = request.distrusted ? this.#condemn(request) : await this.#find(request)
      const damaged = found === undefined || (this.#replaced && !this.#loaded.has(session))
      this.#loaded.add(session)
      this.#report({ type: 'loaded', load, found: { ...(found ?? this.#foundAnew(session, boots)), damaged } })
    } catch (error) {
      this.#report({ type: 'unloaded', load, failure: failureOf(error) })
    }
  }

  /** Sends the session's rows and returns what else there is; undefined when it was damaged and is forgotten. */
  async #find(request: StoreLoad): Promise<Omit<Loaded, 'damaged'> | undefined> {
    const { session, boots } = request
    try {
      this.#transaction(() => this.#sessions.begin(session, boots))
      this.#database.exec('BEGIN')
      const found = this.#sessions.found(session)
      for (const flat of this.#sessions.rows(session, rowsAtOnce)) await this.#send(request.load, flat)
      this.#rollBack()
      return found
    } catch (error) {
      if (this.#database.isTransaction) this.#rollBack()
      if (isRefusal(error)) throw error
      return this.#condemn(request)
    }
  }

  /** Forgets a damaged session, with a copy of the file beside it; the whole file where even that cannot be done. */
  #condemn({ session }: StoreLoad): undefined {
    try {
      copyAside(this.#database, this.#file)
      this.#transaction(() => this.#sessions.clear(session))
    } catch (error) {
      if (isRefusal(error)) throw error
      this.#replace()
    }
    return undefined
  }

  #foundAnew(session: string, boots: Boots): Omit<Loaded, 'damaged'> {
    return this.#transaction(() => {
      this.#sessions.begin(session, boots)
      return this.#sessions.found(session)
    })
  }

  async #send(load: number, flat: unknown[]): Promise<void> {
    const message = encodeMessage(['rows', flat])
    this.#port.post({ type: 'rows', load, message } satisfies StoreReport, [message.buffer])
    this.#underWay++
    while (this.#underWay >= messagesUnderWay) {
      await new Promise<void>(resolve => {
        this.#taken = resolve
      })
    }
  }

  #report(report: StoreReport): void {
    this.#port.post(report)
  }
}

/** SQLITE_FULL. */
const full = 13

function failureOf(error: unknown): StoreFailure {
  const sqlite = resultCode(error)
  const code = sqlite === undefined ? (codeOf(error) ?? 'EIO') : sqlite === full ? 'ENOSPC' : 'EIO'
  return { code, message: error instanceof Error ? error.message : String(error) }
}
