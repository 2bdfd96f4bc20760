import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Check, CheckResult } from '../../lib/doctor/check.ts'
import { diskChecks, homeDiskChecks, rootChecks } from '../../lib/doctor/disk-checks.ts'
import { fileChecks } from '../../lib/doctor/file-checks.ts'
import { admissionChecks, otherChecks } from '../../lib/doctor/host-checks.ts'
import { localNetworkHint, macChecks } from '../../lib/doctor/mac-checks.ts'
import { gitCheck, hashingCheck, pathCheck, rsyncCheck, sshCheck, tmuxCheck } from '../../lib/doctor/program-checks.ts'
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
import { watchChecks } from '../../lib/doctor/watch-checks.ts'
import type { Survey } from '../../lib/remote/survey.ts'
import { linuxLines, macLines, surveyWith } from './survey-lines.ts'

/** What a host says, and the row that comes of it. */
interface Row {
  readonly says: string
  readonly check: (survey: Survey) => Check | readonly Check[]
  readonly mac?: true
  readonly changes?: Readonly<Record<string, string | undefined>>
  /** Results in order; none when no row is wanted. */
  readonly result: CheckResult | readonly CheckResult[]
  readonly meaning?: RegExp
  readonly fix?: RegExp
}

const roots = [{ place: 'root.0', shown: '~/projects' }]
const disk = (survey: Survey): readonly Check[] => diskChecks(survey, roots)
const root = (survey: Survey): readonly Check[] => rootChecks(survey, { place: 'root.0', shown: '~/projects' })
const watches = (survey: Survey): readonly Check[] => watchChecks(survey, roots, false)
const watched = (survey: Survey): readonly Check[] => watchChecks(survey, roots, true)
const space = (kilobytes: number, type = 'ext4'): string =>
  `Filesystem Type 1024-blocks Used Available Capacity Mounted on\r/dev/a ${type} 1000000 1 ${kilobytes} 1% /\r`
const inodes = (free: number): string => `Filesystem Inodes IUsed IFree IUse% Mounted on\r/dev/a 9000 1 ${free} 6% /\r`
const file = (mode: string, owner = 1000): string => `${mode} 1 ${owner} 1000 9 Nov 23 07:00 x`

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

  { says: 'room on one disk', check: disk, result: 'ok', meaning: /^70 GB of 271 GB free, room for 15,823,621 files$/ },
  {
    says: 'a root on another disk',
    check: disk,
    changes: { 'place.space root.0 ': space(900_000_000, 'xfs') },
    result: ['ok', 'ok'],
  },
  {
    says: 'a scarce disk',
    check: disk,
    changes: { 'place.space ': `kit ${space(500_000)}` },
    result: ['warning', 'warning'],
    fix: /dsync trash/,
  },
  {
    says: 'a full disk',
    check: disk,
    changes: { 'place.space root.0 ': space(9_000, 'xfs') },
    result: ['ok', 'failed'],
    meaning: /9\.2 MB of 1 GB free: too little/,
  },
  {
    says: 'few inodes',
    check: disk,
    changes: { 'place.inodes kit ': inodes(3000) },
    result: 'warning',
    meaning: /3,000 files only/,
  },
  { says: 'no inodes', check: disk, changes: { 'place.inodes kit ': inodes(3) }, result: 'failed', meaning: /too few/ },
  {
    says: 'a disk that does not answer',
    check: disk,
    changes: { 'place.space kit': undefined },
    result: ['warning', 'ok'],
    fix: /^df /,
  },
  { says: 'a disk of this machine', check: homeDiskChecks, result: [] },
  {
    says: "dsync's home on NFS",
    check: homeDiskChecks,
    changes: { 'place.space kit ': space(90_000_000, 'nfs4') },
    result: 'warning',
    fix: /DSYNC_HOME/,
  },

  { says: 'a root', check: root, result: 'ok', meaning: /^\/home\/ann\/projects, 31,415 directories$/ },
  {
    says: 'a root too large to count',
    check: root,
    changes: { 'inside ': 'root.0 20000 more' },
    result: 'ok',
    meaning: /over 20,000/,
  },
  {
    says: 'a root that is not there',
    check: root,
    changes: { 'place.missing root.0 ': '/home/ann/projects' },
    result: 'note',
  },
  { says: 'a root that hangs', check: root, changes: { 'place root.0': undefined }, result: 'warning' },
  {
    says: 'a root that is not to be read',
    check: root,
    changes: { 'place.listed root.0': undefined },
    result: 'failed',
    fix: /^chmod u\+rx \/home\/ann\/projects$/,
  },
  {
    says: 'a root that is not to be written',
    check: root,
    changes: { 'place.writable root.0': undefined },
    result: 'failed',
    fix: /^chmod u\+wx/,
  },
  {
    says: 'a root on a network disk',
    check: root,
    changes: { 'place.space root.0 ': space(90_000_000, 'fuse.sshfs') },
    result: ['ok', 'note'],
  },
  { says: 'a root whose names fold', check: root, changes: { 'place.folds root.0 ': 'yes' }, result: ['ok', 'note'] },
  {
    says: 'attributes and access lists',
    check: root,
    changes: { 'extras.attributes root.0 ': '12', 'extras.acls root.0 ': '3' },
    result: ['ok', 'note'],
    meaning: /of 12 entries and access lists of 3 entries are not carried/,
  },
  { says: 'no attributes', check: root, changes: { 'extras.attributes root.0 ': '0' }, result: 'ok' },
  {
    says: 'Documents, on a Mac that keeps it closed',
    mac: true,
    check: root,
    changes: { 'place root.0 ': '/Users/ann/Documents', 'place.writable root.0 ': 'yes' },
    result: 'failed',
    fix: /Full Disk Access/,
  },

  {
    says: 'watches',
    check: watches,
    result: 'ok',
    meaning: /^31,415 directories to watch, 524,288 watches allowed, 1,200 in use/,
  },
  { says: 'no inotify', check: watches, mac: true, result: [] },
  {
    says: 'too few watches',
    check: watches,
    changes: { 'watches.max_user_watches ': '8192' },
    result: 'warning',
    fix: /^echo fs\.inotify\.max_user_watches=524288 \| sudo tee -a \S+ && sudo sysctl --system$/,
  },
  {
    says: 'nearly too few',
    check: watches,
    changes: { 'watches.max_user_watches ': '35000' },
    result: 'note',
    meaning: /nearly used up/,
  },
  {
    says: 'enough, ours among those in use',
    check: watched,
    changes: { 'watches.max_user_watches ': '65536', 'watches.used ': '40000' },
    result: 'ok',
    meaning: /8,585 in use by others/,
  },
  {
    says: 'too many to count',
    check: watches,
    changes: { 'inside ': 'root.0 20000 more' },
    result: 'note',
    meaning: /too many to count/,
  },
  {
    says: 'a limit for a million directories',
    check: watches,
    changes: { 'inside ': 'root.0 1000000' },
    result: 'warning',
    fix: /max_user_watches=2097152/,
  },
  {
    says: 'no instance left',
    check: watches,
    changes: { 'watches.instances ': '127' },
    result: ['ok', 'warning'],
    fix: /max_user_instances=1024/,
  },

  { says: 'rsync', check: rsyncCheck, result: 'ok', meaning: /^rsync 3\.2\.7 at/ },
  {
    says: 'no rsync',
    check: rsyncCheck,
    changes: { 'program rsync': undefined },
    result: 'note',
    fix: /Install rsync/,
  },
  { says: 'openrsync', check: rsyncCheck, mac: true, result: 'note', meaning: /^openrsync/, fix: /brew/ },
  {
    says: 'an rsync from before the flood',
    check: rsyncCheck,
    changes: { 'version rsync ': 'rsync  version 2.5.7' },
    result: 'note',
    meaning: /not one that dsync can use/,
  },
  {
    says: 'an rsync that is not on PATH',
    check: rsyncCheck,
    changes: { 'program rsync ': '/opt/homebrew/bin/rsync' },
    result: 'note',
    fix: /^export PATH=\/opt\/homebrew\/bin:\$PATH/,
  },
  { says: 'git', check: gitCheck, result: 'ok', meaning: /^git 2\.39\.5 at/ },
  { says: 'no git', check: gitCheck, changes: { 'program git': undefined }, result: 'note' },
  { says: 'tmux', check: tmuxCheck, result: 'ok', meaning: /^tmux 3\.3a at/ },
  { says: 'no tmux', check: tmuxCheck, mac: true, result: 'note' },
  { says: 'ssh', check: survey => sshCheck(survey, true), result: 'ok', meaning: /^OpenSSH 9\.2 at/ },
  { says: 'no ssh', check: survey => sshCheck(survey, true), changes: { 'program ssh': undefined }, result: 'failed' },
  {
    says: 'no ssh where none is needed',
    check: survey => sshCheck(survey, false),
    changes: { 'program ssh': undefined },
    result: 'note',
  },
  {
    says: 'an old ssh',
    check: survey => sshCheck(survey, true),
    changes: { 'version ssh ': 'OpenSSH_6.6.1p1, OpenSSL 1.0.1e' },
    result: 'warning',
  },
  {
    says: 'another ssh',
    check: survey => sshCheck(survey, true),
    changes: { 'version ssh ': 'Dropbear v2022.83' },
    result: 'note',
  },
  { says: 'a hash', check: hashingCheck, result: 'ok' },
  { says: 'another hash', check: hashingCheck, mac: true, result: 'ok', meaning: /^shasum/ },
  { says: 'no hash', check: hashingCheck, changes: { 'program sha256sum': undefined }, result: 'warning' },
  { says: 'PATH', check: pathCheck, result: 'ok' },
  { says: 'no PATH', check: pathCheck, changes: { 'path ': undefined }, result: 'warning' },
  { says: 'Homebrew, which is not on PATH', check: pathCheck, mac: true, result: 'note', meaning: /git is not on it$/ },

  { says: 'permissions', check: fileChecks, result: 'ok', meaning: /^4 files/ },
  { says: 'nothing there yet', check: fileChecks, changes: { 'file ': undefined }, result: 'ok', meaning: /no file/ },
  {
    says: 'settings that others may read',
    check: fileChecks,
    changes: { 'file config.json ': file('-rw-r--r--') },
    result: 'warning',
    fix: /^chmod 600 \/home\/ann\/\.dsync\/config\.json$/,
  },
  {
    says: 'settings that others may write',
    check: fileChecks,
    changes: { 'file config.json ': file('-rw-rw----') },
    result: 'failed',
    fix: /^chmod 600/,
  },
  {
    says: 'a home that others may look into',
    check: fileChecks,
    changes: { 'file . ': file('drwxr-xr-x') },
    result: 'warning',
    fix: /^chmod 700 \/home\/ann\/\.dsync$/,
  },
  {
    says: 'programs that others may change',
    check: fileChecks,
    changes: { 'file kit ': file('drwxrwxrwx') },
    result: 'failed',
    fix: /^chmod go-w/,
  },
  {
    says: 'a file of another user',
    check: fileChecks,
    changes: { 'file config.json ': file('-rw-------', 0) },
    result: 'failed',
    fix: /^sudo chown -R ann \/home\/ann\/\.dsync\/config\.json$/,
  },
  {
    says: 'a home that sshd does not trust',
    check: fileChecks,
    changes: { 'file ~/. ': file('drwxrwxr-x') },
    result: 'warning',
    fix: /^chmod go-w ~$/,
  },
  {
    says: 'a .ssh of another user',
    check: fileChecks,
    changes: { 'file ~/.ssh ': file('drwx------', 1001) },
    result: 'warning',
    fix: /^sudo chown ann ~\/\.ssh$/,
  },
  {
    says: 'a user whose name is a command',
    check: fileChecks,
    changes: { 'file ~/.ssh ': file('drwx------', 1001), 'user.name ': '$(reboot)' },
    result: 'warning',
    fix: /^sudo chown '\$\(reboot\)' ~/,
  },

  { says: 'privacy elsewhere', check: survey => macChecks(survey, []), result: [] },
  {
    says: 'privacy',
    mac: true,
    check: survey => macChecks(survey, ['/Users/ann/projects']),
    result: ['ok', 'note'],
    meaning: /after 1 min/,
  },
  {
    says: 'Documents',
    mac: true,
    check: survey => macChecks(survey, ['/Users/ann/Documents/x']),
    result: ['warning', 'note'],
    meaning: /a service cannot be asked/,
  },
  {
    says: 'full disk access',
    mac: true,
    check: survey => macChecks(survey, ['/Volumes/x']),
    changes: { 'mac.full-disk ': 'yes', 'mac.sleep ': 'sleep 0' },
    result: ['ok', 'ok'],
  },
]

describe('what is made of what was found', () => {
  for (const { says, check, mac, changes, result, meaning, fix } of rows) {
    it(says, () => {
      const found = [check(surveyWith(mac === true ? macLines : linuxLines, changes))].flat()
      assert.deepEqual(
        found.map(each => each.result),
        [result].flat(),
        JSON.stringify(found),
      )
      if (meaning !== undefined)
        assert.ok(
          found.some(each => meaning.test(each.meaning)),
          JSON.stringify(found),
        )
      if (fix !== undefined)
        assert.ok(
          found.some(each => fix.test(each.fix ?? '')),
          JSON.stringify(found),
        )
      for (const each of found) {
        assert.ok(
          each.result === 'ok' ||
            each.result === 'note' ||
            each.fix !== undefined ||
            /musl|native|was not to be found/.test(each.meaning),
          `no fix: ${each.meaning}`,
        )
      }
    })
  }

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

  it('Local Network: only on a Mac that has it, and only without a route', () => {
    const mac = surveyWith(macLines)
    assert.match(localNetworkHint(mac, 'connect: No route to host') ?? '', /Local Network/)
    assert.equal(localNetworkHint(mac, 'Connection refused'), undefined)
    assert.equal(localNetworkHint(surveyWith(macLines, { 'mac.version ': '14.6' }), 'No route to host'), undefined)
    assert.equal(localNetworkHint(surveyWith(linuxLines), 'No route to host'), undefined)
  })

  it('another host: every row, and none of them failed', () => {
    const checks = otherChecks(surveyWith(linuxLines), { roots, isWatching: true, version: '1' })
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
      otherChecks(surveyWith(linuxLines, { 'kit.version ': kit }), { roots, isWatching: true, version: '0.2.0' }).find(
        ({ check }) => check === 'version',
      )
    assert.equal(version('"version": "0.2.0",')?.result, 'ok')
    assert.match(version('"version": "0.1.0",')?.meaning ?? '', /0\.1\.0 is installed there, 0\.2\.0 here/)
    assert.equal(version(undefined), undefined)
  })

  it('a host may be added when nothing failed, and what hangs is told', () => {
    const results = (survey: Survey): CheckResult[] => admissionChecks(survey).map(({ result }) => result)
    assert.deepEqual([...new Set(results(surveyWith(linuxLines)))], ['ok'])
    const [first] = admissionChecks(surveyWith([...linuxLines, 'begun program rsync --version']))
    assert.match(first?.meaning ?? '', /^no answer within 10 s from `program rsync --version`/)
  })
})
