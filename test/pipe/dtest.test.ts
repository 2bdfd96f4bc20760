import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { misfits } from '../cli/answer-schema.ts'
import type { DtestAnswer, Started } from './dtest-run.ts'
import { changes, filesOf, openRuns, startDtest } from './dtest-run.ts'
import { Pair } from './pair.ts'
import { until } from './until.ts'

/** A place to start dtest in, with a home and temporary files of its own. What is still running in it ends first. */
function place(t: TestContext): { readonly home: string; readonly temporary: string; readonly running: Set<Started> } {
  const base = mkdtempSync(join(tmpdir(), 'dsync-dtest-'))
  const running = new Set<Started>()
  t.after(async () => {
    for (const { child, ended } of running) {
      child.kill('SIGTERM')
      await ended
    }
    rmSync(base, { recursive: true, force: true, maxRetries: 5 })
  })
  return { home: base, temporary: mkdtempSync(join(base, 't-')), running }
}

describe('dtest', { concurrency: 2, timeout: 150_000 }, () => {
  it('--pipe proves all there is, with figures, and leaves nothing', async t => {
    const where = place(t)
    const { code, stderr, json } = await startDtest(['--pipe', '--json'], where).ended
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
    const [cut, killed] = [startDtest(['--pipe', 'performance'], where), startDtest(['--pipe', 'performance'], where)]
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
    const before = filesOf(pair)
    const { code, stdout, stderr } = await startDtest(['--host', 'twin', 'conflict'], { home: pair.userHome }).ended
    assert.equal(code, 0, stdout + stderr)
    assert.match(
      stdout,
      /\n {2}✔ conflict {8}both versions stay, each with a copy of the other {5}4 files\n {20}one version /,
    )
    assert.match(stdout, /\n {2}✔ no trace [^]*\n\n1 of 1 passed in .* s\.\n$/)
    assert.deepEqual(changes(before, filesOf(pair)), [])

    const cut = startDtest(['--host', 'twin', 'real-time'], { home: pair.userHome })
    await until('it has begun', () => cut.said().startsWith('dtest between'), 60_000)
    assert.equal(openRuns(pair), 1)
    cut.child.kill('SIGKILL')
    await until('its record is gone, the last of all', () => openRuns(pair) === 0, 60_000)
    assert.deepEqual(changes(before, filesOf(pair)), [])
    assert.equal((await pair.ok('status')).stderr, '')
  })

  it('removes nothing that no run has made, whatever its record says', async t => {
    const { home, temporary: root } = place(t)
    const state = join(home, '.dsync/state')
    mkdirSync(state, { recursive: true })
    const record = { kind: 'host', home: join(home, '.dsync'), host: 'twin', root, folder: '~/x', pid: 1, boot: 'old' }
    const before = { config: null, paths: null, paused: null }
    const config = JSON.stringify({ hosts: { twin: { pipe: join(home, 'twin') } }, roots: {} })
    writeFileSync(join(home, '.dsync/config.json'), config)
    writeFileSync(join(state, 'dtest-1.json'), JSON.stringify({ ...record, before }))
    const { code, stderr } = await startDtest(['--host', 'twin', 'basic'], { home }).ended
    assert.equal(code, 1)
    const next = `Remove ${join(state, 'dtest-1.json')}, which says so`
    assert.equal(stderr, `dtest: Cannot clear ${root}: no run of dtest made it\n  → ${next}\n`)
    assert.deepEqual([existsSync(root), existsSync(join(state, 'dtest-1.json'))], [true, true])
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
      const ran = await startDtest(words, where).ended
      assert.equal(ran.code, code, words.join(' '))
      assert.match(ran.stderr, says)
    }
    const list = await startDtest(['--list', '--json'], where).ended
    assert.deepEqual(misfits('dtest', list.json), [])
    assert.match((await startDtest(['--help'], where).ended).stdout, /Usage: dtest \[SCENARIO\.\.\.\] \[OPTIONS\]/)
  })
})
