import assert from 'node:assert/strict'
import { it } from 'node:test'
import { DirectoryNodes } from '../../lib/replica/directory-nodes.ts'

it('a directory that takes the place of the one it stood in is still known', () => {
  const nodes = new DirectoryNodes(1, 1)
  const dropped: string[] = []
  const drop = ({ name }: { readonly name: string }): void => void dropped.push(name)
  const outer = nodes.enter(nodes.root, 'd', 1, 2, drop)
  const inner = nodes.enter(outer, 'a', 1, 3, drop)
  nodes.enter(outer, 'b', 1, 4, drop)
  nodes.move(inner, nodes.root, 'd', drop)
  assert.equal(nodes.at('d'), inner)
  assert.equal(nodes.byKey(inner.key), inner)
  assert.equal(nodes.byInode(1, 3), inner)
  assert.deepEqual(dropped.toSorted(), ['b', 'd'])
})
