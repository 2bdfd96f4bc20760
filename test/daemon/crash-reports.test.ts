import assert from 'node:assert/strict'
import { chmodSync, readFileSync, rmSync, statSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  cleanSinceAfter,
  crashReports,
  hasCrashed,
  reportsSince,
  reportUnsaid,
  writeCrashReport,
} from '../../lib/daemon/crash-reports.ts'
import { temporaryHome } from './temporary-home.ts'

describe('crash reports', () => {
  it('say when, who and why, are private, and only the newest are kept', t => {
    const { home } = temporaryHome(t)
    for (let i = 1; i <= 7; i++) {
      writeCrashReport(home, { at: Date.UTC(2026, 0, i), pid: i, version: '1.2', why: `Error: ${i}\n    at x` })
    }
    const reports = crashReports(home)
    assert.deepEqual(
      reports.map(({ pid }) => pid),
      [7, 6, 5, 4, 3],
    )
    const [newest] = reports
    assert.ok(newest)
    assert.deepEqual([newest.at, newest.why], [Date.UTC(2026, 0, 7), 'Error: 7\n    at x'])
    assert.equal(statSync(newest.file).mode & 0o777, 0o600)
    assert.match(readFileSync(newest.file, 'utf8'), /^version: dsync 1\.2, (?:Node|Deno) \S+, \S+ \S+$/m)
    assert.equal(reportsSince(home, Date.UTC(2026, 0, 6)).length, 2)
    rmSync(newest.file)
    assert.equal(reportsSince(home, Date.UTC(2026, 0, 6)).length, 1, 'one that was removed has been read')
  })

  it('are one a crash: the next daemon adds nothing to what the one before said itself', t => {
    const { home } = temporaryHome(t)
    writeCrashReport(home, { at: Date.now(), pid: 7, version: '1', why: 'Error: mine' })
    reportUnsaid(home, { pid: 7, boot: 'b', host: 'h' }, '1')
    reportUnsaid(home, { pid: 8, boot: 'b', host: 'h' }, '1')
    assert.deepEqual(
      crashReports(home).map(({ pid, why }) => [pid, why.slice(0, 11)]),
      [
        [8, 'It ended wi'],
        [7, 'Error: mine'],
      ],
    )
  })

  it('are not written where the disk takes nothing, and nothing is thrown', t => {
    const { home } = temporaryHome(t)
    rmSync(home.state, { recursive: true })
    writeCrashReport(home, { at: 1, pid: 7, version: '1', why: 'x' })
    assert.deepEqual(crashReports(home), [])
    chmodSync(home.directory, 0o700)
  })

  it('count since the last daemon that ended as it should', () => {
    const here = { boot: 'b1', host: 'h' }
    const record = { pid: 7, boot: 'b1', host: 'h', cleanSince: 42 }
    assert.equal(hasCrashed(record, here), true)
    assert.equal(cleanSinceAfter(record, here), 42)
    for (const clean of [
      { ...record, released: true },
      { ...record, boot: 'b0' },
      { ...record, host: 'other' },
    ]) {
      assert.equal(hasCrashed(clean, here), false)
      assert.ok(cleanSinceAfter(clean, here) > 42)
    }
    assert.ok(cleanSinceAfter(undefined, here) > 42)
  })
})
