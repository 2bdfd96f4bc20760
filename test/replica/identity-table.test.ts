import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { IdentityTable } from '../../lib/replica/identity-table.ts'

const names = fc.constantFrom('a', 'b', 'ab', 'ba', 'x'.repeat(200), 'é', '\udc80')
const step = fc.record({
  do: fc.constantFrom('set', 'delete', 'check'),
  directory: fc.integer({ min: 0, max: 40 }),
  name: names,
  inode: fc.integer({ min: 0, max: 5 }),
})

it('an identity table answers like a map of (directory, name), whatever is set and deleted', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600 }), fc.nat(), (steps, seed) => {
      const table = new IdentityTable(seed)
      const model = new Map<string, number>()
      for (const { do: what, directory, name, inode } of steps) {
        const key = `${directory}/${name}`
        if (what === 'set') {
          table.set(directory, name, { size: 1, mtimeMs: 2, ctimeMs: 3, inode })
          model.set(key, inode)
        } else if (what === 'delete') {
          table.delete(directory, name)
          model.delete(key)
        } else {
          assert.equal(table.get(directory, name)?.inode, model.get(key))
          assert.equal(
            table.matches(directory, name, { size: 1, mtimeMs: 2, ctimeMs: 3, inode }),
            model.get(key) === inode,
          )
        }
      }
      assert.equal(table.size, model.size)
    }),
  )
})

it('any part of an identity that moved makes it another file', () => {
  const table = new IdentityTable(1)
  const identity = { size: 10, mtimeMs: 1000.25, ctimeMs: 1000.5, inode: 7 }
  table.set(1, 'a', identity)
  assert.ok(table.matches(1, 'a', identity))
  for (const part of ['size', 'mtimeMs', 'ctimeMs', 'inode'] as const) {
    assert.ok(!table.matches(1, 'a', { ...identity, [part]: identity[part] + 1 }), part)
  }
})
