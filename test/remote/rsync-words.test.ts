import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rsyncAbilities } from '../../lib/remote/rsync-abilities.ts'
import type { RsyncCopy } from '../../lib/remote/rsync-arguments.ts'
import { rsyncArguments } from '../../lib/remote/rsync-arguments.ts'
import { literalBytes, progressBytes, rsyncEnd } from '../../lib/remote/rsync-output.ts'

describe('what rsync --version says', () => {
  const rows: readonly (readonly [says: string, output: string, secluded: boolean | undefined])[] = [
    ['3.1', 'rsync  version 3.1.3  protocol version 31\nCopyright (C) 1996-2018 by Andrew Tridgell', true],
    ['3.2', 'rsync  version 3.2.7  protocol version 31\nCapabilities:\n    optional secluded-args', true],
    ['3.4', 'rsync  version 3.4.1  protocol version 32\n', true],
    ['a preview', 'rsync  version v3.5.0pre1  protocol version 32\n', true],
    ['3.0', 'rsync  version 3.0.9  protocol version 30\n', true],
    ['what older Macs have', 'rsync  version 2.6.9  protocol version 29\n', false],
    ['openrsync of macOS 15', 'openrsync: protocol version 29\nrsync version 2.6.9 compatible\n', false],
    ['behind the words of a login shell', 'Welcome!\nrsync is fun\nrsync  version 3.2.7  protocol version 31\n', true],
    ['one without --inplace', 'rsync  version 2.5.7  protocol version 26\n', undefined],
    ['another program', 'rclone v1.60\n', undefined],
    ['nothing', '', undefined],
  ]
  for (const [says, output, secluded] of rows) {
    it(says, () => assert.deepEqual(rsyncAbilities(output), secluded === undefined ? undefined : { secluded }))
  }
})

const copy: RsyncCopy = {
  direction: 'push',
  from: 'a file',
  into: '/home/u/.dsync/work/r/slots/part-1',
  hasBasis: false,
  ssh: ['ssh', '-o', 'BatchMode=yes', '--', 'dev@mac00'],
}
const modern = { secluded: true }
const old = { secluded: false }

describe('what rsync is told', () => {
  it('writes one slot there, in place, whatever its size and time say', () => {
    assert.deepEqual(rsyncArguments(copy, modern), [
      ...['--inplace', '--ignore-times', '--whole-file', '-s', '--stats', '--existing', '--progress'],
      ...['-e', 'ssh -o BatchMode=yes -- dev@mac00', '--', './a file', 'nice:/home/u/.dsync/work/r/slots/part-1'],
    ])
  })
  it('looks for what both have where the slot holds something', () => {
    assert.ok(!rsyncArguments({ ...copy, hasBasis: true }, modern)?.includes('--whole-file'))
  })
  it('reads a file there', () => {
    const pull = { ...copy, direction: 'pull', from: '/home/u/a file', into: '/k/slot' } as const
    assert.deepEqual(rsyncArguments(pull, modern)?.slice(-2), ['nice:/home/u/a file', '/k/slot'])
  })
  it('names an rsync that the login there does not find', () => {
    const words = rsyncArguments({ ...copy, programThere: '/opt/homebrew/bin/rsync' }, modern)
    assert.deepEqual(words?.slice(7, 9), ['--rsync-path=/opt/homebrew/bin/rsync', '-e'])
  })
  it('uses with an old one only what it has', () => {
    assert.deepEqual(rsyncArguments(copy, old)?.slice(0, 5), [
      ...['--inplace', '--ignore-times', '--whole-file', '--progress', '-e'],
    ])
  })
  it('quotes words of ssh as rsync takes them apart', () => {
    const ssh = ['/my ssh', '-F', 'C "x" \'y\'', '--', '[::1]']
    assert.equal(rsyncArguments({ ...copy, ssh }, modern)?.[8], '"/my ssh" -F "C ""x"" \'y\'" -- "[::1]"')
  })
  it('never asks for anything beside the content of one file', () => {
    const all = rsyncArguments(copy, modern) ?? []
    for (const option of ['-a', '-r', '-l', '-L', '-p', '-t', '-o', '-g', '-D', '--delete'])
      assert.ok(!all.includes(option))
  })
  const refused: readonly (readonly [says: string, changed: Partial<RsyncCopy>, abilities: { secluded: boolean }])[] = [
    ['patterns, which rsync itself would expand there', { direction: 'pull', from: '/r/[x]*' }, modern],
    ['a backslash there', { direction: 'pull', from: '/r/a\\b' }, modern],
    ['names that are no UTF-8', { from: 'caf\udce9' }, modern],
    ['what a shell there would read', { direction: 'pull', from: '/r/a b' }, old],
    ['a slot that a shell there would read', { into: "/home/o'hara/slot" }, old],
    ['words of ssh that an old one cannot be told', { ssh: ['/my ssh', '--', 'h'] }, old],
  ]
  for (const [says, changed, abilities] of refused) {
    it(`is told nothing of ${says}`, () => assert.equal(rsyncArguments({ ...copy, ...changed }, abilities), undefined))
  }
  it('may be told of patterns here', () => {
    assert.equal(rsyncArguments({ ...copy, from: "[x]* 'a\nb\\" }, modern)?.at(-2), "./[x]* 'a\nb\\")
  })
})

describe('what rsync prints', () => {
  const progress: readonly (readonly [output: string, bytes: number | undefined])[] = [
    ['name.bin\n\r         32,768   0%    0.00kB/s    0:00:00  ', 32_768],
    ['\r     32,768   0%  0.00kB/s\r     67,108,864 100%  743.82MB/s    0:00:00 (xfr#1, to-chk=0/1)\n', 67_108_864],
    ['\r        1.048.576  12%    0,00kB/s', 1_048_576],
    ['name.bin\n', undefined],
    ['\r    12,3', undefined],
  ]
  it('tells how far it is', () => {
    for (const [output, bytes] of progress) assert.equal(progressBytes(output), bytes, JSON.stringify(output))
  })
  it('tells what it had to send', () => {
    assert.equal(literalBytes('Total file size: 5 bytes\nLiteral data: 67,108,864 bytes\n'), 67_108_864)
    assert.equal(literalBytes('sent 5 bytes\n'), undefined)
  })
  const ends: readonly (readonly [code: number | null, signal: NodeJS.Signals | null, is: string])[] = [
    [0, null, 'done'],
    [255, null, 'lost'],
    [12, null, 'lost'],
    [30, null, 'lost'],
    [null, 'SIGKILL', 'lost'],
    [11, null, 'failed'],
    [23, null, 'failed'],
    [1, null, 'unusable'],
    [14, null, 'unusable'],
    [127, null, 'unusable'],
  ]
  for (const [code, signal, is] of ends) {
    it(`${signal ?? `exit code ${code}`} means ${is}`, () => {
      assert.equal(rsyncEnd({ pid: 1, code, signal, stderr: '' }, '').is, is)
    })
  }
  it('says why in one line', () => {
    const stderr =
      '\nrsync: [receiver] write failed on "/s": No space left on device (28)\nrsync error: error in file IO'
    const end = rsyncEnd({ pid: 1, code: 11, signal: null, stderr }, '')
    assert.deepEqual(end, {
      is: 'failed',
      why: 'rsync ended with code 11; it said: rsync: [receiver] write failed on "/s": No space left on device (28)',
    })
    const start = rsyncEnd(
      { pid: undefined, code: null, signal: null, startError: 'spawn rsync ENOENT', stderr: '' },
      '',
    )
    assert.deepEqual(start, { is: 'unusable', why: 'rsync cannot be started: spawn rsync ENOENT' })
  })
})
