import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Entry } from '../../lib/core/entry.ts'
import { pathDepthLimit } from '../../lib/core/limits.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { at, directory, emptyTree, withEntry } from '../../lib/core/tree.ts'
import { exactChanges, withItem } from '../../lib/protocol/mirror.ts'
import { decodeMessage, encodeMessage } from '../../lib/protocol/message.ts'
import { RowReader } from '../../lib/protocol/row-reader.ts'
import type { RowItem } from '../../lib/protocol/rows.ts'
import { rowKind, rowMessages } from '../../lib/protocol/rows.ts'
import { share } from '../share.ts'
import * as arbitrary from './arbitrary.ts'
import { file, sameTree } from './trees.ts'

function carried(items: Iterable<RowItem>, known?: Entry): RowItem[] {
  const read: RowItem[] = []
  const reader = new RowReader({ known: path => at(known, path), item: item => void read.push(item) })
  for (const message of rowMessages(items)) reader.read(decodeMessage(encodeMessage(message))[1])
  reader.end()
  return read
}

function carriedTree(tree: Tree, known?: Tree): Tree {
  return carried([{ is: 'entry', path: '', entry: tree }], known).reduce(withItem, emptyTree)
}

/** The tree with some of its parts made anew, so that nothing but their values tells they are equal. */
function copied(entry: Entry): Entry {
  return structuredClone(entry)
}

describe('rows of a tree', () => {
  it('bring any tree whole', () => {
    fc.assert(
      fc.property(arbitrary.tree, tree => sameTree(carriedTree(tree), tree)),
      { numRuns: share(300) },
    )
  })

  it('share what is known already, and are the known tree when all of it is', () => {
    fc.assert(
      fc.property(arbitrary.tree, tree => {
        const known = copied(tree)
        assert.ok(known.kind === 'directory')
        assert.equal(carriedTree(tree, known), known)
      }),
      { numRuns: share(300) },
    )
  })

  it('make one tree into any other', () => {
    fc.assert(
      fc.property(arbitrary.tree, arbitrary.tree, (from, to) => {
        sameTree(carried(exactChanges(from, to), from).reduce(withItem, from), to)
      }),
      { numRuns: share(300) },
    )
  })

  it('are none where two trees are alike', () => {
    fc.assert(
      fc.property(arbitrary.tree, tree => {
        const other = copied(tree)
        assert.ok(other.kind === 'directory')
        const changes = [...exactChanges(tree, other)].filter(
          item => item.is !== 'entry' || item.entry.kind !== 'problem',
        )
        assert.deepEqual(changes, [])
      }),
    )
  })

  it('tell a wide directory from one of as many other names', () => {
    const names = (prefix: string): Tree =>
      directory(
        0o755,
        Array.from({ length: 700 }, (_, i) => [`${prefix}${i}`, file('1')]),
      )
    sameTree(carriedTree(names('a'), names('b')), names('a'))
    const wide = names('a')
    sameTree(carriedTree(withEntry(wide, 'a3', undefined), wide), withEntry(wide, 'a3', undefined))
  })
})

describe('hostile rows', () => {
  const hex = Buffer.alloc(32)
  const fileRow = (depth: number, name: unknown): unknown[] => [depth, rowKind.file, name, 0o644, hex, 1]
  const folderRow = (depth: number, name: unknown): unknown[] => [depth, rowKind.directory, name, 0o755]
  const refused: readonly (readonly [string, readonly unknown[]])[] = [
    ['no list', 'rows' as unknown as unknown[]],
    ['a row cut short', [0, rowKind.file, 'a', 0o644]],
    ['a kind we do not know', [0, 99, 'a']],
    ['a child before its parent', fileRow(1, 'a')],
    ['a child of a file', [...fileRow(0, 'a'), ...fileRow(1, 'b')]],
    ['a grandchild without its parent', [...folderRow(0, 'a'), ...fileRow(2, 'b')]],
    ['a name twice', [...folderRow(0, 'a'), ...fileRow(1, 'x'), ...fileRow(1, 'x')]],
    ['a name as file and directory', [...folderRow(0, 'a'), ...fileRow(1, 'x'), ...folderRow(1, 'x')]],
    ['a name with a slash', [...folderRow(0, 'a'), ...fileRow(1, 'x/y')]],
    ['a dot name', [...folderRow(0, 'a'), ...fileRow(1, '..')]],
    ['an empty name', [...folderRow(0, 'a'), ...fileRow(1, '')]],
    ['a path out of the root', fileRow(0, '../a')],
    ['a path as a number', fileRow(0, 7)],
    ['a setuid mode', [0, rowKind.file, 'a', 0o4755, hex, 1]],
    ['a negative size', [0, rowKind.file, 'a', 0o755, hex, -1]],
    ['a short digest', [0, rowKind.file, 'a', 0o755, Buffer.alloc(31), 1]],
    ['an empty link', [0, rowKind.symlink, 'a', '']],
    ['two entries below a problem', [0, rowKind.problem, 'a', 'E', ...fileRow(1, ''), ...fileRow(1, '')]],
    ['a name below a problem', [0, rowKind.problem, 'a', 'E', ...fileRow(1, 'x')]],
    ['a tree too deep', Array.from({ length: pathDepthLimit + 2 }, (_, i) => folderRow(i, 'd')).flat()],
    ['a change below a directory', [...folderRow(0, 'a'), 1, rowKind.gone, 'x']],
  ]
  for (const [what, flat] of refused) {
    it(`refuse ${what}`, () => {
      const reader = new RowReader({ known: () => undefined, item: () => {} })
      assert.throws(
        () => {
          reader.read(flat)
          reader.end()
        },
        { code: 'PROTOCOL', verdict: 'halt' },
      )
    })
  }

  it('refuse a name twice where all of it is known', () => {
    const known = directory(0o755, [
      [
        'a',
        directory(0o755, [
          ['x', { kind: 'file', mode: 0o644, digest: '0'.repeat(64), size: 1 }],
          ['y', file('y')],
        ]),
      ],
    ])
    const reader = new RowReader({ known: path => at(known, path), item: () => {} })
    reader.read([...folderRow(0, 'a'), ...fileRow(1, 'x'), ...fileRow(1, 'x')])
    assert.throws(() => reader.end(), { code: 'PROTOCOL' })
  })

  it('refuse more than was allowed', () => {
    const reader = new RowReader({ known: () => undefined, item: () => {}, limit: 2 })
    assert.throws(() => reader.read([...fileRow(0, 'a'), ...fileRow(0, 'b'), ...fileRow(0, 'c')]), { code: 'PROTOCOL' })
  })

  const misplaced: readonly (readonly [string, RowItem])[] = [
    ['an entry without its directory', { is: 'entry', path: 'no/where', entry: file('1') }],
    ['an entry below a file', { is: 'entry', path: 'f/x', entry: file('1') }],
    ['a file as the root', { is: 'entry', path: '', entry: file('1') }],
    ['the root gone', { is: 'gone', path: '' }],
    ['the mode of a file', { is: 'mode', path: 'f', mode: 0o700 }],
    ['a reference', { is: 'reference', path: 'd', mode: 0o700, digest: '0'.repeat(64), weight: 0 }],
  ]
  for (const [what, item] of misplaced) {
    it(`refuse to put ${what} into a tree`, () => {
      assert.throws(() => withItem(directory(0o755, [['f', file('1')]]), item), { code: 'PROTOCOL' })
    })
  }
})
