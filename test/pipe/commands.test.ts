import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { commandTable } from '../../lib/cli/command-table.ts'
import { misfits } from '../cli/answer-schema.ts'
import type { Snapshot } from '../storm/snapshot.ts'
import { differences, snapshot } from '../storm/snapshot.ts'
import { hubRows } from './commands/hub-commands.ts'
import type { CommandRows, Row } from './commands/row.ts'
import { setUpRows } from './commands/set-up-commands.ts'
import { syncRows } from './commands/sync-commands.ts'
import { versionRows } from './commands/version-commands.ts'
import type { Ran } from './pair.ts'
import { Pair } from './pair.ts'
import { runtimes } from './runtimes.ts'

const rows: Readonly<Record<string, CommandRows>> = { ...syncRows, ...versionRows, ...setUpRows, ...hubRows }

/** Command lines that change nothing are run so many at once. */
const atOnce = 3

describe('the table of command lines', () => {
  it('has right and wrong input for every command, and for no other', () => {
    const missing = commandTable.flatMap(({ name }) => {
      const { right = [], wrong = [] } = rows[name] ?? {}
      return right.length > 0 && wrong.length > 0 ? [] : [`dsync ${name}: add its rows in test/pipe/commands/`]
    })
    assert.deepEqual(missing, [])
    const names = new Set(commandTable.map(({ name }) => name))
    assert.deepEqual(
      Object.keys(rows).filter(name => !names.has(name)),
      [],
    )
  })
})

/** A pair that runs, with conflicts at clash1 to 3, earlier versions of old1 to 3 in the trash, and directories to be roots. */
async function prepared(pair: Pair): Promise<void> {
  const put = (side: 'alpha' | 'beta', path: string, text: string): void => writeFileSync(join(pair[side], path), text)
  for (const directory of ['kept', 'many']) mkdirSync(join(pair.alpha, directory))
  for (const n of [1, 2, 3]) {
    mkdirSync(join(pair.userHome, `more${n}`))
    for (const name of ['clash', 'old']) put('alpha', `${name}${n}.txt`, 'before\n')
  }
  put('alpha', 'kept/a.txt', 'a\n')
  for (let i = 0; i < 25; i++) put('alpha', `many/${i}`, `${i}\n`)
  await pair.start()
  assert.equal((await pair.sync()).code, 0)
  await pair.ok('pause')
  for (const n of [1, 2, 3]) {
    put('alpha', `old${n}.txt`, 'after\n')
    put('alpha', `clash${n}.txt`, 'mine\n')
    put('beta', `clash${n}.txt`, 'theirs\n')
  }
  await pair.ok('resume')
  assert.equal((await pair.sync()).code, 3)
}

function wordsOf(row: Row, n: 1 | 2): string[] {
  const words = row.line.replaceAll('{n}', String(n)).split(' ')
  // Before the command: what follows it may be words of the user's, after a `--`.
  return n === 1 ? words : ['--json', ...words]
}

/** What a person reads of an answer, or of a refusal: one message, and below it the next command. */
function readAsPerson(row: Row, { code, stdout, stderr }: Ran, isRight: boolean): void {
  assert.equal(code, row.exit ?? (isRight ? 0 : 2))
  if (isRight) {
    assert.match(stdout, row.says)
    assert.match(stderr, row.shows ?? /^$/)
    return
  }
  const [, message = '', next = ''] =
    /^dsync: ([^\n]+)\n(?: {2}→ ([^\n]+)\n)?$/.exec(row.shows === undefined ? stderr : stderr.replace(row.shows, '')) ??
    []
  assert.match(message, row.says, 'not one message')
  assert.match(next, row.next ?? /^$/, 'not the next command')
  assert.equal(stdout, '')
}

/** What a script reads: one answer that the schema knows. */
function readAsScript(name: string, row: Row, { code, stderr, json }: Ran, isRight: boolean): void {
  assert.equal(code, row.exit ?? (isRight ? 0 : 2))
  assert.equal(stderr, '')
  assert.deepEqual(misfits(isRight ? name : 'error', json), [])
  if (isRight) return
  const { error } = json as { error: { message: string; hint?: string } }
  assert.match(error.message, row.says)
  assert.match(error.hint ?? '', row.next ?? /^$/)
}

/** Runs a check, and tells every failure by its command line. */
function told(line: string, ran: Ran, check: () => void, failures: string[]): void {
  try {
    check()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    failures.push(`dsync ${line}: ${why}\n--- exit ${ran.code}, stdout:\n${ran.stdout}--- stderr:\n${ran.stderr}`)
  }
}

interface Run {
  readonly name: string
  readonly row: Row
  readonly isRight: boolean
  /** For a person too, not with `--json` alone. */
  readonly isWhole: boolean
}

/** Runs a line once for a person and once with `--json`; each failure is told by its command line. */
async function runRow(pair: Pair, { name, row, isRight, isWhole }: Run): Promise<string[]> {
  const failures: string[] = []
  const place = row.inRoot === true ? { cwd: pair.alpha } : {}
  if (isWhole) {
    const plain = await pair.dsyncIn(place, ...wordsOf(row, 1))
    told(row.line, plain, () => readAsPerson(row, plain, isRight), failures)
  }
  if (row.line.endsWith(' --help')) return failures
  if (isRight) await up(pair)
  const json = await pair.dsyncIn(place, ...wordsOf(row, 2))
  told(`--json ${row.line}`, json, () => readAsScript(name, row, json, isRight), failures)
  return failures
}

async function up(pair: Pair): Promise<void> {
  if (pair.running() === undefined) await pair.start()
}

/** Runs rows that change nothing, some at a time. Returns what failed. */
async function runTogether(pair: Pair, runs: readonly Run[]): Promise<string[]> {
  const failures: string[] = []
  const left = [...runs]
  const lane = async (): Promise<void> => {
    for (let run = left.shift(); run !== undefined; run = left.shift()) failures.push(...(await runRow(pair, run)))
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return failures
}

/** All that is the user's or says what is wanted: not what a daemon, or Deno, writes all the time. */
function wanted(pair: Pair): Snapshot[] {
  return [pair.userHome, pair.twinHome].map(
    home =>
      new Map([...snapshot(home)].filter(([path]) => !/^\.cache|^\.dsync\/(?:state|run|work|\w+\.log)/.test(path))),
  )
}

function changes(before: readonly Snapshot[], after: readonly Snapshot[]): string[] {
  return before.flatMap((files, i) => differences(files, after[i] ?? new Map(), () => false))
}

describe('every command, with right and wrong input', { concurrency: 2 }, () => {
  for (const runtime of Object.values(runtimes)) {
    const isFirst = runtime === runtimes.nodeSource
    it(`under ${runtime.name}`, { skip: runtime.lacks ?? false, timeout: 400_000 }, async t => {
      const pair = await Pair.make({ runtime })
      t.after(() => pair.close())
      await prepared(pair)
      const runs = commandTable.flatMap(({ name }) =>
        (['right', 'wrong'] as const).flatMap(which =>
          (rows[name]?.[which] ?? []).map((row): Run => {
            return { name, row, isRight: which === 'right', isWhole: isFirst || row.everywhere === true }
          }),
        ),
      )
      const wrong = runs.filter(({ isRight, isWhole }) => !isRight && isWhole)
      const before = wanted(pair)
      const failures = await runTogether(
        pair,
        wrong.filter(({ row }) => row.down !== true),
      )
      assert.deepEqual(changes(before, wanted(pair)), [], 'wrong input changed something')
      for (const run of runs.filter(({ isRight }) => isRight)) {
        await up(pair)
        await run.row.before?.(pair)
        failures.push(...(await runRow(pair, run)))
      }
      await pair.ok('stop')
      const down = wrong.filter(({ row }) => row.down === true)
      failures.push(...(await runTogether(pair, down)))
      assert.equal(failures.length, 0, failures.join('\n'))
      assert.equal(pair.daemonLog(), '')
    })
  }
})
