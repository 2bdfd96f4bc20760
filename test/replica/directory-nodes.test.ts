import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { DirectoryNode } from '../../lib/replica/directory-nodes.ts'
import { DirectoryNodes } from '../../lib/replica/directory-nodes.ts'

const device = 1

/** `a/b/c` and `a/d`, each with an inode of its own. */
function tree() {
  const nodes = new DirectoryNodes(device, 1)
  const enter = (parent: DirectoryNode, name: string, inode: number): DirectoryNode =>
    nodes.enter(parent, name, device, inode, () => {})
  const a = enter(nodes.root, 'a', 2)
  const b = enter(a, 'b', 3)
  return { nodes, a, b, c: enter(b, 'c', 4), d: enter(a, 'd', 5) }
}

it('a directory that takes the name of the one it lay in stays known, with all below it', () => {
  const { nodes, a, b, c, d } = tree()
  const dropped: DirectoryNode[] = []
  nodes.move(b, nodes.root, 'a', node => dropped.push(node))
  assert.deepEqual(dropped, [a, d])
  assert.equal(nodes.at('a'), b)
  assert.equal(nodes.at('a/c'), c)
  assert.equal(nodes.pathOf(c), 'a/c')
  for (const node of [b, c]) {
    assert.equal(nodes.byKey(node.key), node)
    assert.equal(nodes.byInode(device, node.inode), node)
  }
  assert.equal(nodes.count, 3)
  assert.equal(nodes.byInode(device, a.inode), undefined)
})

it('a directory that takes the name of another one replaces it', () => {
  const { nodes, a, b, c, d } = tree()
  const dropped: DirectoryNode[] = []
  nodes.move(c, a, 'b', node => dropped.push(node))
  assert.deepEqual(dropped, [b])
  assert.deepEqual([...nodes.below(a)], [a, d, c])
})

it('a directory given the place that it has is dropped by nobody', () => {
  const { nodes, a, b } = tree()
  nodes.move(b, a, 'b', () => assert.fail('nothing goes'))
  assert.equal(nodes.at('a/b'), b)
})
