import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { aligned } from '../../lib/cli/aligned.ts'
import { logLine } from '../../lib/cli/log-line.ts'
import { coloured, plain } from '../../lib/cli/paint.ts'
import { agoText, bytesText, countText, durationText, latencyText } from '../../lib/cli/quantities.ts'
import { statusLines } from '../../lib/cli/status-lines.ts'
import { SyncProgress } from '../../lib/cli/sync-progress.ts'
import type { DaemonStatus } from '../../lib/daemon/verbs.ts'
import { listed } from '../../lib/sync/session-handle.ts'

const now = 1_700_000_000_000
const nothing = listed<never>([])

const calm: DaemonStatus['sessions'][number] = {
  root: '/home/u/projects',
  host: 'twin',
  transport: 'pipe',
  state: 'watching',
  since: now,
  lastSyncAt: now - 3200,
  entries: { alpha: 12_345, beta: 12_345 },
  queued: 0,
  inFlight: 0,
  bytesQueued: 0,
  conflicts: 0,
  problems: nothing,
  holds: [],
  notices: nothing,
  mode: 'two-way',
  untaken: nothing,
  latency: { medianMs: 2.44, p99Ms: 18.2, count: 100 },
  sides: {},
}

const base: DaemonStatus = {
  version: '1',
  host: 'mac01',
  home: '/home/u/.dsync',
  pid: 42,
  since: now - 7_500_000,
  now,
  sessions: [calm],
  failed: [],
  config: [],
  logDropped: 0,
  crashes: [],
}

function shown(status: Partial<DaemonStatus>): string[] {
  return statusLines({ ...base, ...status }, { paint: plain, userHome: '/home/u' })
}

describe('the status', () => {
  it('of a calm daemon', () => {
    assert.deepEqual(shown({}), [
      'dsync on mac01, up 2 h 5 min, process 42, started by hand',
      '',
      '  ROOT        HOST         STATE     LAST SYNC  QUEUE  MEDIAN / P99    ENTRIES',
      '  ~/projects  twin (pipe)  watching  3 s ago    –      2.4 ms / 18 ms  12,345',
      '',
      '  Nothing waits for you.',
    ])
  })

  it('says who keeps the daemon up, and names the last crash until it is read', () => {
    const file = '/home/u/.dsync/state/crash-2.txt'
    const crash = { at: now - 120_000, pid: 41, why: 'TypeError: x\n  at y', file }
    const lines = shown({ supervisor: 'systemd', crashes: [crash, { ...crash, at: now - 240_000 }] })
    assert.match(lines[0] ?? '', /, process 42, kept up by systemd$/)
    assert.match(
      lines.at(-1) ?? '',
      /^ {2}crashed 2 times {2}2 min ago: TypeError: x {2}→ cat ~\/.dsync\/state\/crash-2\.txt /,
    )
  })

  it('of a link, with its round trip once that was measured', () => {
    const [row] = shown({ sessions: [{ ...calm, transport: 'ssh', roundTripMs: 23.4 }] }).slice(3)
    assert.match(row ?? '', /^ {2}~\/projects {2}twin \(ssh, 23 ms\) {2}watching /)
  })

  it('of a daemon without roots', () => {
    assert.deepEqual(shown({ sessions: [] }).slice(2), ['  No root is in sync yet.  → dsync roots add DIR'])
  })

  it('names what waits, each with the command to run next', () => {
    const session: typeof calm = {
      ...calm,
      state: 'halted',
      queued: 2000,
      inFlight: 12,
      bytesQueued: 3_400_000,
      conflicts: 2,
      problems: {
        total: 9,
        first: Array.from({ length: 9 }, (_, i) => ({ path: `p${i}`, side: 'beta', why: 'EACCES' })),
      },
      holds: [
        { guard: 'mass-delete', side: 'beta', why: 'more than half would go', paths: { total: 5012, first: ['a'] } },
      ],
      notices: { total: 1, first: [{ path: 'n', kind: 'edit-beat-delete' }] },
    }
    const lines = shown({ sessions: [session] })
    assert.match(lines[3] ?? '', /halted {2,}3 s ago {2,}2,012, 3\.4 MB/)
    assert.deepEqual(lines.slice(5), [
      '  held             ~/projects with twin: more than half would go (5,012 paths)  → dsync approve ~/projects',
      '  2 conflicts      ~/projects with twin                                         → dsync conflicts ~/projects',
      '  problem          ~/projects/p0 on twin: permission denied (EACCES)            → chmod or chown it',
      '  problem          ~/projects/p1 on twin: permission denied (EACCES)            → chmod or chown it',
      '  problem          ~/projects/p2 on twin: permission denied (EACCES)            → chmod or chown it',
      '  6 more problems  ~/projects                                                   → dsync status --json',
      '  1 notice         ~/projects                                                   → dsync logs',
    ])
  })

  const waits: readonly (readonly [says: string, status: Partial<DaemonStatus>, line: RegExp])[] = [
    [
      'a pause',
      { sessions: [{ ...calm, state: 'paused' }] },
      /paused {2}~\/projects with twin {2}→ dsync resume ~\/projects$/,
    ],
    [
      'a lost link',
      { sessions: [{ ...calm, state: 'disconnected', why: 'gone' }] },
      /disconnected {2}~\/projects with twin: gone {2}→ dsync hosts check twin$/,
    ],
    [
      'a host that is tried again',
      { sessions: [{ ...calm, state: 'disconnected', why: 'gone', retryAt: now + 12_400 }] },
      /disconnected {2}~\/projects with twin: gone; tried again in 12 s {2}→ dsync hosts check twin$/,
    ],
    [
      'a halt without a guard',
      { sessions: [{ ...calm, state: 'halted', why: 'not there' }] },
      /halted {2}.*not there {2}→ dsync logs$/,
    ],
    [
      'records that cannot be written',
      { sessions: [{ ...calm, state: 'scanning', why: 'disk is full' }] },
      /scanning {2}~\/projects with twin: disk is full {2}→ dsync logs$/,
    ],
    [
      'a session that is not open',
      { failed: [{ root: '/srv', host: 'h', why: 'no disk' }] },
      /not open {2}\/srv with h: no disk {2}→ dsync logs$/,
    ],
    [
      'broken settings',
      { config: [{ file: '/c.json', line: 3, column: 7, message: 'comma expected' }] },
      /settings {2}comma expected \(\/c\.json:3:7\) {2}→ dsync config edit$/,
    ],
    [
      'a log that cannot be written',
      { logDropped: 1 },
      /log {2}1 line could not be written {2}→ make room on the disk$/,
    ],
    [
      'a name with spaces',
      { sessions: [{ ...calm, root: '/home/u/my files', conflicts: 1 }] },
      /1 conflict {2}~\/my files with twin {2}→ dsync conflicts ~\/'my files'$/,
    ],
  ]
  for (const [says, status, line] of waits) {
    it(`names ${says}`, () => {
      const lines = shown(status)
      assert.ok(
        lines.some(each => line.test(each)),
        lines.join('\n'),
      )
      assert.ok(!lines.includes('  Nothing waits for you.'))
    })
  }

  it('shows nothing that a name could do to the terminal', () => {
    const evil = 'x\u001b[2J\n\u202e'
    const session = {
      ...calm,
      root: `/home/u/${evil}`,
      host: evil,
      problems: listed([{ path: evil, side: 'alpha' as const, why: evil }]),
    }
    const text = shown({
      host: evil,
      sessions: [session],
      failed: [{ root: evil, host: evil, why: evil, hint: evil }],
      config: [{ file: evil, message: evil, hint: evil }],
    }).join('')
    assert.doesNotMatch(text, /[\p{Cc}\u202e]/u)
  })

  it('is coloured without a change to its columns', () => {
    const lines = statusLines(base, { paint: coloured, userHome: '/home/u' })
    // oxlint-disable-next-line no-control-regex -- colours are what is taken away
    const bare = lines.map(line => line.replace(/\u001b\[\d+m/g, ''))
    assert.notDeepEqual(lines, bare)
    assert.deepEqual(bare, shown({}))
  })
})

describe('columns', () => {
  it('stand below each other, also with wide letters, and end without spaces', () => {
    assert.deepEqual(aligned([['a', 'bb', ''], ['日本', 'c', 'd'], []], plain), ['  a     bb', '  日本  c   d', ''])
  })
})

describe('quantities', () => {
  const rows: readonly (readonly [string, string])[] = [
    [bytesText(0), '0 B'],
    [bytesText(999), '999 B'],
    [bytesText(1000), '1.0 kB'],
    [bytesText(12_345), '12 kB'],
    [bytesText(999_999), '1.0 MB'],
    [bytesText(5e15), '5000 TB'],
    [durationText(900), '0 s'],
    [durationText(61_000), '1 min 1 s'],
    [durationText(3_600_000), '1 h'],
    [durationText(90_061_000), '1 d 1 h'],
    [agoText(undefined, now), 'never'],
    [agoText(now - 10, now), 'just now'],
    [agoText(now + 5000, now), 'just now'],
    [agoText(now - 65_000, now), '1 min ago'],
    [latencyText(0.84), '0.8 ms'],
    [latencyText(12.4), '12 ms'],
    [latencyText(1234), '1.2 s'],
    [countText(1, 'path'), '1 path'],
    [countText(2000, 'path'), '2,000 paths'],
  ]
  for (const [got, wanted] of rows) it(wanted === '' ? 'nothing' : wanted, () => assert.equal(got, wanted))
})

it('the progress of a sync says how much is left, how fast it shrinks, and how long that will take', () => {
  const progress = new SyncProgress(0)
  const rows: readonly (readonly [at: number, queued: number, bytesQueued: number, text: string])[] = [
    [500, 5000, 0, ''],
    [1000, 5000, 0, 'Syncing: 5,001 paths to go · 1 s'],
    [2000, 6000, 90_000_000, 'Syncing: 6,001 paths, 90 MB to go · 2 s'],
    [5500, 3000, 90_000_000, 'Syncing: 3,001 paths, 90 MB to go · 400 paths/s · 8 s left'],
    [7000, 3000, 60_000_000, 'Syncing: 3,001 paths, 60 MB to go · 600 paths/s, 6.0 MB/s · 10 s left'],
    [9000, 0, 20_000_000, 'Syncing: 1 path, 20 MB to go · 857 paths/s, 20 MB/s · 1 s left'],
    [15_000, 0, 0, 'Syncing: 1 path to go · 15 s'],
  ]
  for (const [at, queued, bytesQueued, text] of rows)
    assert.equal(progress.text({ queued, inFlight: 1, bytesQueued }, at), text)
})

describe('a log line', () => {
  it('tells when, what, where, with whom, how long, and the rest', () => {
    const event = {
      at: now,
      level: 'info' as const,
      event: 'put',
      root: '/home/u/p',
      path: 'a\nb',
      host: 'twin',
      latencyMs: 2.3,
      size: 12,
    }
    assert.match(
      logLine(event, { paint: plain, userHome: '/home/u' }),
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}put {11}~\/p\/a\\nb {2}twin {2}2\.3 ms {2}size=12$/,
    )
  })
})
