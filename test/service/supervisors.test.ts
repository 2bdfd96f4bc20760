import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chooseSupervisor } from '../../lib/service/choose-supervisor.ts'
import { CronSupervisor } from '../../lib/service/cron-supervisor.ts'
import { serviceJobs } from '../../lib/service/jobs.ts'
import { launchdLook } from '../../lib/service/launchctl.ts'
import { LaunchdSupervisor } from '../../lib/service/launchd-supervisor.ts'
import { lingerOf, setLinger } from '../../lib/service/linger.ts'
import type { RunTool, ToolEnd } from '../../lib/service/supervisor.ts'
import { unitLook } from '../../lib/service/systemctl.ts'

const place = { userHome: '/home/u', home: '/home/u/.dsync', kit: '/home/u/.dsync/kit/current', runtime: '' }

/** What a tool answers, by its command line; others end with 0 and say nothing. Remembers what was asked. */
function tool(answers: (line: string) => Partial<ToolEnd> | undefined | 'missing') {
  const asked: string[] = []
  const inputs: string[] = []
  const run: RunTool = async (command, input) => {
    asked.push(command.join(' '))
    if (input !== undefined) inputs.push(input)
    const answer = answers(command.join(' '))
    return answer === 'missing' ? undefined : { code: 0, stdout: '', stderr: '', ...answer }
  }
  return { run, asked, inputs }
}

describe('what systemctl show says', () => {
  // Recorded from systemd 252.
  const rows = [
    [
      'running',
      'Result=success\nNRestarts=1\nExecMainCode=0\nExecMainStatus=0\nMainPID=2632\nLoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\n',
      { isLoaded: true, isEnabled: true, state: 'running', pid: 2632, restarts: 1 },
    ],
    [
      'about to be started again',
      'Result=exit-code\nNRestarts=3\nExecMainCode=1\nExecMainStatus=1\nMainPID=0\nLoadState=loaded\nActiveState=activating\nSubState=auto-restart\nUnitFileState=enabled\n',
      { isLoaded: true, isEnabled: true, state: 'waiting', restarts: 3, lastEnd: 'it ended with 1' },
    ],
    [
      'killed and given up on',
      'Result=signal\nNRestarts=0\nExecMainCode=2\nExecMainStatus=9\nMainPID=0\nLoadState=loaded\nActiveState=failed\nSubState=failed\nUnitFileState=disabled\n',
      { isLoaded: true, isEnabled: false, state: 'failed', restarts: 0, lastEnd: 'signal 9 ended it' },
    ],
    [
      'unknown',
      'Result=success\nNRestarts=0\nExecMainCode=0\nExecMainStatus=0\nMainPID=0\nLoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\n',
      { isLoaded: false, isEnabled: false, state: 'stopped', restarts: 0 },
    ],
  ] as const
  for (const [says, text, look] of rows) it(`of a unit that is ${says}`, () => assert.deepEqual(unitLook(text), look))
})

/** As others have shown it; not recorded here, where no macOS runs. */
const printed = (lines: readonly string[]): string =>
  [
    'gui/501/dev.dsync.daemon = {',
    ...lines.map(line => `\t${line}`),
    '\tendpoints = {',
    '\t\t"pid = 1" = {',
    '\t\t}',
    '\t}',
    '}',
    '',
  ].join('\n')

describe('what launchctl print says', () => {
  const rows = [
    [
      'runs',
      [
        'active count = 1',
        'path = /Users/u/Library/LaunchAgents/dev.dsync.daemon.plist',
        'state = running',
        'runs = 1',
        'pid = 812',
        'last exit code = (never exited)',
      ],
      { isLoaded: true, isEnabled: true, state: 'running', pid: 812, restarts: 0 },
    ],
    [
      'failed and waits',
      ['state = spawn scheduled', 'runs = 4', 'last exit code = 1'],
      { isLoaded: true, isEnabled: true, state: 'waiting', restarts: 3, lastEnd: 'it ended with 1' },
    ],
    [
      'was killed',
      ['state = not running', 'runs = 2', 'last terminating signal = Killed: 9'],
      { isLoaded: true, isEnabled: true, state: 'waiting', restarts: 1, lastEnd: 'signal Killed: 9 ended it' },
    ],
    [
      'was stopped',
      ['state = not running', 'runs = 1', 'last exit code = 0'],
      { isLoaded: true, isEnabled: true, state: 'stopped', restarts: 0 },
    ],
  ] as const
  for (const [says, lines, look] of rows) {
    it(`of a job that ${says}`, () => assert.deepEqual(launchdLook(printed(lines)), look))
  }
})

describe('launchd', () => {
  const jobs = serviceJobs({ ...place, kind: 'launchd' })
  const gone = { code: 113, stderr: 'Could not find service "dev.dsync.daemon" in domain for user gui: 501' }
  const supervisor = (run: RunTool): LaunchdSupervisor =>
    new LaunchdSupervisor({ ...place, kind: 'launchd' }, jobs, { uid: 501, run, pauseMs: 0 })

  it('is told of a job by its file, beside the windows of a person who has some', async () => {
    const { run, asked } = tool(line =>
      /print gui\/501\/|bootout/.test(line) ? gone : /print user/.test(line) ? gone : undefined,
    )
    await supervisor(run).start()
    assert.deepEqual(
      asked.filter(line => !/ print .*dev\.dsync/.test(line)),
      [
        'launchctl print gui/501',
        'launchctl enable gui/501/dev.dsync.daemon',
        'launchctl bootstrap gui/501 /home/u/Library/LaunchAgents/dev.dsync.daemon.plist',
        'launchctl kickstart gui/501/dev.dsync.daemon',
      ],
    )
  })

  it('takes the domain of a user who is there by ssh alone', async () => {
    const { run, asked } = tool(line => {
      if (/print/.test(line)) return { code: 125, stderr: 'Domain does not support specified action' }
      return undefined
    })
    await supervisor(run).start()
    assert.ok(asked.includes('launchctl bootstrap user/501 /home/u/Library/LaunchAgents/dev.dsync.daemon.plist'))
  })

  it('that still drains a job is asked again, and one that refuses is quoted', async () => {
    let left = 3
    const { run, asked } = tool(line => {
      if (/ print .*dev\.dsync/.test(line)) return gone
      if (/bootstrap/.test(line))
        return left-- > 0 ? { code: 5, stderr: 'Bootstrap failed: 5: Input/output error' } : undefined
      return undefined
    })
    await supervisor(run).start()
    assert.equal(asked.filter(line => /bootstrap/.test(line)).length, 4)
    const refusing = tool(line =>
      / print .*dev\.dsync/.test(line)
        ? gone
        : /bootstrap/.test(line)
          ? { code: 78, stderr: 'Bootstrap failed: 78: Function not implemented' }
          : undefined,
    )
    await assert.rejects(supervisor(refusing.run).start(), {
      code: 'REFUSED',
      message: /launchd says: Bootstrap failed: 78/,
    })
  })

  it('lets go of a job in every domain, and waits until it is out', async () => {
    let looks = 2
    const { run, asked } = tool(line => {
      if (/bootout gui/.test(line)) return { code: 36, stderr: 'Operation now in progress' }
      if (/bootout user/.test(line)) return { code: 3, stderr: 'No such process' }
      return /print gui/.test(line) && looks-- > 0 ? { stdout: printed(['pid = 9']) } : gone
    })
    await supervisor(run).stop()
    assert.deepEqual(asked, [
      'launchctl bootout gui/501/dev.dsync.daemon',
      'launchctl print gui/501/dev.dsync.daemon',
      'launchctl print gui/501/dev.dsync.daemon',
      'launchctl print gui/501/dev.dsync.daemon',
      'launchctl bootout user/501/dev.dsync.daemon',
    ])
  })
})

describe('cron', () => {
  const jobs = serviceJobs({ ...place, kind: 'cron' })
  const hands = { pid: () => 7, start: async () => {}, stop: async () => {} }

  it('keeps what else is in a crontab, and is left as it was', async () => {
    const theirs = '# mine\n0 1 * * * backup\n'
    let table = theirs
    const { run, inputs } = tool(line => (line === 'crontab -l' ? { stdout: table } : undefined))
    const cron = new CronSupervisor({ ...place, kind: 'cron' }, jobs, { run, hands })
    await cron.load()
    table = inputs[0] ?? ''
    assert.ok(table.startsWith(theirs))
    assert.match(table, /^@reboot .* start >>\/dev\/null 2>&1$/m)
    await cron.load()
    assert.equal(inputs.length, 1, 'a second time there is nothing to write')
    assert.deepEqual(await cron.look(), { isLoaded: true, isEnabled: true, state: 'running', pid: 7 })
    await cron.unload()
    assert.equal(inputs.at(-1), theirs)
  })

  it('gets a crontab where there was none, which goes again', async () => {
    const written: string[] = []
    const { run, asked, inputs } = tool(line => {
      if (line !== 'crontab -l') return undefined
      return written.length === 0 ? { code: 1, stderr: 'no crontab for u' } : { stdout: written.join('') }
    })
    const cron = new CronSupervisor({ ...place, kind: 'cron' }, jobs, { run, hands })
    await cron.load()
    written.push(...inputs)
    await cron.unload()
    assert.equal(asked.at(-1), 'crontab -r')
  })
})

describe('the supervisor of a host', () => {
  const offline = { code: 1, stderr: 'Failed to connect to bus: No medium found' }
  const rows = [
    ['launchd on macOS', 'darwin', (): 'missing' => 'missing', 'launchd'],
    ['the systemd that answers', 'linux', () => undefined, 'systemd'],
    ['cron where systemd does not', 'linux', (line: string) => (/systemctl/.test(line) ? offline : undefined), 'cron'],
    [
      'cron where nobody has a crontab yet',
      'linux',
      (line: string): Partial<ToolEnd> | 'missing' =>
        /systemctl/.test(line) ? 'missing' : { code: 1, stderr: 'no crontab for u' },
      'cron',
    ],
  ] as const
  for (const [says, platform, answers, kind] of rows) {
    it(`is ${says}`, async () => assert.equal(await chooseSupervisor(platform, tool(answers).run), kind))
  }
  const none = 'Cannot install a service: '
  const missing = [
    [
      'whoever is not logged in as systemd sees it',
      (line: string): Partial<ToolEnd> | 'missing' => (/systemctl/.test(line) ? offline : 'missing'),
      'systemd runs no services of yours (Failed to connect to bus: No medium found) and no crontab',
      'dsync service install --linger',
    ],
    [
      'a machine that something else has started',
      (line: string): Partial<ToolEnd> | 'missing' =>
        /is-system-running/.test(line)
          ? { code: 1, stdout: 'offline\n' }
          : /systemctl/.test(line)
            ? offline
            : 'missing',
      'systemd is not what started this machine and no crontab',
      'dsync start, after each boot',
    ],
    [
      'a machine with neither',
      (): 'missing' => 'missing',
      'there is no systemd and no crontab',
      'dsync start, after each boot',
    ],
  ] as const
  for (const [says, answers, why, hint] of missing) {
    it(`is named as missing on ${says}, with what to do`, async () => {
      await assert.rejects(chooseSupervisor('linux', tool(answers).run), { message: `${none}${why}`, hint })
    })
  }
})

describe('lingering', () => {
  it('is what logind says, and unknown where it says nothing', async () => {
    const answer = async (end: Partial<ToolEnd> | 'missing'): Promise<string> =>
      await lingerOf('u', tool(() => end).run)
    assert.equal(await answer({ stdout: 'Linger=yes\n' }), 'yes')
    assert.equal(await answer({ stdout: 'Linger=no\n' }), 'no')
    const absent = 'Failed to get user: User ID 1000 is not logged in or lingering'
    assert.equal(await answer({ code: 1, stderr: absent }), 'no')
    assert.equal(await answer({ code: 1, stderr: 'Failed to connect to bus: Host is down' }), 'unknown')
    assert.equal(await answer('missing'), 'unknown')
  })
  it('that may not be set names the command for who may', async () => {
    const { run } = tool(() => ({ code: 1, stderr: 'Could not enable linger: Access denied' }))
    await assert.rejects(setLinger('u', true, run), {
      message: /Access denied$/,
      hint: 'sudo loginctl enable-linger u',
    })
  })
})
