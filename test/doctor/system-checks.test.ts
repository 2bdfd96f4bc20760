import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Check, CheckResult } from '../../lib/doctor/check.ts'
import { admissionChecks, hereChecks, otherChecks } from '../../lib/doctor/host-checks.ts'
import {
  clockCheck,
  homeCheck,
  localeCheck,
  openFilesCheck,
  platformCheck,
  runtimeCheck,
  shellCheck,
  temporaryCheck,
  umaskCheck,
} from '../../lib/doctor/system-checks.ts'
import type { Survey } from '../../lib/remote/survey.ts'
import type { Row } from './check-rows.ts'
import { space, testRows } from './check-rows.ts'
import { linuxLines, surveyWith } from './survey-lines.ts'

const roots = [{ place: 'root.0', shown: '~/projects' }]

const rows: readonly Row[] = [
  { says: 'a known platform', check: platformCheck, result: 'ok', meaning: /^linux-x64, glibc 2\.36$/ },
  {
    says: 'musl',
    check: platformCheck,
    changes: { 'system.libc ': 'musl' },
    result: 'warning',
    meaning: /no Node of ours/,
  },
  {
    says: 'a Raspberry Pi of 32 bits',
    check: platformCheck,
    changes: { 'system.machine ': 'armv7l' },
    result: 'warning',
  },
  {
    says: 'Windows',
    check: platformCheck,
    changes: { 'system.name ': 'MINGW64_NT-10.0' },
    result: 'failed',
    fix: /WSL/,
  },
  { says: 'a Mac', check: platformCheck, mac: true, result: 'ok', meaning: /^darwin-arm64, macOS 15\.1$/ },
  {
    says: 'Rosetta',
    check: platformCheck,
    mac: true,
    changes: { 'mac.translated ': '1' },
    result: 'note',
    meaning: /Intel/,
  },
  { says: 'a shell', check: shellCheck, result: 'ok', meaning: /^\/bin\/bash$/ },
  {
    says: 'a restricted shell',
    check: shellCheck,
    changes: { 'user.shell ': '/bin/rbash' },
    result: 'warning',
    fix: /chsh/,
  },
  { says: 'no SHELL', check: shellCheck, changes: { 'user.shell ': undefined }, result: 'note' },
  { says: 'a home', check: homeCheck, result: 'ok', meaning: /^\/home\/ann\/\.dsync$/ },
  {
    says: 'a home without dsync',
    check: homeCheck,
    changes: { 'try.write kit': undefined, 'try.run kit': undefined },
    result: 'ok',
    meaning: /^\/home\/ann$/,
  },
  {
    says: 'a home that is not to be written',
    check: homeCheck,
    changes: { 'try.write kit ': 'no' },
    result: 'failed',
    fix: /^ls -ld/,
  },
  {
    says: 'a home on a full disk',
    check: homeCheck,
    changes: { 'try.write kit ': 'no', 'place.space kit ': space(0) },
    result: 'failed',
    meaning: /disk is full/,
    fix: /Make room/,
  },
  {
    says: 'noexec with a runtime elsewhere',
    check: homeCheck,
    changes: { 'try.run kit ': 'no' },
    result: 'note',
    meaning: /noexec/,
  },
  {
    says: 'noexec without a runtime',
    check: homeCheck,
    changes: { 'try.run kit ': 'no', 'runtime ': undefined },
    result: 'failed',
    fix: /Install Node/,
  },
  {
    says: 'a home that hangs',
    check: homeCheck,
    changes: { 'try.write ': undefined, 'try.run ': undefined },
    result: 'warning',
  },
  { says: 'temporary files', check: temporaryCheck, result: 'ok' },
  {
    says: 'none may be written',
    check: temporaryCheck,
    changes: { 'try.write tmp ': 'no' },
    result: 'warning',
    fix: /TMPDIR/,
  },
  {
    says: 'none may be run',
    check: temporaryCheck,
    changes: { 'try.run tmp ': 'no' },
    result: 'note',
    meaning: /noexec/,
  },
  { says: 'nobody knows where', check: temporaryCheck, mac: true, result: 'note' },
  { says: 'the same clock', check: clockCheck, result: 'ok', meaning: /give or take 1 s/ },
  { says: 'UTF-8', check: localeCheck, result: 'ok' },
  {
    says: 'ASCII',
    check: localeCheck,
    changes: { 'locale.charmap ': 'ANSI_X3.4-1968' },
    result: 'note',
    fix: /LC_ALL/,
  },
  { says: 'no locale at all', check: localeCheck, changes: { 'locale.': undefined }, result: 'note' },
  { says: 'a Mac over ssh', check: localeCheck, mac: true, result: 'note', meaning: /none is set \(US-ASCII\)/ },
  { says: 'a umask', check: umaskCheck, result: 'ok', meaning: /^022$/ },
  { says: 'a closed umask', check: umaskCheck, changes: { 'umask ': '0077' }, result: 'ok' },
  {
    says: 'an open umask',
    check: umaskCheck,
    changes: { 'umask ': '0000' },
    result: 'warning',
    meaning: /everybody may write/,
  },
  {
    says: 'a mad umask',
    check: umaskCheck,
    changes: { 'umask ': '0777' },
    result: 'warning',
    meaning: /not even yours/,
  },
  { says: 'no umask', check: umaskCheck, changes: { 'umask ': 'x' }, result: 'note' },
  { says: 'many open files', check: openFilesCheck, result: 'ok' },
  { says: 'any number of open files', check: openFilesCheck, changes: { 'files ': 'unlimited' }, result: 'ok' },
  { says: 'few open files, as launchd gives', check: openFilesCheck, mac: true, result: 'warning', fix: /ulimit/ },
  { says: 'a runtime', check: runtimeCheck, result: 'ok', meaning: /^Node 24\.21\.0 at \/usr\/local\/bin\/node$/ },
  { says: 'two runtimes', check: runtimeCheck, mac: true, result: 'ok', meaning: /and 1 more$/ },
  {
    says: 'an old runtime',
    check: runtimeCheck,
    changes: { 'runtime ': 'node v18.19.0 /usr/bin/node' },
    result: 'note',
    meaning: /too old: Node 18\.19\.0/,
  },
  {
    says: 'no runtime',
    check: runtimeCheck,
    changes: { 'runtime ': undefined },
    result: 'note',
    meaning: /brings its own/,
  },
  {
    says: 'no runtime, and none of ours',
    check: runtimeCheck,
    changes: { 'runtime ': undefined, 'system.libc ': 'musl' },
    result: 'failed',
    fix: /Install/,
  },
]

describe('what a machine and its login are like', () => {
  testRows(rows)

  for (const [offsetMs, errorMs, name, result, says] of [
    [1500, 10, 'linux', 'ok', /the same/],
    [-42_000, 10, 'linux', 'warning', /^42 s behind/],
    [90_000_000, 10, 'darwin', 'warning', /^25 h ahead/],
    [2400, 600, 'linux', 'ok', /give or take 3 s/],
  ] as const) {
    it(`a clock that is off by ${offsetMs} ms, give or take ${errorMs}`, () => {
      const survey = surveyWith(linuxLines)
      const found = clockCheck({
        ...survey,
        system: { ...survey.system, name },
        clock: { offsetMs, errorMs, roundTripMs: 2 },
      })
      assert.equal(found.result, result)
      assert.match(found.meaning, says)
      if (result === 'warning') assert.match(found.fix ?? '', name === 'darwin' ? /sntp/ : /timedatectl/)
    })
  }

  it('no clock', () => {
    const { clock: _, ...survey } = surveyWith(linuxLines)
    assert.equal(clockCheck(survey).result, 'note')
  })

  it('another host: every row, and none of them failed', () => {
    const checks = otherChecks(surveyWith(linuxLines), { roots, isWatching: true, version: '1', host: 'mac00' })
    assert.deepEqual(
      checks.filter(({ result }) => result !== 'ok'),
      [],
    )
    const names = checks.map(({ check }) => check)
    for (const name of ['login', 'login shell', 'runtime', 'clock', 'hashing', 'watches', 'rsync', 'permissions']) {
      assert.ok(names.includes(name), name)
    }
  })

  it('versions: the same, another, and nothing installed', () => {
    const version = (kit: string | undefined): Check | undefined =>
      otherChecks(surveyWith(linuxLines, { 'kit.version ': kit }), {
        roots,
        isWatching: true,
        version: '0.2.0',
        host: 'mac00',
      }).find(({ check }) => check === 'version')
    assert.equal(version('"version": "0.2.0",')?.result, 'ok')
    assert.match(version('"version": "0.1.0",')?.meaning ?? '', /0\.1\.0 is installed there, 0\.2\.0 here/)
    assert.equal(version(undefined), undefined)
  })

  it('the version here: of a checkout, of the release in use, and of another', () => {
    const runtime = { kind: 'node', path: '/usr/bin/node', version: '24.21.0', exists: true } as const
    const row = (release: string | undefined, kit: string | undefined): Check | undefined =>
      hereChecks(surveyWith(linuxLines, { 'kit.release ': release, 'kit.version ': kit }), {
        ...{ roots, isWatching: false, needsSsh: true, sockets: '/run/x', runtime, version: '0.2.0' },
      }).find(({ check }) => check === 'version')
    assert.match(row(undefined, undefined)?.meaning ?? '', /none is installed$/)
    assert.equal(row('0.2.0-abc', '"version": "0.2.0",')?.meaning, 'dsync 0.2.0, release 0.2.0-abc')
    assert.equal(row('0.1.0-abc', '"version": "0.1.0",')?.result, 'note')
  })

  it('a host may be added when nothing failed, and what hangs is told', () => {
    const results = (survey: Survey): CheckResult[] => admissionChecks(survey).map(({ result }) => result)
    assert.deepEqual([...new Set(results(surveyWith(linuxLines)))], ['ok'])
    const large = surveyWith([...linuxLines, 'begun inside root.1 /x', 'begun extras root.1 /x'])
    assert.deepEqual([...new Set(results(large))], ['ok'])
    const [first] = admissionChecks(surveyWith([...linuxLines, 'begun program rsync --version']))
    assert.match(first?.meaning ?? '', /^no answer within 10 s from `program rsync --version`/)
  })
})
