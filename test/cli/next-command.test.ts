import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { GuardKind } from '../../lib/core/operation.ts'
import { haltNext, holdNext } from '../../lib/cli/hold-next.ts'
import { callText, codeNext, codeText } from '../../lib/cli/system-words.ts'
import { makeWorld } from './world.ts'

describe('the next command', () => {
  const held: readonly (readonly [GuardKind, string])[] = [
    ['mass-delete', 'dsync approve ~/r'],
    ['first-sync', 'dsync approve ~/r'],
    ['root-emptied', 'dsync approve ~/r'],
    ['trash-full', 'dsync approve ~/r'],
    ['root-missing', 'put it back, or dsync roots remove ~/r'],
    ['root-replaced', 'put it back, or dsync roots remove ~/r'],
  ]
  for (const [guard, next] of held) {
    it(`about what ${guard} holds is ${next}`, () => assert.equal(holdNext([{ guard }], '~/r'), next))
  }
  const halted: readonly (readonly [string | undefined, string])[] = [
    ['ROOT_MISSING', 'put it back, or dsync roots remove ~/r'],
    ['ROOT_REFUSED', 'dsync roots add ~/r'],
    ['VERSION', 'dsync restart'],
    ['ENOSPC', 'make room on the disk'],
    ['EDQUOT', 'make room on the disk'],
    ['PROTOCOL', 'dsync logs'],
    [undefined, 'dsync logs'],
  ]
  for (const [code, next] of halted) {
    it(`about a session that ${code ?? 'nobody knows what'} halted is ${next}`, () =>
      assert.equal(haltNext(code, '~/r'), next))
  }
})

describe('a system call that failed', () => {
  const open = Object.assign(new Error("EROFS: read-only file system, open '/h/it'"), { code: 'EROFS' })
  const write = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  it('is told in words, with what to do', () => {
    assert.equal(callText(open), 'Cannot open /h/it: the disk is mounted read-only (EROFS)')
    assert.equal(codeNext('EROFS'), 'mount it for writing')
    assert.equal(callText(write), 'Cannot write: the disk is full (ENOSPC)')
    assert.equal(codeNext('ENOSPC'), 'make room on the disk')
  })
  it('is left as it is where there are no words for it', () => {
    assert.equal(callText(Object.assign(new Error('x'), { code: 'EWHAT' })), undefined)
    assert.equal(codeText('constructor'), 'constructor')
    assert.equal(codeNext('constructor'), undefined)
  })
})

describe('a session that does not run', () => {
  it('is told of by dsync sync with why and what to do, and not with an approval of nothing', async t => {
    const trouble = { code: 'ROOT_MISSING', why: 'Cannot open the root /r: it is not there any more' }
    const { run } = await makeWorld(t, { barrier: 'halted', state: 'halted', trouble })
    const { exit, out } = await run('sync')
    assert.equal(exit, 4)
    assert.equal(
      out,
      'halted  ~/projects with twin  → put it back, or dsync roots remove ~/projects\n' +
        '    Cannot open the root /r: it is not there any more\n',
    )
    const status = (await run('status')).out
    assert.match(status, /halted {2}.*not there any more {2}→ put it back, or dsync roots remove ~\/projects\n/)
  })

  it('is one line of a message that would take over the terminal', async t => {
    const { run } = await makeWorld(t, { barrier: 'disconnected', trouble: { why: 'it said: \u001b[2J\nmore' } })
    const { exit, out } = await run('sync')
    assert.deepEqual([exit, out.split('\n')[1]], [5, '    it said: \\e[2J\\nmore'])
  })
})

describe('versions that were recovered', () => {
  it('are named in dsync status with the command that brings each back', async t => {
    const recovered = (i: number) =>
      ({ path: `f${i}`, kind: 'recovered', side: 'beta', why: 'it was changed', trash: `id-${i}` }) as const
    const notices = [recovered(1), { path: 'n', kind: 'moved-twice' } as const, ...[2, 3, 4].map(recovered)]
    const lines = (await (await makeWorld(t, { notices })).run('status')).out.split('\n')
    assert.deepEqual(
      lines.filter(line => /recovered|notice/.test(line)),
      [
        '  recovered  ~/projects/f1 on twin: it was changed  → dsync undo id-1',
        '  recovered  ~/projects/f2 on twin: it was changed  → dsync undo id-2',
        '  recovered  ~/projects/f3 on twin: it was changed  → dsync undo id-3',
        '  2 notices  ~/projects                             → dsync logs',
      ],
    )
  })
})
