import assert from 'node:assert/strict'
import { it } from 'node:test'
import { giveBackSpareMemory, ownMemory } from '../../lib/replica/spare-memory.ts'
import { ManualClock } from '../sim/clock.ts'

/** Processor time in each of the times looked at (ms), and after which of them memory was given back. */
const rows: readonly (readonly [says: string, spent: readonly number[], given: readonly number[]])[] = [
  ['nothing while nothing is done', [0, 1, 0, 2], []],
  ['nothing while it works', [4000, 4000, 4000], []],
  ['once a burst is over, and once only', [4000, 4000, 10, 0, 5, 0], [2]],
  ['nothing for little work', [200, 0, 200, 0, 200, 0], []],
  ['once when small work has added up', [400, 0, 400, 0, 400, 0, 0], [5]],
  ['again after the next burst', [2000, 0, 0, 2000, 0], [1, 4]],
]

for (const [says, spent, given] of rows) {
  it(`gives back ${says}`, async () => {
    const clock = new ManualClock()
    let busy = 300
    let look = 0
    const trimmed: number[] = []
    giveBackSpareMemory(clock, { busyMs: () => busy, trim: () => trimmed.push(look) })
    for (const [index, ms] of spent.entries()) {
      look = index
      busy += ms
      await clock.settle({ forMs: 5000 })
    }
    assert.deepEqual(trimmed, given)
  })
}

it('knows the processor time of this process, and can be asked for its memory on any system', () => {
  const { busyMs, trim } = ownMemory()
  const before = busyMs()
  trim()
  assert.ok(busyMs() >= before && before > 0)
})
