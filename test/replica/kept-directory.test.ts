import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Entry } from '../../lib/core/entry.ts'
import { directory } from '../../lib/core/tree.ts'
import { holdsSynced, keptEntry } from '../../lib/replica/kept-directory.ts'

const ignored: Entry = { kind: 'untracked', why: 'ignored' }

const rows: readonly (readonly [says: string, entry: Entry | undefined, holds: boolean])[] = [
  ['nothing', undefined, false],
  ['an empty directory', directory(0o755), false],
  ['what is ignored', directory(0o755, [['x', ignored]]), false],
  ['a directory that is kept already', directory(0o755, [['x', keptEntry]]), false],
  [
    'a directory with nothing but what is ignored',
    directory(0o755, [['x', directory(0o755, [['y', ignored]])]]),
    false,
  ],
  ['a link', directory(0o755, [['x', { kind: 'symlink', target: 'y' }]]), true],
  ['an empty directory below', directory(0o755, [['x', directory(0o755)]]), true],
]
for (const [says, entry, holds] of rows) {
  it(`${says} ${holds ? 'keeps' : 'does not keep'} a directory in the tree`, () =>
    assert.equal(holdsSynced(entry), holds))
}
