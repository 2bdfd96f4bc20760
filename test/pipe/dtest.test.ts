import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { misfits } from '../cli/answer-schema.ts'
import type { Snapshot } from '../storm/snapshot.ts'
import { differences, snapshot } from '../storm/snapshot.ts'
import type { Ran } from './pair.ts'
import { Pair, parsed } from './pair.ts'
import { until } from './until.ts'

const dtest = fileURLToPath(new URL('../../bin/dtest', import.meta.url))

interface DtestAnswer {
  readonly dtest: {
    readonly scenarios: readonly {
      readonly name: string
      readonly state: string
      readonly figures: readonly object[]
    }[]
    readonly left: readonly string[]
  }
}

/** A place to start dtest in, with a home and temporary files of its own. */
function place(t: TestContext): { readonly home: string; readonly temporary: string } {
  const base = mkdtempSync(join(tmpdir(), 'dsync-dtest-'))
  t.after(() => rmSync(base, { recursive: true, force: true, maxRetries: 5 }))
  return { home: base, temporary: mkdtempSync(join(base, 't-')) }
}

interface Started {
  readonly child: ReturnType<typeof spawn>
  readonly said: () => string
  readonly ended: Promise<Ran>
}

function start(words: readonly string[], where: { readonly home: string; readonly temporary?: string }): Started {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  const env = { PATH, NODE_COMPILE_CACHE, HOME: where.home, ...(where.temporary && { TMPDIR: where.temporary }) }
  const child = spawn(dtest, words, { env, cwd: where.home, timeout: 120_000 })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()))
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout, stderr, json: parsed(stdout) }))
  })
  return { child, said: () => stdout, ended }
}

describe('dtest', { concurrency: 2, timeout: 150_000 }, () => {
  it('--pipe proves all there is, with figures, and leaves nothing', async t => {
    const where = place(t)
    const { code, stderr, json } = await start(['--pipe', '--json'], where).ended
    const { scenarios, left } = (json as DtestAnswer).dtest
    assert.deepEqual([code, stderr, left], [0, '', []], JSON.stringify(json))
    assert.deepEqual(misfits('dtest', json), [])
    const names = ['basic', 'real-time', 'bidirectional', 'conflict', 'performance']
    assert.deepEqual(
      scenarios.map(({ name, state }) => [name, state]),
      names.map(name => [name, 'ok']),
    )
    assert.ok(scenarios.every(({ figures }) => figures.length > 0))
    assert.deepEqual(readdirSync(where.temporary), [])
  })

  it('--pipe takes all away however it is ended', async t => {
    const where = place(t)
    const [cut, killed] = [start(['--pipe', 'performance'], where), start(['--pipe', 'performance'], where)]
    await until('both have begun', () => [cut, killed].every(({ said }) => said().startsWith('dtest between')), 60_000)
    cut.child.kill('SIGINT')
    killed.child.kill('SIGKILL')
    const ran = await cut.ended
    assert.deepEqual(
      [ran.code, ran.stderr],
      [130, '\nInterrupted: taking everything away …\nNothing is left behind.\n'],
    )
    await until('what the killed one made is gone', () => readdirSync(where.temporary).length === 0, 60_000)
  })

  it('--host works beside what is there, and leaves both hosts as they were', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    const config = join(pair.userHome, '.dsync/config.json')
    writeFileSync(config, readFileSync(config, 'utf8').replace('{', '{\n  // as somebody likes it\n'))
    await pair.start()
    await pair.ok('sync')
    const before = kept(pair)
    const { code, stdout, stderr } = await start(['--host', 'twin', 'conflict'], { home: pair.userHome }).ended
    assert.equal(code, 0, stdout + stderr)
    assert.match(
      stdout,
      /\n {2}✔ conflict {8}both versions stay, each with a copy of the other {5}4 files\n {20}one version /,
    )
    assert.match(stdout, /\n {2}✔ no trace [^]*\n\n1 of 1 passed in .* s\.\n$/)
    assert.deepEqual(changes(before, kept(pair)), [])

    const cut = start(['--host', 'twin', 'real-time'], { home: pair.userHome })
    await until('it has begun', () => cut.said().startsWith('dtest between'), 60_000)
    assert.equal(records(pair), 1)
    cut.child.kill('SIGKILL')
    await until('its record is gone, the last of all', () => records(pair) === 0, 60_000)
    assert.deepEqual(changes(before, kept(pair)), [])
    assert.equal((await pair.ok('status')).stderr, '')
  })

  it('says what is wrong with a command line, and what to do', async t => {
    const where = place(t)
    for (const [words, code, says] of [
      [[], 2, /^dtest: Say either --host NAME or --pipe\n {2}→ dtest --pipe\n$/],
      [['--pipe', '--host', 'x'], 2, /^dtest: Say either/],
      [['--pipe', 'basik'], 2, /^dtest: There is no scenario "basik"\n {2}→ dtest basic\n$/],
      [['--pipe', 'git'], 2, /^dtest: Cannot prove git: dsync cannot do that yet\n {2}→ dtest --list\n$/],
      [['--host', 'nobody'], 2, /^dtest: Cannot find the host "nobody"; there is none yet\n/],
      [['--hots'], 2, /^dtest: dtest has no option --hots; did you mean --host\?\n {2}→ dtest --help\n$/],
    ] as const) {
      const ran = await start(words, where).ended
      assert.equal(ran.code, code, words.join(' '))
      assert.match(ran.stderr, says)
    }
    const list = await start(['--list', '--json'], where).ended
    assert.deepEqual(misfits('dtest', list.json), [])
    assert.match((await start(['--help'], where).ended).stdout, /Usage: dtest \[SCENARIO\.\.\.\] \[OPTIONS\]/)
  })
})

/** How many runs have something to take away. */
function records(pair: Pair): number {
  return readdirSync(join(pair.userHome, '.dsync/state')).filter(name => name.startsWith('dtest-')).length
}

/** All that is anybody's: not the logs, stores and locks that a daemon writes all the time. */
function kept(pair: Pair): Snapshot[] {
  const written = /^\.cache|\.log$|^\.dsync\/(?:state\/dsync\.db|run\/|cache)|\/(?:scan-cache|seen|fence)/
  return [pair.userHome, pair.twinHome].map(
    home => new Map([...snapshot(home)].filter(([path]) => !written.test(path))),
  )
}

function changes(before: readonly Snapshot[], after: readonly Snapshot[]): string[] {
  return before.flatMap((files, i) => differences(files, after[i] ?? new Map(), () => false))
}
