import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { heldBefore } from '../../lib/daemon/held-deletion.ts'
import type { LogEvent } from '../../lib/ports/log.ts'

const place = { root: '/r', on: 'twin' }

function line(at: number, event: string, more: Readonly<Record<string, unknown>> = {}): LogEvent {
  return { at, level: 'info', event, ...place, ...more }
}

const held = (at: number) => line(at, 'held', { guard: 'mass-delete' })
const remarked = (at: number) => line(at, 'remark', { code: 'MASS_DELETE' })
const approved = (at: number) => line(at, 'approved', { guard: 'mass-delete' })
const removed = (at: number) => line(at, 'remove', { path: 'a' })

/** A log, oldest first, of deletes that went at 100,000, and when the first of them are looked for. */
const rows: readonly (readonly [says: string, log: readonly LogEvent[], from: number | undefined])[] = [
  ['nothing is known', [], undefined],
  ['nothing was held', [removed(99_000), removed(99_900)], undefined],
  ['the rest was held and approved', [removed(49_990), held(50_000), approved(99_500)], 38_000],
  ['the other host held the rest', [removed(49_990), remarked(50_000), approved(99_500)], 38_000],
  ['the yes is in the log after what it let pass', [held(50_000), approved(100_100), removed(100_050)], 38_000],
  ['what was held was never approved', [held(50_000), removed(99_000)], undefined],
  ['it was approved long before', [held(1000), approved(50_000), removed(70_000), removed(100_000)], undefined],
  ['two were approved, and only the last was held here', [held(1000), approved(2000), approved(99_500)], undefined],
  ['another host held it', [{ ...held(50_000), on: 'mac' }, approved(99_500)], undefined],
  ['another guard held it', [line(50_000, 'held', { guard: 'first-sync' }), approved(99_500)], undefined],
]

describe('the beginning of a deletion', () => {
  for (const [says, log, from] of rows) {
    it(`is ${from === undefined ? 'not looked for' : 'looked for'} when ${says}`, () => {
      const found = heldBefore(log.toReversed(), { ...place, isHere: true, at: 100_000 })
      assert.equal(found?.from, from)
    })
  }

  it('is looked for in a wider span where clocks may differ', () => {
    const found = heldBefore([approved(99_500), held(50_000)], { ...place, isHere: false, at: 100_000 })
    assert.deepEqual(found, { from: -20_000, until: 110_000 })
  })
})
