import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { runEnd } from '../../lib/remote/run-end.ts'
import { sshCommand, sshRunCommand } from '../../lib/remote/ssh-command.ts'
import { sshFailure } from '../../lib/remote/ssh-failure.ts'
import { checkTarget } from '../../lib/remote/ssh-target.ts'
import { share } from '../share.ts'

describe('what ssh is told to reach', () => {
  const good = [
    'mac00',
    'dev@mac00.local',
    'dev_1@10.0.0.7',
    'ssh://dev@mac00:2222',
    'ssh://mac00',
    'dev@[fe80::1%eth0]',
    'fe80::1',
    'CORP\\dev@mac00',
    'ssh://[2001:db8::1]:22',
  ]
  for (const target of good) it(`may be ${target}`, () => assert.equal(checkTarget(target), target))

  const bad = [
    '',
    '-oProxyCommand=touch x',
    '-l',
    'a b',
    'a;b',
    'a$(b)',
    '`a`',
    "a'b",
    'a"b',
    'a\nb',
    'dev@-x',
    '-x@mac00',
    'a|b',
    'ssh://mac00:port',
    'ssh://mac00/path',
    'a@b@c',
    `${'a'.repeat(301)}`,
  ]
  for (const target of bad) {
    it(`may not be ${JSON.stringify(target.slice(0, 30))}`, () =>
      assert.throws(() => checkTarget(target), { code: 'USAGE', message: /^Cannot reach / }))
  }

  it('is never anything a shell or ssh reads as more than a name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        try {
          checkTarget(text)
        } catch {
          return
        }
        assert.match(text, /^[A-Za-z0-9_[][A-Za-z0-9_.:%@/[\]\\-]*$/)
      }),
      { numRuns: share(2000) },
    )
  })
})

describe('the command of ssh', () => {
  const options = { program: 'ssh', target: 'mac00', configFile: undefined, sockets: undefined }
  const settings = (command: readonly string[]): string[] => command.filter((_, at) => command[at - 1] === '-o')

  it('ends with the target behind -- and one word for every login shell', () => {
    assert.deepEqual(sshCommand(options).slice(-4), ['-T', '--', 'mac00', 'sh'])
  })
  it('asks nobody anything and forwards nothing', () => {
    const all = settings(sshCommand(options))
    for (const setting of ['BatchMode=yes', 'ClearAllForwardings=yes', 'ForwardAgent=no', 'RemoteCommand=none'])
      assert.ok(all.includes(setting), setting)
    assert.ok(!all.some(setting => setting.startsWith('StrictHostKeyChecking')))
  })
  it('shares a connection where there is a place for sockets, and else does not', () => {
    assert.ok(settings(sshCommand({ ...options, sockets: '/run/50%' })).includes('ControlPath=/run/50%%/%C'))
    assert.ok(settings(sshCommand(options)).includes('ControlPath=none'))
  })
  it('takes another configuration file', () => {
    assert.deepEqual(sshCommand({ ...options, configFile: '/c' }).slice(0, 3), ['ssh', '-F', '/c'])
  })
  it('refuses a target that was edited into the settings by hand', () => {
    assert.throws(() => sshCommand({ ...options, target: '-oProxyCommand=x' }), { code: 'USAGE' })
  })
})

describe('the end of ssh', () => {
  const end = { pid: 1, code: 255, signal: null, stderr: '' }
  const rows: readonly (readonly [says: string, why: RegExp, hint: RegExp | undefined, waits: boolean])[] = [
    [
      '@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.',
      /not the one that is known/,
      /ssh-keygen -R mac00/,
      true,
    ],
    [
      'No ED25519 host key is known for mac00 and you have requested strict checking.\nHost key verification failed.',
      /not known here yet/,
      /ssh dev@mac00 true/,
      true,
    ],
    ['dev@mac00: Permission denied (publickey,password).', /without a password/, /ssh-copy-id dev@mac00/, true],
    ['dev@mac00: Permission denied (publickey).', /without a password/, /ssh-copy-id/, true],
    [
      'Received disconnect from 10.0.0.7 port 22:2: Too many authentication failures',
      /too many keys/,
      /IdentitiesOnly/,
      true,
    ],
    ['ssh: Could not resolve hostname mac00: Name or service not known', /no.* address/, /ssh dev@mac00 true/, false],
    ['ssh: connect to host mac00 port 22: Connection refused', /no ssh server/, /sshd/, false],
    ['ssh: connect to host mac00 port 22: Connection timed out', /cannot be reached/, /tried again/, false],
    ['ssh: connect to host mac00 port 22: No route to host', /cannot be reached/, /tried again/, false],
    [
      '/home/x/.ssh/config: line 3: Bad configuration option: foo',
      /does not accept its configuration/,
      /ssh dev@mac00 true/,
      true,
    ],
    ['open terminal failed: not a terminal', /needs a terminal/, /interactive/, true],
    ['client_loop: send disconnect: Broken pipe', /ssh ended with code 255; it said: client_loop/, undefined, false],
  ]
  for (const [stderr, why, hint, waits] of rows) {
    it(`is told in words: ${stderr.split('\n').at(-1)}`, () => {
      const found = sshFailure({ target: 'dev@mac00', configFile: undefined }, { ...end, stderr })
      assert.match(found.why, why)
      assert.equal(found.waits ?? false, waits)
      if (hint === undefined) assert.equal(found.hint, undefined)
      else assert.match(found.hint ?? '', hint)
    })
  }
  it('is told when ssh is not there', () => {
    const found = sshFailure(
      { target: 'mac00', configFile: undefined },
      { ...end, code: null, startError: 'spawn ssh ENOENT' },
    )
    assert.match(`${found.why} ${found.hint}`, /Cannot start ssh: spawn ssh ENOENT Install OpenSSH/)
  })
})

describe('the command that runs a program over ssh', () => {
  const ssh = { program: 'ssh', target: 'mac00', configFile: undefined }
  const run = (isTerminal: boolean): readonly string[] => sshRunCommand(ssh, { line: 'date', isTerminal, log: '/log' })

  it('ends with the line, over a connection of its own, and asks for a terminal where there is one', () => {
    assert.deepEqual(run(true).slice(-4), ['-t', '--', 'mac00', 'date'])
    assert.deepEqual(run(false).slice(-4), ['-T', '--', 'mac00', 'date'])
    for (const isTerminal of [true, false]) {
      const words = run(isTerminal).join(' ')
      assert.match(words, / -E \/log .*BatchMode=yes|BatchMode=yes.* -E \/log /)
      assert.match(words, /ControlPath=none/)
      assert.equal(words.includes('RequestTTY=yes'), isTerminal)
      assert.equal(words.includes('RequestTTY=no'), !isTerminal)
    }
  })

  const came = 'clientloop.c:1776:client_input_channel_req(): debug1: channel 0 rtype exit-status reply 0\n'
  const ended = { pid: 1, code: 255, signal: null }
  const ends: readonly (readonly [
    says: string,
    end: Parameters<typeof runEnd>[1],
    log: string,
    means: number | RegExp,
  ])[] = [
    ['a code', { ...ended, code: 3 }, '', 3],
    ['255 of the program', ended, came, 255],
    ['255 of ssh', ended, 'ssh: Could not resolve hostname mac00\n', /nobody knows an address/],
    [
      '255 of ssh after a code of something else',
      ended,
      came.replace('exit-status', 'eow@openssh.com'),
      /ended with code 255/,
    ],
    ['a signal that ended ssh', { ...ended, code: null, signal: 'SIGTERM' }, '', /was ended by SIGTERM/],
    ['no ssh', { ...ended, code: null, startError: 'spawn ssh ENOENT' }, '', /Cannot start ssh/],
  ]
  for (const [says, end, log, means] of ends) {
    it(`knows ${says}`, () => {
      const meaning = runEnd(ssh, end, log)
      if (typeof means === 'number') assert.equal(meaning, means)
      else assert.match(typeof meaning === 'number' ? '' : meaning.why, means)
    })
  }
})
