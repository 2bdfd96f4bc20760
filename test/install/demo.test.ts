import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { Checkout } from './checkout.ts'
import { until } from '../pipe/until.ts'

/** What must stand in the output, in this order, when all went well. */
const told: readonly RegExp[] = [
  /^1 {2}First sync/m,
  /^ {3}\$ dsync hosts add twin --pipe twin$/m,
  /^ {3}\$ dsync start$\n^ {5}The daemon runs \(process \d+, 1 session\)\.$/m,
  /^ {3}✔ the twin holds the same 213 entries, compared byte for byte$/m,
  /^ {3}here → twin +new file .* m?s$/m,
  /^ {3}twin → here +edit .* m?s$/m,
  /^ {3}✔ here → twin: 50 more edits, median [\d.]+ ms, slowest [\d.]+ m?s$/m,
  /^ {3}✔ twin → here: 50 more edits, median [\d.]+ ms, slowest [\d.]+ m?s$/m,
  /^ {3}here → twin +written .* m?s$/m,
  /^ {3}twin → here +directory renamed +import → imported +[\d.]+ m?s$/m,
  /^ {3}✔ its 1,000 files were moved, none was sent again$/m,
  /^ {3}\$ dsync sync\n {5}1 conflict /m,
  /^ {3}✔ exit code 3: nothing was overwritten$/m,
  /^ {3}copy here +We ship on Friday\. +kit\/work\/.*\/copies\/page-3\.twin\.\d{8}T\d{6}Z\.md$/m,
  /^ {3}copy on twin +We ship on Monday\. +twin\/\.dsync\/work\/.*\/copies\/page-3\..*\.\d{8}T\d{6}Z\.md$/m,
  /^ {5}resolved /m,
  /^ {3}✔ it is back on both sides, byte for byte$/m,
  /^ {3}✔ both sides hold “We ship on Monday\.”, which had lost$/m,
  /^ {2}WHAT +FIGURE +VERDICT$/m,
  /^ {2}left behind +nothing: [2-9] processes ended, temporary folder removed +ok$/m,
  /^Every step was verified\.$/m,
]

function assertTold(out: string, rows: readonly RegExp[]): void {
  let rest = out
  for (const row of rows) {
    const at = rest.search(row)
    assert.notEqual(at, -1, `${row} is missing in:\n${out}`)
    rest = rest.slice(at + 1)
  }
}

describe('install.sh --demo', { concurrency: 1 }, () => {
  it('shows everything, verifies it, and leaves no trace; twice', async t => {
    const checkout = new Checkout(t)
    const before = checkout.outside()
    for (let run = 1; run <= 2; run++) {
      const { code, out, err } = await checkout.install(['--demo'])
      assert.deepEqual([code, err], [0, ''], out)
      assertTold(out, told)
      assert.ok(!out.includes('\u001b'), 'there is colour where no terminal is')
      checkout.assertAsBefore(before)
    }
  })

  const moments = ['dsync start', 'A burst', 'dsync conflicts']
  for (const moment of moments) {
    it(`is interrupted without a trace at “${moment}”`, async t => {
      const checkout = new Checkout(t)
      const before = checkout.outside()
      const when = { says: moment, act: (child: ChildProcess): unknown => child.kill('SIGINT') }
      const { code, out } = await checkout.install(['--demo'], { when })
      assert.equal(code, 130, out)
      assert.match(out, /\nInterrupted: .*\nNothing is left behind\.\n$/)
      checkout.assertAsBefore(before)
    })
  }

  it('is coloured on a terminal unless NO_COLOR says no, and Ctrl-C there ends it without a trace', async t => {
    const command = onTerminal(t, 'kit/install.sh --demo')
    if (command === undefined) return
    for (const NO_COLOR of [undefined, '1']) {
      const checkout = new Checkout(t)
      const before = checkout.outside()
      const when = { says: 'dsync start', act: (child: ChildProcess): unknown => child.stdin?.write('\u0003') }
      const { code, out } = await checkout.install([], { command, when, env: { NO_COLOR, TERM: 'xterm' } })
      assert.equal(code, 130, out)
      assert.equal(out.includes('\u001b[1m'), NO_COLOR === undefined)
      checkout.assertAsBefore(before)
    }
  })

  it('ends without a trace when its reader has seen enough', async t => {
    const checkout = new Checkout(t)
    const before = checkout.outside()
    const { out } = await checkout.install([], { command: ['/bin/sh', '-c', 'kit/install.sh --demo | head -n 2'] })
    assert.equal(out.split('\n').length, 3)
    await until('it has cleaned up', () => checkout.processes().length === 0)
    checkout.assertAsBefore(before)
  })

  it('keeps everything for playing with --keep, and ends it with the command that it tells', async t => {
    const checkout = new Checkout(t)
    const before = checkout.outside()
    const { code, out } = await checkout.install(['--demo', '--keep'])
    assert.equal(code, 0, out)
    assertTold(out, [...told.slice(0, -3), /^Kept, with the daemon running\. To play:$/m, /^To end it:$/m])
    const lines = out
      .slice(out.indexOf('To play:'))
      .split('\n')
      .filter(line => line.startsWith('  '))
    const [echo = '', cat = '', status = '', , end = ''] = lines
    const there = join(cat.trim().replace('cat ', ''))
    const sh = (line: string) =>
      spawnSync('/bin/sh', ['-c', line], { encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: checkout.home } })
    assert.equal(sh(echo).status, 0)
    await until('the file is on the twin', () => sh(cat).stdout === 'hello\n')
    assert.equal(readFileSync(there, 'utf8'), 'hello\n')
    assert.match(sh(status).stdout, /Nothing waits for you/)
    assert.equal(sh(end).status, 0)
    await until('all is gone', () => checkout.processes().length === 0)
    checkout.assertAsBefore(before)
  })

  it('fails when something was not seen to be so, and says what', async t => {
    const checkout = new Checkout(t)
    const program = join(checkout.kit, 'bin/dsync')
    const launcher = readFileSync(program, 'utf8')
    // A dsync whose undo does nothing and says that all is well.
    writeFileSync(program, launcher.replace('set -eu\n', 'set -eu\n[ "$1" = undo ] && exit 0\n'))
    const before = checkout.outside()
    const { code, out } = await checkout.install(['--demo'])
    assert.equal(code, 1, out)
    assert.match(out, /^ {2}Undo +failed$/m)
    assert.match(out, /^ {2}At rest +not reached$/m)
    assert.match(out, /^Failed: pictures\/9\.bin on both sides did not arrive in 20 s$/m)
    checkout.assertAsBefore(before)
  })
})

/** A command that gives another one a terminal of its own; undefined, and the test is skipped, where there is none. */
function onTerminal(t: TestContext, command: string): readonly [string, ...string[]] | undefined {
  const { status } = spawnSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' })
  if (status === 0) return ['script', '-qec', command, '/dev/null']
  t.skip('no script(1) of util-linux here, which makes terminals')
  return undefined
}
