import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { kitLayout } from '../../lib/kit/layout.ts'
import { hostsIn, sshConfigText, sshSocketDirectory, sshWishes } from '../../lib/kit/ssh-config.ts'

const shared = ['  ControlMaster auto', '  ControlPath /h/.dsync/ssh/s/%C', '  ControlPersist 10m']
const alive = ['  ServerAliveInterval 15', '  ServerAliveCountMax 3']

function linesOf(target: string, isShared = false, sockets: string | undefined = '/h/.dsync/ssh/s'): string[] {
  return sshConfigText([{ name: 'mac00', target, isShared }], sockets)
    .split('\n')
    .slice(2)
    .filter(line => line !== '')
}

describe('what dsync tells the person’s own ssh', () => {
  const rows: readonly (readonly [target: string, place: readonly string[]])[] = [
    ['mac00', []],
    ['dev@mac00', []],
    ['mac00.local', ['  HostName mac00.local']],
    ['dev@10.0.0.5', ['  HostName 10.0.0.5', '  User dev']],
    ['ssh://dev@mac00.local:2222', ['  HostName mac00.local', '  User dev', '  Port 2222']],
    ['ssh://[fe80::1%en0]:22', ['  HostName fe80::1%en0', '  Port 22']],
    ['fe80::1', ['  HostName fe80::1']],
  ]
  for (const [target, place] of rows) {
    it(`of ${target}`, () => assert.deepEqual(linesOf(target), ['Host mac00', ...place, ...shared, ...alive]))
  }

  it('leaves alone what shares connections already, and shares none where a socket’s path would be too long', () => {
    assert.deepEqual(linesOf('mac00', true), [])
    assert.deepEqual(linesOf('10.0.0.5', true), ['Host mac00', '  HostName 10.0.0.5'])
    assert.deepEqual(sshConfigText([{ name: 'a', target: 'a', isShared: false }], undefined).split('\n').length, 2)
  })

  it('has sockets whose paths fit macOS', () => {
    const directory = sshSocketDirectory(kitLayout('/Users/somebody/.dsync'))
    assert.equal(directory, '/Users/somebody/.dsync/ssh/s')
    const longest = `/${'x'.repeat(38)}`
    assert.ok(sshSocketDirectory(kitLayout(longest)) !== undefined)
    assert.equal(sshSocketDirectory(kitLayout(`${longest}x`)), undefined)
  })

  it('is included by the first line, as the home is best written', () => {
    const line = (home: string): unknown => {
      const [wish] = sshWishes(kitLayout(home), '/h')
      return wish?.kind === 'edit' && wish.edit.kind === 'first-line' ? wish.edit.line : undefined
    }
    assert.equal(line('/h/.dsync'), 'Include ~/.dsync/ssh/config')
    assert.equal(line('/opt/kit'), 'Include /opt/kit/ssh/config')
    assert.equal(line('/h/my kit'), 'Include "~/my kit/ssh/config"')
  })

  it('offers the hosts of a configuration, no patterns', () => {
    const text = [
      'Include ~/.ssh/more',
      'Host mac00 "mac01"\r',
      '  HostName x',
      'host=box # not these words',
      'Host * !no *.local a?b',
      '  User git',
      'Match host y',
      '  User git',
      '#Host old',
      'Host mac00',
      'Host github.com work',
      '\tUser = git',
      'Hostname no',
    ]
    assert.deepEqual(hostsIn(text.join('\n')), ['mac00', 'mac01', 'box'])
  })
})
