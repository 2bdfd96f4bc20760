import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { progressText } from '../../lib/cli/commands/verify.ts'
import type { Difference } from '../../lib/core/messages.ts'
import type { PathReport } from '../../lib/sync/session-handle.ts'
import type { Script } from '../daemon/session-double.ts'
import { makeWorld } from './world.ts'
import { nothingWaits } from './nothing-waits.ts'

const file = { kind: 'file', mode: 0o644, size: 12 } as const
const [agreed, rotten] = ['a'.repeat(64), 'b'.repeat(64)]

const about: PathReport = {
  agreed: { ...file, digest: agreed },
  sides: { alpha: { ...file, digest: agreed }, beta: { ...file, digest: agreed } },
  entries: { alpha: 3, beta: 3 },
  ...nothingWaits,
  isEqual: true,
}

const changed: Difference = {
  path: 'a\u001b[31m.txt',
  known: { ...file, digest: agreed },
  found: { ...file, digest: rotten },
}
const written: Difference = { path: 'log', known: undefined, found: { kind: 'problem', why: 'BUSY', over: undefined } }

async function outOf(t: Parameters<typeof makeWorld>[0], script: Script, line = 'verify') {
  const { run } = await makeWorld(t, { about: () => about, ...script })
  const { exit, out } = await run(line)
  return [
    exit,
    out.replaceAll(/entries on (?!twin)\S+,/g, 'entries on here,').replaceAll(/^( {4})\S+ +12 B/gm, '$1HOST 12 B'),
  ]
}

describe('dsync verify', () => {
  it('says that nothing differs, with what was read', async t => {
    const line = 'equal  ~/projects with twin  3 entries on here, 3 entries on twin, 24 B read\n'
    assert.deepEqual(await outOf(t, {}), [0, line])
  })
  it('lists what differs, with what each host holds', async t => {
    assert.deepEqual(await outOf(t, { verified: { beta: [changed, written] } }), [
      3,
      [
        '1 difference  ~/projects with twin  3 entries on here, 3 entries on twin, 24 B read',
        '  ~/projects/a\\e[31m.txt  changed without anybody noticing on twin',
        '    HOST 12 B 0644 aaaaaaaa',
        '    HOST 12 B 0644 bbbbbbbb',
        '  ~/projects/log  not compared: being written on twin',
        '  What a host is found to hold now counts as a change made there. What it replaces goes to the trash.',
        '  → dsync history ~/projects',
        '',
      ].join('\n'),
    ])
  })
  it('says why it cannot compare, with the next command', async t => {
    const rows: readonly (readonly [Script, number, string])[] = [
      [{ barrier: 'paused' }, 7, 'paused  ~/projects with twin  → dsync resume ~/projects\n'],
      [
        { barrier: 'halted', trouble: { why: 'it broke' } },
        4,
        'halted  ~/projects with twin: it broke  → dsync logs\n',
      ],
      [{ barrier: 'disconnected' }, 5, 'disconnected  ~/projects with twin  → dsync hosts check twin\n'],
    ]
    for (const [script, exit, line] of rows) assert.deepEqual(await outOf(t, script), [exit, line])
  })
  it('tells how far it is', () => {
    assert.equal(progressText({ entries: 1, bytes: 1, expected: 2 }, 900), '')
    assert.equal(
      progressText({ entries: 500, bytes: 40_000_000, expected: 1500 }, 4000),
      'Verifying: 500 of 1,500 entries, 40 MB, 10 MB/s, 8 s to go',
    )
  })
})
