import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'plist'
import { program } from '../../scripts/provision/programs.ts'
import { crontabLines } from '../../lib/service/crontab-lines.ts'
import { serviceJobs } from '../../lib/service/jobs.ts'
import { launchdPlist } from '../../lib/service/launchd-plist.ts'
import type { ServicePlace } from '../../lib/service/service-place.ts'
import { checkPlace, instanceOf } from '../../lib/service/service-place.ts'
import { systemdUnits } from '../../lib/service/systemd-units.ts'

const place = {
  userHome: '/home/u',
  home: '/home/u/.dsync',
  kit: '/home/u/.dsync/kit/current',
  runtime: '',
} as const

/** Paths with everything that some file has a meaning for. */
const odd = {
  userHome: `/home/o & <"d'd> 100% $HOME \\n`,
  home: `/home/o & <"d'd> 100% $HOME \\n/.dsync`,
  kit: `/opt/my kit %h $(x) -- 'k'`,
  runtime: '/opt/node 24/bin',
} as const

function jobsOf(kind: ServicePlace['kind'], at: Omit<ServicePlace, 'kind'> = place) {
  return serviceJobs({ ...at, kind })
}

describe('a launchd agent', () => {
  const [daemon, verify, trash] = jobsOf('launchd').map(job => parse(launchdPlist(job, '')))

  it('of the daemon starts at login and after a failure, not after a stop, and not in a hurry', () => {
    assert.deepEqual(daemon, {
      Label: 'dev.dsync.daemon',
      ProgramArguments: ['/home/u/.dsync/kit/current/bin/dsync', '--daemon'],
      EnvironmentVariables: {
        DSYNC_HOME: '/home/u/.dsync',
        DSYNC_SUPERVISOR: 'launchd',
        LC_ALL: 'en_US.UTF-8',
        PATH: '/home/u/.dsync/bin:/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
      },
      WorkingDirectory: '/home/u',
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: 10,
      ExitTimeOut: 60,
      ProcessType: 'Standard',
      Nice: 5,
      LimitLoadToSessionType: ['Aqua', 'Background'],
      StandardOutPath: '/home/u/.dsync/run/daemon.log',
      StandardErrorPath: '/home/u/.dsync/run/daemon.log',
    })
  })

  it('of a daily job runs at its time, in the background', () => {
    const shared = { ProcessType: 'Background', LowPriorityIO: true, Nice: 10 }
    for (const [agent, name, hour, words] of [
      [verify, 'verify', 3, ['verify']],
      [trash, 'trash', 4, ['trash', '--clean', '--yes']],
    ] as const) {
      assert.partialDeepStrictEqual(agent, {
        ...shared,
        Label: `dev.dsync.${name}`,
        ProgramArguments: ['/home/u/.dsync/kit/current/bin/dsync', ...words],
        StartCalendarInterval: { Hour: hour, Minute: 30 },
        StandardErrorPath: `/home/u/.dsync/run/${name}.log`,
      })
      assert.deepEqual(
        ['RunAtLoad', 'KeepAlive'].filter(key => Object.keys(agent as object).includes(key)),
        [],
      )
    }
  })

  it('carries any path, and tells the service of another home apart', () => {
    const instance = instanceOf(odd)
    assert.equal(instance, '')
    const [job] = jobsOf('launchd', odd)
    assert.ok(job)
    assert.partialDeepStrictEqual(parse(launchdPlist(job, '1a2b')), {
      Label: 'dev.dsync.daemon.1a2b',
      ProgramArguments: [`${odd.kit}/bin/dsync`, '--daemon'],
      WorkingDirectory: odd.userHome,
    })
    assert.match(instanceOf({ userHome: '/home/u', home: '/mnt/dsync' }), /^[0-9a-f]{8}$/)
  })
})

describe('a systemd user unit', () => {
  for (const [says, at] of [
    ['with plain paths', place],
    ['with paths that hold all that systemd has a meaning for', odd],
  ] as const) {
    it(`passes systemd-analyze verify ${says}`, t => {
      if (program('systemd-analyze') === undefined)
        return t.skip('there is no systemd-analyze: apt-get install systemd')
      const folder = mkdtempSync(join(tmpdir(), 'dsync-units-'))
      t.after(() => rmSync(folder, { recursive: true, force: true }))
      // It looks whether the program is there.
      const kit = join(folder, at.kit)
      mkdirSync(join(kit, 'bin'), { recursive: true })
      writeFileSync(join(kit, 'bin/dsync'), '#!/bin/sh\n', { mode: 0o755 })
      const units = jobsOf('systemd', { ...at, kit }).flatMap(job => systemdUnits(job, ''))
      for (const { name, text } of units) writeFileSync(join(folder, name), text)
      const files = units.map(({ name }) => join(folder, name))
      const env = { PATH: process.env['PATH'], HOME: folder, XDG_RUNTIME_DIR: folder, SYSTEMD_LOG_LEVEL: 'warning' }
      const { status, stderr, stdout } = spawnSync('systemd-analyze', ['--user', 'verify', ...files], {
        env,
        encoding: 'utf8',
      })
      const said = `${stdout}${stderr}`
        .split('\n')
        .filter(line => line !== '' && !line.includes('not been booted with systemd'))
      assert.deepEqual([status, said.filter(line => line.includes('dsync-'))], [0, []], said.join('\n'))
    })
  }

  it('of the daemon is restarted after a failure, for ever but calmly, and what it started ends after it', () => {
    const [unit] = jobsOf('systemd').flatMap(job => systemdUnits(job, ''))
    assert.equal(unit?.name, 'dsync-daemon.service')
    const lines = unit.text.split('\n')
    for (const line of [
      'StartLimitIntervalSec=0',
      'Restart=on-failure',
      'RestartSec=5',
      'KillMode=mixed',
      'TimeoutStopSec=60',
      'NoNewPrivileges=yes',
      'Nice=5',
      'WantedBy=default.target',
      'ExecStart=/home/u/.dsync/kit/current/bin/dsync --daemon',
    ]) {
      assert.ok(lines.includes(line), line)
    }
  })

  it('of a daily job makes up for a night in which the machine slept', () => {
    const units = jobsOf('systemd').flatMap(job => systemdUnits(job, '1a2b'))
    assert.deepEqual(
      units.map(({ name }) => name),
      [
        'dsync-daemon-1a2b.service',
        'dsync-verify-1a2b.service',
        'dsync-verify-1a2b.timer',
        'dsync-trash-1a2b.service',
        'dsync-trash-1a2b.timer',
      ],
    )
    assert.match(units[2]?.text ?? '', /^OnCalendar=\*-\*-\* 03:30:00\nRandomizedDelaySec=15min\nPersistent=true$/m)
    assert.match(units[1]?.text ?? '', /^SuccessExitStatus=5 6 7$/m)
  })
})

describe('the lines in a crontab', () => {
  it('start the daemon at boot, and look every five minutes whether it crashed', () => {
    const variables =
      'DSYNC_HOME=/home/u/.dsync DSYNC_SUPERVISOR=cron LC_ALL=C.UTF-8 PATH=/home/u/.dsync/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'
    const line = (niceness: number, words: string, log = '/dev/null'): string =>
      `${variables} nice -n ${niceness} /home/u/.dsync/kit/current/bin/dsync ${words} >>${log} 2>&1`
    assert.deepEqual(crontabLines(jobsOf('cron')), [
      `@reboot ${line(5, 'start')}`,
      `*/5 * * * * ${line(5, 'start --unless-stopped')}`,
      `30 3 * * * ${line(10, 'verify', '/home/u/.dsync/run/verify.log')}`,
      `30 4 * * * ${line(10, 'trash --clean --yes', '/home/u/.dsync/run/trash.log')}`,
    ])
  })

  it('mean the same words to sh once cron has taken the backslash before each %', t => {
    const folder = mkdtempSync(join(tmpdir(), 'dsync-cron-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const kit = join(folder, odd.kit)
    mkdirSync(join(kit, 'bin'), { recursive: true })
    writeFileSync(join(kit, 'bin/dsync'), '#!/bin/sh\nprintf "%s|" "$DSYNC_HOME" "$@" >"$0.said"\n', { mode: 0o755 })
    const [line = ''] = crontabLines(jobsOf('cron', { ...odd, kit }))
    const command = line.replace('@reboot ', '').replaceAll('\\%', '%')
    assert.doesNotMatch(line.replaceAll('\\%', ''), /%/)
    assert.equal(spawnSync('sh', ['-c', command]).status, 0)
    assert.equal(readFileSync(join(kit, 'bin/dsync.said'), 'utf8'), `${odd.home}|start|`)
  })
})

describe('a place', () => {
  it('that PATH or a line cannot hold is refused', () => {
    for (const userHome of ['/home/a:b', '/home/a\nb', '/home/a\tb']) {
      assert.throws(() => checkPlace({ ...place, kind: 'cron', userHome }), { code: 'REFUSED' })
    }
    checkPlace({ ...odd, kind: 'systemd' })
  })
})
