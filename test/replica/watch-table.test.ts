import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WatchTable } from '../../lib/replica/watch/watch-table.ts'

test('a key has one watch, a watch any number of keys, and none is kept that nobody needs', () => {
  const act = fc.record({ key: fc.nat(5), watch: fc.option(fc.nat(4), { nil: undefined }) })
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), acts => {
      const table = new WatchTable()
      const model = new Map<number, number>()
      const live = new Set<number>()
      for (const { key, watch } of acts) {
        if (watch !== undefined) live.add(watch)
        const unneeded = watch === undefined ? table.remove(key) : table.place(key, watch)
        if (watch === undefined) model.delete(key)
        else model.set(key, watch)
        if (unneeded !== undefined) assert.ok(live.delete(unneeded))
        assert.deepEqual(live, new Set(model.values()))
        assert.equal(table.size, model.size)
        for (let each = 0; each < 5; each++) {
          const keys = [...model].filter(([, of]) => of === each).map(([of]) => of)
          assert.deepEqual(table.keysOf(each).toSorted(), keys.toSorted())
        }
        if (watch !== undefined) assert.ok(table.keysOf(watch).includes(key))
      }
    }),
  )
})

test('the newest key comes first', () => {
  const table = new WatchTable()
  table.place(1, 7)
  table.place(2, 7)
  assert.deepEqual(table.keysOf(7), [2, 1])
  assert.equal(table.remove(2), undefined)
  assert.deepEqual(table.keysOf(7), [1])
  assert.equal(table.remove(1), 7)
  assert.deepEqual(table.keysOf(7), [])
})
