import type { DatabaseSync } from 'node:sqlite'
import { invariant } from '../core/errors.ts'
import type { Boots } from '../ports/store.ts'
import type { Line } from './store-lines.ts'
import { lineKind } from './store-lines.ts'
import type { Loaded } from './store-messages.ts'
import type { EntryColumns, StoredText } from './store-rows.ts'
import { Query, columnsOf, damage, entryOf, rowSum, storedText, textOf } from './store-rows.ts'
import type { TreeState } from './store-tree.ts'
import { EntryTable } from './store-tree.ts'

/** A session's row: its durable tree, and where its journal stands. */
interface Session extends TreeState {
  readonly id: number
  readonly name: string
  alpha: string | null
  beta: string | null
  /** The last line that is in the tree, or was dropped. */
  folded: number
  /** The last line of the journal. */
  last: number
}

interface SessionRow extends Session {
  readonly sum: number
}

interface JournalRow extends EntryColumns {
  readonly line: number
  readonly path: StoredText
  readonly sum: number
}

/** Journal lines held in memory while they are brought into the tree. */
const linesAtOnce = 10_000

const sessionColumns = 'id, name, alpha, beta, root, entries, sums, folded, last, sum'
const journalColumns = 'line, kind, path, mode, size, content, sum'

/** All that the database holds, session by session. Throws STORE_DAMAGED when it cannot be. Every method but `rows` is to be called within a transaction. */
export class SessionTable {
  readonly #entries: EntryTable
  readonly #all: Query<SessionRow>
  readonly #make: Query<never>
  readonly #update: Query<never>
  readonly #lines: Query<JournalRow>
  readonly #addLine: Query<never>
  readonly #dropLines: Query<never>
  readonly #conflicts: Query<{ readonly path: StoredText; readonly body: Uint8Array; readonly sum: number }>
  readonly #putConflict: Query<never>
  readonly #dropConflict: Query<never>
  readonly #dropConflicts: Query<never>
  readonly #known = new Map<string, Session>()
  /** Sessions that the present transaction may have changed. */
  readonly #touched = new Set<Session>()

  constructor(database: DatabaseSync) {
    this.#entries = new EntryTable(database)
    this.#all = new Query(database, `SELECT ${sessionColumns} FROM session`)
    this.#make = new Query(
      database,
      'INSERT INTO session(name, entries, sums, folded, last, sum) VALUES(?, 0, 0, 0, 0, 0)',
    )
    this.#update = new Query(
      database,
      'UPDATE session SET alpha = ?, beta = ?, root = ?, entries = ?, sums = ?, folded = ?, last = ?, sum = ? WHERE id = ?',
    )
    this.#lines = new Query(
      database,
      `SELECT ${journalColumns} FROM journal WHERE session = ? AND line > ? AND line <= ? ORDER BY line LIMIT ?`,
    )
    this.#addLine = new Query(database, 'INSERT INTO journal VALUES(?, ?, ?, ?, ?, ?, ?, ?)')
    this.#dropLines = new Query(database, 'DELETE FROM journal WHERE session = ? AND line <= ?')
    this.#conflicts = new Query(database, 'SELECT path, body, sum FROM conflict WHERE session = ?')
    this.#putConflict = new Query(database, 'INSERT OR REPLACE INTO conflict VALUES(?, ?, ?, ?)')
    this.#dropConflict = new Query(database, 'DELETE FROM conflict WHERE session = ? AND path = ?')
    this.#dropConflicts = new Query(database, 'DELETE FROM conflict WHERE session = ?')
    this.reread()
  }

  /** After a rollback nothing remembered holds. Throws STORE_DAMAGED. */
  reread(): void {
    this.#known.clear()
    this.#touched.clear()
    for (const { sum, ...session } of this.#all.all()) {
      if (sum !== sessionSum(session) || this.#known.has(session.name))
        throw damage('a session is not what was written')
      this.#known.set(session.name, session)
    }
    this.#entries.reread()
  }

  /** Writes what the methods before changed in sessions. The last thing in a transaction. */
  save(): void {
    this.#entries.save()
    for (const session of this.#touched) {
      const { id, alpha, beta, root, entries, sums, folded, last } = session
      this.#update.run(alpha, beta, root, entries, sums, folded, last, sessionSum(session), id)
    }
    this.#touched.clear()
  }

  append(name: string, first: number, lines: Iterable<Line>): void {
    const session = this.#session(name)
    invariant(first === session.last + 1, `Cannot add line ${first} to a journal that ends at line ${session.last}`)
    for (const line of lines) {
      session.last++
      const path = storedText(line.path)
      const columns =
        'entry' in line
          ? columnsOf(line.entry)
          : { kind: line.kind, mode: null, size: null, content: 'to' in line ? storedText(line.to) : null }
      const { kind, mode, size, content } = columns
      this.#addLine.run(
        session.id,
        session.last,
        kind,
        path,
        mode,
        size,
        content,
        lineSum({ ...columns, line: session.last, path }),
      )
    }
  }

  /** Brings up to `limit` journal lines that are not after the mark into the tree; true when there are more of them. */
  fold(name: string, mark: number, limit: number): boolean {
    const session = this.#session(name)
    const end = Math.min(mark, session.last)
    if (end <= session.folded) return false
    this.#replay(session, end, limit)
    this.#dropLines.run(session.id, session.folded)
    return session.folded < end
  }

  saveConflict(name: string, path: string, body: Uint8Array): void {
    const key = storedText(path)
    this.#putConflict.run(this.#session(name).id, key, body, rowSum('conflict', key, body))
  }

  removeConflict(name: string, path: string): void {
    this.#dropConflict.run(this.#session(name).id, storedText(path))
  }

  clear(name: string): void {
    const session = this.#session(name)
    this.#entries.clear(session)
    this.#dropConflicts.run(session.id)
    this.#dropJournal(session)
  }

  /** From now on the journal is written under these boots; what was written under others is dropped. */
  begin(name: string, boots: Boots): void {
    const session = this.#session(name)
    if (session.alpha !== boots.alpha || session.beta !== boots.beta) this.#dropJournal(session)
    session.alpha = boots.alpha
    session.beta = boots.beta
  }

  /**
   * The tree with the whole journal in it, as lists of rows. Changes the tables: the transaction must be rolled back.
   * Throws STORE_DAMAGED.
   */
  *rows(name: string, count: number): Generator<unknown[], void, undefined> {
    const session = this.#session(name)
    while (session.folded < session.last) this.#replay(session, session.last, linesAtOnce)
    yield* this.#entries.rows(session, count)
  }

  found(name: string): Omit<Loaded, 'damaged'> {
    const session = this.#session(name)
    const conflicts = this.#conflicts.all(session.id).map(({ path, body, sum }) => {
      if (sum !== rowSum('conflict', path, body)) throw damage('a conflict is not what was written')
      return { path: textOf(path), body }
    })
    return { ancestor: session.root !== null || session.last > session.folded, last: session.last, conflicts }
  }

  /** Applies journal lines to the tree, up to `end`, at most `limit` and at least one. */
  #replay(session: Session, end: number, limit: number): void {
    const rows = this.#lines.all(session.id, session.folded, end, limit)
    if (rows.length === 0) throw damage('journal lines are missing')
    for (const row of rows) {
      if (row.line !== session.folded + 1 || row.sum !== lineSum(row))
        throw damage('a journal line is not what was written')
      const path = textOf(row.path)
      if (row.kind === lineKind.move) this.#entries.move(session, path, textOf(row.content ?? ''))
      else this.#entries.set(session, path, row.kind === lineKind.gone ? undefined : entryOf(row))
      session.folded = row.line
    }
  }

  #dropJournal(session: Session): void {
    this.#dropLines.run(session.id, session.last)
    session.folded = session.last
  }

  /** The session of that name, made when there is none. */
  #session(name: string): Session {
    const session = this.#known.get(name) ?? this.#made(name)
    this.#touched.add(session)
    return session
  }

  #made(name: string): Session {
    this.#make.run(name)
    const row = this.#all.all().find(each => each.name === name)
    invariant(row !== undefined, 'A session that was made can be found')
    const { sum: _, ...session } = row
    this.#known.set(name, session)
    return session
  }
}

function sessionSum({ id, name, alpha, beta, root, entries, sums, folded, last }: Session): number {
  return rowSum(JSON.stringify([id, alpha, beta, root, entries, sums, folded, last]), name, null)
}

function lineSum({ line, kind, path, mode, size, content }: Omit<JournalRow, 'sum'>): number {
  return rowSum(`${line} ${kind} ${mode} ${size}`, path, content)
}
