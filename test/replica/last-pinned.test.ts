import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DirectoryNodes } from '../../lib/replica/directory-nodes.ts'
import type { DirectoryNode } from '../../lib/replica/directory-nodes.ts'
import { LastPinned } from '../../lib/replica/last-pinned.ts'
import { Rig } from './rig.ts'

/** A root with the known directories `d` and `e`, and a file in the first. */
function known(): { readonly rig: Rig; readonly nodes: DirectoryNodes; readonly d: DirectoryNode } {
  const rig = new Rig()
  for (const name of ['d', 'e']) rig.person.mkdir(name)
  rig.person.write('d/a', 'in d')
  const root = rig.root.open('')
  const { device, inode } = root.stat()
  const nodes = new DirectoryNodes(device, inode)
  const [d] = ['d', 'e'].map(name => {
    const stat = root.lookup(name)
    assert.ok(stat)
    return nodes.enter(nodes.root, name, stat.device, stat.inode, () => {})
  })
  root.close()
  assert.ok(d)
  return { rig, nodes, d }
}

describe('the directory that is looked into', () => {
  it('is kept open from name to name', () => {
    const { rig, nodes, d } = known()
    const pinned = new LastPinned(rig.root, nodes)
    assert.equal(pinned.open(d), pinned.open(d))
    assert.notEqual(pinned.open(d).lookup('a'), undefined)
    pinned.close()
    assert.equal(rig.leakedHandles(), 0)
  })

  it('is the known one, never another that stands at its path by now', () => {
    const { rig, nodes, d } = known()
    const pinned = new LastPinned(rig.root, nodes)
    rig.person.mv('d', 'e', 'exchange')
    assert.throws(() => pinned.open(d), { code: 'ENOENT' })
    nodes.move(d, nodes.root, 'e', () => {})
    assert.notEqual(pinned.open(d).lookup('a'), undefined)
    pinned.close()
    assert.equal(rig.leakedHandles(), 0)
  })
})
