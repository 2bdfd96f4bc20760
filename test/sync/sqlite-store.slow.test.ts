import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { openSqliteStore } from '../../lib/sync/sqlite-store.ts'
import type { SessionStore } from '../../lib/ports/store.ts'
import type { StoreHome } from '../contract/store-home.ts'
import { storeSuite } from '../contract/store-suite.ts'
import { startWorker } from '../worker.ts'

function change(file: string, sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

function withBytes(file: string, alter: (bytes: Buffer) => void): void {
  const bytes = readFileSync(file)
  alter(bytes)
  writeFileSync(file, bytes)
}

function ways(file: string): Readonly<Record<string, () => void>> {
  return {
    'cut short': () => truncateSync(file, readFileSync(file).length / 2),
    emptied: () => truncateSync(file, 0),
    'overwritten with something else': () => writeFileSync(file, 'not a database at all\n'.repeat(1000)),
    'a page of noise': () => withBytes(file, bytes => void bytes.fill(0xa5, 8192, 12288)),
    'a bit of one digest': () =>
      withBytes(file, bytes => {
        const at = bytes.lastIndexOf(Buffer.from('f123'))
        bytes[at + 20] = (bytes[at + 20] ?? 0) ^ 1
      }),
    'a row lost': () => change(file, "DELETE FROM entry WHERE name = 'f7'"),
    'a row changed': () => change(file, "UPDATE entry SET size = size + 1 WHERE name = 'f7'"),
    'a row from elsewhere': () =>
      change(file, "INSERT INTO entry SELECT parent, 'new', id, kind, mode, size, content, sum FROM entry LIMIT 1"),
    'a journal line lost': () => change(file, 'DELETE FROM journal'),
    'a journal line changed': () => change(file, "UPDATE journal SET path = 'k'"),
    'a conflict changed': () => change(file, 'UPDATE conflict SET body = zeroblob(20)'),
    'the session changed': () => change(file, 'UPDATE session SET folded = 0'),
    'a table gone': () => change(file, 'DROP TABLE journal'),
    'another schema': () => change(file, 'PRAGMA user_version = 99'),
    "another program's": () => change(file, 'PRAGMA application_id = 1'),
  }
}

/** One database a test, whose thread a session of its own keeps alive from store to store: threads start slowly. */
class Place {
  readonly directory = mkdtempSync(join(tmpdir(), 'dsync-store-'))
  readonly file = join(this.directory, 'dsync.db')
  homes = 0
  #keeper: SessionStore | undefined
  readonly #opened: SessionStore[] = []

  open(session: string): SessionStore {
    this.#keeper ??= openSqliteStore({ file: this.file, session: 'keeper', startWorker })
    const store = openSqliteStore({ file: this.file, session, startWorker })
    this.#opened.push(store)
    return store
  }

  /** Lets go of the file: also of stores that a failed test has left open, for their thread would keep this process alive. */
  async leave(): Promise<void> {
    await Promise.allSettled(this.#opened.splice(0).map(store => store.close()))
    await this.#keeper?.close()
    this.#keeper = undefined
  }
}

const places = new WeakMap<TestContext, Place>()

function placeOf(t: TestContext): Place {
  const known = places.get(t)
  if (known !== undefined) return known
  const place = new Place()
  places.set(t, place)
  t.after(async () => {
    await place.leave()
    rmSync(place.directory, { recursive: true, force: true })
  })
  return place
}

function makeHome(t: TestContext): StoreHome {
  const place = placeOf(t)
  const session = `r${++place.homes}/mac00`
  const damages = Object.entries(ways(place.file)).map(([name, damage]) => {
    const spoil = async (): Promise<void> => {
      await place.leave()
      damage()
    }
    return [name, spoil] as const
  })
  return { open: () => place.open(session), damages: Object.fromEntries(damages) }
}

storeSuite('the store in SQLite', makeHome)
