import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { directory } from '../../lib/core/tree.ts'
import type { SessionStore } from '../../lib/ports/store.ts'
import { openSqliteStore } from '../../lib/sync/sqlite-store.ts'
import { drop, file, lines, put } from '../contract/store-home.ts'
import { startWorker } from '../worker.ts'
import { boots, historyStep, historyTrees } from './store-history.ts'

interface Place {
  readonly folder: string
  readonly database: string
  /** @param file the database, unless it is to be another one */
  open(session: string, file?: string): SessionStore
}

function place(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), 'dsync-store-'))
  const database = join(folder, 'dsync.db')
  const opened: SessionStore[] = []
  t.after(async () => {
    // A failed test leaves stores open, and their thread would keep this process alive.
    await Promise.allSettled(opened.map(store => store.close()))
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    folder,
    database,
    open: (session, file = database) => {
      const store = openSqliteStore({ file, session, startWorker })
      opened.push(store)
      return store
    },
  }
}

/** Runs the writer of a long history and kills it once it has told of a step; the last it told of. */
async function killedAfter(t: TestContext, step: number, database: string): Promise<number> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./store-child.ts', import.meta.url)), database], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  let told = -1
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more
    const whole = text.split('\n').slice(0, -1)
    told = Number(whole.at(-1) ?? -1)
    if (told >= step) child.kill('SIGKILL')
  })
  await new Promise(resolve => child.on('close', resolve))
  return told
}

describe('a store whose process is killed', () => {
  for (const step of [2, 50, 400]) {
    it(`holds what it had settled, and a beginning of the rest in order, after step ${step}`, async t => {
      const { database, open } = place(t)
      const told = await killedAfter(t, step, database)
      assert.ok(told >= step)
      const store = open('r1')
      const { ancestor, damaged } = await store.load(boots)
      const mark = store.mark()
      await store.close()
      assert.equal(damaged, false)
      assert.ok(mark > told, `step ${told} was settled, and ${mark} lines are there`)
      assert.deepEqual(lines(ancestor), lines(historyTrees(mark)[mark]))
    })
  }
})

describe('sessions of one file', () => {
  it('keep apart what each remembers, and close one by one', async t => {
    const { open } = place(t)
    const [one, two] = [open('r1/a'), open('r1/b')]
    await Promise.all([one.load(boots), two.load({ alpha: 'x', beta: 'y' })])
    one.append([put('a', file('1'))])
    two.append([put('d', directory(0o755)), put('d/b', file('2'))])
    one.fold(one.mark())
    two.clear()
    two.append([put('c', file('3'))])
    await one.close()
    await two.settled()
    await two.close()
    const [again, other] = [open('r1/a'), open('r1/b')]
    assert.deepEqual(lines((await again.load(boots)).ancestor), lines(directory(0o755, [['a', file('1')]])))
    assert.deepEqual(
      lines((await other.load({ alpha: 'x', beta: 'y' })).ancestor),
      lines(directory(0o755, [['c', file('3')]])),
    )
    await again.close()
    await other.close()
  })

  it('suffer damage alone, of which a copy is kept', async t => {
    const { folder, database, open } = place(t)
    for (const name of ['r1/a', 'r1/b']) {
      const store = open(name)
      await store.load(boots)
      store.append([put(`of-${name.at(-1)}`, file(name))])
      store.fold(store.mark())
      await store.close()
    }
    const raw = new DatabaseSync(database)
    raw.exec("UPDATE entry SET mode = 0 WHERE name = 'of-a'")
    raw.close()
    const [a, b] = [open('r1/a'), open('r1/b')]
    assert.deepEqual(await a.load(boots), { ancestor: undefined, conflicts: [], damaged: true })
    const whole = await b.load(boots)
    assert.equal(whole.damaged, false)
    assert.deepEqual(lines(whole.ancestor), lines(directory(0o755, [['of-b', file('r1/b')]])))
    await a.close()
    await b.close()
    assert.equal(readdirSync(folder).filter(name => name.startsWith('dsync.db.damaged-')).length, 1)
  })
})

describe('a store', () => {
  it('moves a directory by one row, whatever is in it', async t => {
    const { database, open } = place(t)
    const store = open('r1')
    await store.load(boots)
    store.append([
      put('d', directory(0o755)),
      ...Array.from({ length: 500 }, (_, i) => put(`d/f${i}`, file(String(i)))),
    ])
    store.append([put('e', directory(0o700))])
    store.fold(store.mark())
    await store.settled()
    const raw = new DatabaseSync(database, { readOnly: true })
    const rows = (): Set<string> =>
      new Set(
        raw
          .prepare('SELECT parent, hex(name), id, sum FROM entry')
          .all()
          .map(row => JSON.stringify(row)),
      )
    const before = rows()
    store.append([{ from: 'd', to: 'e/moved' }])
    store.fold(store.mark())
    await store.settled()
    const after = rows()
    raw.close()
    assert.equal([...after].filter(row => !before.has(row)).length, 1)
    assert.equal(after.size, before.size)
    await store.close()
  })

  it('is not written to before it was loaded or after it was closed', async t => {
    const { open } = place(t)
    const store = open('r1')
    assert.throws(() => store.append([drop('x')]), { code: 'INVARIANT' })
    await store.load(boots)
    await store.close()
    assert.throws(() => store.fold(1), { code: 'INVARIANT' })
  })

  it('keeps what could not be written, says so once, and writes it when it can', async t => {
    const { database, open } = place(t)
    const store = open('r1')
    await store.load(boots)
    const other = new DatabaseSync(database)
    other.exec('BEGIN IMMEDIATE')
    for (let i = 0; i < 5; i++) store.append([historyStep(i)])
    await assert.rejects(store.settled(), { code: 'EIO', verdict: 'retry' })
    store.append([historyStep(5)])
    other.exec('ROLLBACK')
    other.close()
    store.append([historyStep(6)])
    await store.settled()
    await store.close()
    const again = open('r1')
    assert.deepEqual(lines((await again.load(boots)).ancestor), lines(historyTrees(7)[7]))
    await again.close()
  })

  it('keeps the order of what could not be written, also around a load that failed', async t => {
    const { database, open } = place(t)
    const [store, another] = [open('r1'), open('r2')]
    await store.load(boots)
    const other = new DatabaseSync(database)
    other.exec('BEGIN IMMEDIATE')
    store.append([historyStep(0)])
    const refused = assert.rejects(another.load(boots), { code: 'EIO' })
    store.append([historyStep(1)])
    await refused
    await assert.rejects(store.settled(), { code: 'EIO' })
    other.exec('ROLLBACK')
    other.close()
    await store.settled()
    assert.deepEqual(lines((await store.load(boots)).ancestor), lines(historyTrees(2)[2]))
  })

  it('loses no more than its thread had not written, and takes no old mark for lines that came after', async t => {
    const { folder } = place(t)
    const threads: Worker[] = []
    const file = join(folder, 'other.db')
    const open = (): SessionStore =>
      openSqliteStore({
        file,
        session: 'r1',
        startWorker: (role, data) => {
          const thread = startWorker(role, data)
          threads.push(thread)
          return thread
        },
      })
    const store = open()
    t.after(() => store.close())
    await store.load(boots)
    for (let i = 0; i < 5; i++) store.append([historyStep(i)])
    await store.settled()
    for (let i = 5; i < 8; i++) store.append([historyStep(i)])
    const stale = store.mark()
    await threads[0]?.terminate()
    await assert.rejects(store.settled(), { code: 'EIO', verdict: 'retry' })
    assert.deepEqual(lines((await store.load(boots)).ancestor), lines(historyTrees(5)[5]))
    store.append([historyStep(5), historyStep(6)])
    store.fold(stale)
    await store.settled()
    assert.deepEqual(lines((await store.load(boots)).ancestor), lines(historyTrees(7)[7]))
    assert.deepEqual(lines((await store.load({ alpha: 'a', beta: 'later' })).ancestor), lines(historyTrees(5)[5]))
  })

  it('takes a directory made where another was moved away for a new one', async t => {
    const { open } = place(t)
    const store = open('r1')
    await store.load(boots)
    store.append([put('d', directory(0o755)), put('d/f', file('1')), { from: 'd', to: 'e' }])
    store.append([put('d', directory(0o755)), put('d/g', file('2')), drop('e/f'), put('e/d', directory(0o755))])
    store.append([{ from: 'd', to: 'e/d' }, put('d', directory(0o700)), put('d/h', file('3'))])
    const expected = lines(
      directory(0o755, [
        ['d', directory(0o700, [['h', file('3')]])],
        ['e', directory(0o755, [['d', directory(0o755, [['g', file('2')]])]])],
      ]),
    )
    assert.deepEqual(lines((await store.load(boots)).ancestor), expected)
    store.fold(store.mark())
    assert.deepEqual(lines((await store.load({ alpha: 'a', beta: 'later' })).ancestor), expected)
  })

  it('forgets a session, with a copy, whose lines make no tree', async t => {
    const { folder, open } = place(t)
    const store = open('r1')
    await store.load(boots)
    store.append([put('no/such/directory', file('1'))])
    await store.settled()
    await store.close()
    const again = open('r1')
    assert.deepEqual(await again.load(boots), { ancestor: undefined, conflicts: [], damaged: true })
    again.append([put('a', file('1'))])
    await again.close()
    assert.equal(readdirSync(folder).filter(name => name.includes('.damaged-')).length, 1)
  })

  it('says why it cannot be used at all, and can be once that is mended', async t => {
    const { folder, open } = place(t)
    const late = join(folder, 'late')
    const store = open('r1', join(late, 'dsync.db'))
    await assert.rejects(store.load(boots), /unable to open/)
    await assert.rejects(store.settled(), /unable to open/)
    await store.settled()
    mkdirSync(late)
    assert.deepEqual(await store.load(boots), { ancestor: undefined, conflicts: [], damaged: false })
    store.append([historyStep(0)])
    await store.settled()
    await store.close()
  })

  it('never takes spoiled bytes for what was written', async t => {
    const { folder, database, open } = place(t)
    const store = open('r1')
    await store.load(boots)
    for (let i = 0; i < 200; i++) store.append([historyStep(i)])
    store.fold(store.mark() - 20)
    await store.close()
    const whole = readFileSync(database)
    const truth = lines(historyTrees(200)[200])
    let spoiled = 0
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const copy = join(folder, `copy-${spoiled++}.db`)
        const bytes = Buffer.from(whole)
        bytes[at] = (bytes[at] ?? 0) ^ bits
        writeFileSync(copy, bytes)
        const opened = open('r1', copy)
        const { ancestor, damaged } = await opened.load(boots)
        await opened.close()
        if (damaged) assert.equal(ancestor, undefined)
        else assert.deepEqual(lines(ancestor), truth)
      }),
      { numRuns: 20 },
    )
  })
})
