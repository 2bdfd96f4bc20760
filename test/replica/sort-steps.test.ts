import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { sortSteps } from '../../lib/replica/sort-steps.ts'

it('sorting in steps is sorting: equal items keep their order', () => {
  const list = fc.array(fc.nat({ max: 50 }), { maxLength: 5000, size: 'max' })
  fc.assert(
    fc.property(list, numbers => {
      const items = numbers.map((key, place) => ({ key, place }))
      const steps = sortSteps(items, (a, b) => a.key - b.key)
      let step = steps.next()
      let yields = 0
      for (; step.done !== true; step = steps.next()) yields++
      assert.deepEqual(
        step.value,
        items.toSorted((a, b) => a.key - b.key),
      )
      assert.ok(yields >= Math.floor(items.length / 1000))
    }),
    { numRuns: 30 },
  )
})
