import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RunningRuntime } from '../../lib/daemon/running-runtime.ts'
import type { DaemonStatus } from '../../lib/daemon/verbs.ts'
import { contextChecks } from '../../lib/doctor/context-checks.ts'
import { daemonChecks, daemonDownCheck } from '../../lib/doctor/daemon-checks.ts'
import { serviceChecks } from '../../lib/doctor/service-checks.ts'
import { linuxLines, macLines, surveyWith } from './survey-lines.ts'

const node: RunningRuntime = { kind: 'node', path: '/usr/bin/node', version: '24.21.0', exists: true }
const shell = surveyWith(linuxLines)

/** What the daemon finds other than the shell does, and the rows that come of it: all others are `ok`. */
interface ContextRow {
  readonly says: string
  readonly daemon?: Readonly<Record<string, string | undefined>>
  readonly runtime?: RunningRuntime
  readonly linked?: boolean
  readonly set?: readonly string[]
  readonly rows: readonly (readonly [check: string, result: string, meaning: RegExp, fix?: RegExp])[]
}

const contexts: readonly ContextRow[] = [
  { says: 'the same', rows: [] },
  {
    says: 'a service that finds no rsync',
    daemon: { 'path ': '/bin', 'program rsync ': '/usr/bin/rsync' },
    rows: [
      [
        'daemon: PATH',
        'warning',
        /does not find ssh, rsync, git/,
        /^echo PATH=\/usr\/local\/bin:\/usr\/bin:\/bin >> \/home\/ann\/\.dsync\/env && chmod 600 \S+ && dsync restart$/,
      ],
    ],
  },
  {
    says: 'another rsync',
    daemon: { 'program rsync ': '/usr/local/bin/rsync' },
    rows: [['daemon: PATH', 'note', /uses rsync at \/usr\/local\/bin\/rsync/, /PATH=/]],
  },
  {
    says: 'no locale, and one in the file env',
    daemon: { 'locale.charmap ': 'ANSI_X3.4-1968' },
    set: ['LC_ALL'],
    rows: [['daemon: locale', 'note', /not UTF-8/, /^Make it LC_ALL=C\.UTF-8 in \S+, then dsync restart$/]],
  },
  {
    says: 'no ssh agent',
    daemon: { 'agent.socket': undefined },
    linked: false,
    rows: [['daemon: ssh agent', 'warning', /knows no ssh agent/, /SSH_AUTH_SOCK=\/tmp\/ssh-x\/agent\.1/]],
  },
  {
    says: 'no ssh agent, and none needed',
    daemon: { 'agent.socket': undefined },
    linked: true,
    rows: [['daemon: ssh agent', 'note', /every host is reached without/]],
  },
  {
    says: 'an ssh agent that has gone',
    daemon: { 'agent.answer ': '2' },
    linked: false,
    rows: [['daemon: ssh agent', 'warning', /its ssh agent is gone/]],
  },
  {
    says: 'no locale',
    daemon: { 'locale.charmap ': 'ANSI_X3.4-1968', 'locale.set': undefined },
    rows: [['daemon: locale', 'note', /not UTF-8/, /LC_ALL=C\.UTF-8/]],
  },
  {
    says: 'few open files',
    daemon: { 'files ': '256' },
    rows: [['daemon: open files', 'warning', /only 256/, /LimitNOFILE/]],
  },
  {
    says: 'a runtime that is gone',
    runtime: { ...node, exists: false },
    rows: [['daemon: runtime', 'warning', /is gone/, /^dsync restart$/]],
  },
  {
    says: "a version manager's runtime",
    runtime: { ...node, path: '/home/ann/.nvm/versions/node/v24.21.0/bin/node' },
    rows: [['daemon: runtime', 'note', /an upgrade may remove/]],
  },
]

describe('what differs between a shell and the daemon', () => {
  for (const { says, daemon, runtime = node, linked = true, set = [], rows } of contexts) {
    it(says, () => {
      const checks = contextChecks(
        { survey: surveyWith(linuxLines, daemon), runtime },
        { shell, isLinked: linked, set },
      )
      const found = checks.filter(({ result }) => result !== 'ok')
      assert.deepEqual(
        found.map(({ check, result }) => [check, result]),
        rows.map(([check, result]) => [check, result]),
      )
      for (const [i, [, , meaning, fix]] of rows.entries()) {
        assert.match(found[i]?.meaning ?? '', meaning)
        if (fix !== undefined) assert.match(found[i]?.fix ?? '', fix)
      }
    })
  }
})

type Session = DaemonStatus['sessions'][number]

const none = { total: 0, first: [] }
const facts = {
  ...{ host: 'x', bootId: '1', caseSensitive: true, normalising: false, swap: 'exchange', watcher: 'inotify' },
  ...{ staging: 'home', created: false },
}
const session: Session = {
  ...{ root: '/home/ann/projects', host: 'mac00', state: 'watching', since: 0, transport: 'ssh', mode: 'two-way' },
  ...{ entries: { alpha: 3, beta: 3 }, queued: 0, inFlight: 0, bytesQueued: 0, conflicts: 0, roundTripMs: 12 },
  ...{ problems: none, holds: [], notices: none, untaken: none, sides: { alpha: facts, beta: facts } },
}
const status: DaemonStatus = {
  ...{
    version: '0.1.0',
    host: 'here',
    home: '/home/ann/.dsync',
    pid: 7,
    since: 0,
    now: 5000,
    logDropped: 0,
    crashes: [],
  },
  ...{ sessions: [session], failed: [], config: [] },
}

const claim = { hub: 'a'.repeat(32), name: 'mac01', epoch: 1, at: 0, isHere: false }

/** What the daemon says, and the rows that are not `ok`. */
const statuses: readonly {
  readonly says: string
  readonly session?: Partial<Session>
  readonly status?: Partial<DaemonStatus>
  readonly rows: readonly (readonly [result: string, meaning: RegExp, fix?: RegExp])[]
}[] = [
  {
    says: 'a host that follows a hub',
    status: { hub: { ...claim, state: 'connected' } },
    rows: [],
  },
  {
    says: 'a hub that is away: nothing is said of links',
    status: { hub: { ...claim, state: 'away', lastHeard: 2000 } },
    session: { state: 'disconnected' },
    rows: [['warning', /^mac01, which is away and was last heard of 3 s ago/, /^Wake mac01, or dsync hub take$/]],
  },
  {
    says: 'no daemon, where another host is the hub',
    status: { pid: 0, hub: { ...claim, state: 'connected' } },
    rows: [['note', /commands here ask mac01/, /^dsync start$/]],
  },
  { says: 'all is well', rows: [] },
  {
    says: 'another version',
    status: { version: '0.0.9' },
    rows: [['warning', /0\.0\.9, and this command is 0\.1\.0/, /restart/]],
  },
  {
    says: 'wrong settings',
    status: { config: [{ file: 'x', message: 'no host' }] },
    rows: [['failed', /no host/, /config check/]],
  },
  {
    says: 'a crash',
    status: { crashes: [{ at: 1000, pid: 3, why: 'it broke\nat x', file: '/h/crash 1' }] },
    rows: [['warning', /crashed 4 s ago: it broke$/, /^cat '\/h\/crash 1'/]],
  },
  { says: 'a disk without room for logs', status: { logDropped: 3 }, rows: [['warning', /3 lines/, /room/]] },
  {
    says: 'a root that is not open',
    status: { failed: [{ root: '/home/ann/projects', host: 'mac00', why: 'it is gone' }] },
    rows: [['failed', /~projects with mac00 is not open: it is gone/]],
  },
  {
    says: 'a host that is not reached',
    session: { state: 'disconnected', why: 'no route' },
    rows: [['failed', /no route/, /^dsync hosts check mac00$/]],
  },
  { says: 'a host that is being reached', session: { state: 'connecting' }, rows: [['note', /being connected/]] },
  {
    says: 'a full trash',
    session: { state: 'halted', holds: [{ guard: 'trash-full', side: 'beta', why: '20 GB', paths: none }] },
    rows: [['failed', /trash on mac00 is full/, /room on its disk, then dsync approve/]],
  },
  {
    says: 'a hold',
    session: { holds: [{ guard: 'mass-delete', side: 'alpha', why: 'much goes', paths: none }] },
    rows: [['failed', /much goes/, /^dsync approve/]],
  },
  { says: 'a root that is halted', session: { state: 'halted' }, rows: [['failed', /no reason/, /status/]] },
  { says: 'a paused root', session: { state: 'paused' }, rows: [['note', /paused/, /resume/]] },
  { says: 'conflicts', session: { conflicts: 2 }, rows: [['note', /2 conflicts/, /dsync conflicts/]] },
  { says: 'problems', session: { problems: { total: 4, first: [] } }, rows: [['warning', /4 paths/, /status/]] },
  {
    says: 'polling there, copying here',
    session: { sides: { alpha: { ...facts, swap: 'copy' }, beta: { ...facts, watcher: 'polling' } } },
    rows: [
      ['note', /by copying on this host/],
      ['note', /polled on mac00/],
    ],
  },
  {
    says: 'watched without native calls here',
    session: { sides: { alpha: { ...facts, watcher: 'fs-watch' }, beta: facts } },
    rows: [['note', /by fs\.watch on this host/]],
  },
]

describe('what keeps the daemon up', () => {
  const remark = { about: 'linger', message: 'it stops', hint: 'x', isRemark: true } as const
  const file = { about: 'file', message: 'f is gone', hint: 'dsync service install' } as const
  const program = { about: 'program', message: 'no node', hint: 'dsync service install' } as const
  for (const [says, findings, results] of [
    ['as it should be', [], ['ok']],
    ['a remark', [remark], ['note']],
    ['a file that is gone, and its runtime too', [program, file], ['failed', 'warning']],
  ] as const) {
    it(says, () => {
      assert.deepEqual(
        serviceChecks({ kind: 'systemd', findings }, true).map(({ result }) => result),
        results,
      )
    })
  }
  it('nothing', () => {
    assert.deepEqual(
      serviceChecks(undefined, true).map(({ result, fix }) => [result, fix]),
      [['note', 'dsync service install']],
    )
    assert.deepEqual(serviceChecks(undefined, false), [])
  })
})

describe('what the daemon says', () => {
  const beside = { version: '0.1.0', here: shell, shown: () => '~projects' }
  for (const { says, session: changed, status: other, rows } of statuses) {
    it(says, () => {
      const found = daemonChecks({ ...status, sessions: [{ ...session, ...changed }], ...other }, beside).filter(
        ({ result }) => result !== 'ok',
      )
      assert.deepEqual(
        found.map(({ result }) => result),
        rows.map(([result]) => result),
        JSON.stringify(found),
      )
      for (const [i, [, meaning, fix]] of rows.entries()) {
        assert.match(found[i]?.meaning ?? '', meaning)
        if (fix !== undefined) assert.match(found[i]?.fix ?? '', fix)
      }
    })
  }

  it('a Mac that may not use its own network', () => {
    const lost = { ...status, sessions: [{ ...session, state: 'disconnected' as const, why: 'No route to host' }] }
    const [, link] = daemonChecks(lost, { ...beside, here: surveyWith(macLines) })
    assert.match(link?.fix ?? '', /Local Network/)
  })

  it('nothing: it does not run', () => {
    assert.deepEqual(
      [daemonDownCheck(true), daemonDownCheck(false)].map(({ result, fix }) => [result, fix]),
      [
        ['failed', 'dsync start'],
        ['note', 'dsync roots add DIR, then dsync start'],
      ],
    )
  })
})
