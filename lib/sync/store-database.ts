import { copyFileSync, existsSync, renameSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** Marks the file as ours ('dsyn'), and as of this schema. Another schema is as good as damage: content is compared anew. */
const applicationId = 0x6473796e
const schemaVersion = 1

/**
 * One row an entry, below its directory's number: a move of a directory changes one row, whatever is in it. `sum` is a
 * checksum over the row. `session` keeps the sum of its rows' sums, so that a lost or foreign row is noticed too.
 */
const schema = `
  CREATE TABLE session(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, alpha TEXT, beta TEXT,
    root INTEGER, entries INTEGER NOT NULL, sums INTEGER NOT NULL,
    folded INTEGER NOT NULL, last INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT;
  CREATE TABLE entry(
    parent INTEGER NOT NULL, name ANY NOT NULL, id INTEGER, kind INTEGER NOT NULL, mode INTEGER, size INTEGER,
    content ANY, sum INTEGER NOT NULL, PRIMARY KEY(parent, name)) WITHOUT ROWID, STRICT;
  CREATE TABLE journal(
    session INTEGER NOT NULL, line INTEGER NOT NULL, kind INTEGER NOT NULL, path ANY NOT NULL, mode INTEGER, size INTEGER,
    content ANY, sum INTEGER NOT NULL, PRIMARY KEY(session, line)) WITHOUT ROWID, STRICT;
  CREATE TABLE conflict(
    session INTEGER NOT NULL, path ANY NOT NULL, body BLOB NOT NULL, sum INTEGER NOT NULL,
    PRIMARY KEY(session, path)) WITHOUT ROWID, STRICT;
  CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID, STRICT;
  INSERT INTO counter VALUES('directory', 1);
`

export interface OpenedDatabase {
  readonly database: DatabaseSync
  /** What was there could not be used and was moved aside. */
  readonly damaged: boolean
}

/** Primary result codes of SQLite by which the system refuses, whatever the file holds: PERM, BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN. */
const refusals: readonly (number | undefined)[] = [3, 5, 6, 7, 8, 10, 13, 14]

/** Opens the database, made anew where there is none or where what is there fails its check; that is moved aside, never deleted. */
export function openDatabase(file: string): OpenedDatabase {
  const existed = existsSync(file)
  if (existed) {
    const database = statSync(file).size === 0 ? undefined : openChecked(file)
    if (database !== undefined) return { database, damaged: false }
    moveAside(file)
  }
  const database = configured(new DatabaseSync(file))
  database.exec(
    `BEGIN; ${schema} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}; COMMIT`,
  )
  return { database, damaged: existed }
}

/** The database that is there, unless it is damaged or not one of ours. */
function openChecked(file: string): DatabaseSync | undefined {
  const database = new DatabaseSync(file)
  try {
    configured(database)
    if (isOurs(database) && pragma(database, 'quick_check(1)') === 'ok') return database
  } catch (error) {
    if (isRefusal(error)) {
      database.close()
      throw error
    }
  }
  database.close()
  return undefined
}

/** True when the tables are exactly those this version makes. */
function isOurs(database: DatabaseSync): boolean {
  if (pragma(database, 'application_id') !== applicationId || pragma(database, 'user_version') !== schemaVersion)
    return false
  const model = new DatabaseSync(':memory:')
  model.exec(schema)
  const same = schemaOf(database) === schemaOf(model)
  model.close()
  return same
}

function schemaOf(database: DatabaseSync): string {
  return JSON.stringify(database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all())
}

function configured(database: DatabaseSync): DatabaseSync {
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 1000; PRAGMA cache_size = -16384; PRAGMA journal_size_limit = 67108864',
  )
  return database
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]
}

/** Moves a database that is closed out of the way, under a name that says when. */
export function moveAside(file: string): void {
  const aside = freeName(file)
  for (const part of ['', '-wal', '-shm']) if (existsSync(file + part)) renameSync(file + part, aside + part)
}

/** Copies an open database beside itself, for whoever wants to know what was wrong with it. */
export function copyAside(database: DatabaseSync, file: string): void {
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  copyFileSync(file, freeName(file))
}

function freeName(file: string): string {
  const name = `${file}.damaged-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
  for (let n = 1; ; n++) {
    const free = n === 1 ? name : `${name}-${n}`
    if (!existsSync(free)) return free
  }
}

/**
 * True when the system keeps SQLite from reading or writing for now; any other error while the file is read means that
 * it is not what was written. Source: https://sqlite.org/rescode.html.
 */
export function isRefusal(error: unknown): boolean {
  return refusals.includes(resultCode(error))
}

/** SQLite's primary result code of a thrown value; undefined for an error of another kind. */
export function resultCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}
