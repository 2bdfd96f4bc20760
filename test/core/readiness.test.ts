import assert from 'node:assert/strict'
import { it } from 'node:test'
import { backoffFirstMs, backoffLastMs, endlessMs, quietMs, shorterQuietMs } from '../../lib/core/limits.ts'
import type { Sight } from '../../lib/core/readiness.ts'
import { backedOff, believed, noted } from '../../lib/core/readiness.ts'

const rows: { says: string; sight: Sight; quiet: number }[] = [
  { says: 'a whole file goes out at once', sight: 'whole', quiet: 0 },
  { says: 'a file of unknown openness that is not shorter goes out at once', sight: 'likely', quiet: 0 },
  { says: 'a shorter file of unknown openness waits a little', sight: 'shorter', quiet: shorterQuietMs },
  { says: 'an absent file may be in the middle of a save', sight: 'absent', quiet: quietMs },
  { says: 'an empty file may be about to be written', sight: 'empty', quiet: quietMs },
  { says: 'an open file waits for its writer', sight: 'open', quiet: quietMs },
]

for (const { says, sight, quiet } of rows) {
  it(says, () => {
    const pending = noted(undefined, 'changed', 1000)
    assert.equal(pending.dueAt, 1000)
    const atOnce = believed(sight, pending, 1000)
    if (quiet === 0) return assert.deepEqual(atOnce, { ready: true })
    assert.deepEqual(atOnce, { againAt: 1000 + quiet })
    assert.deepEqual(believed(sight, pending, 1000 + quiet), { ready: true })
  })
}

it('another event starts the quiet anew, but a writer without end is not waited for without end', () => {
  let pending = noted(undefined, 'changed', 0)
  for (let now: number = 50; now < endlessMs; now += 50) {
    pending = noted(pending, 'changed', now)
    assert.ok('againAt' in believed('open', pending, now), `still waiting at ${now}`)
  }
  assert.deepEqual(believed('open', pending, endlessMs), { ready: true })
})

it('a path that keeps changing is looked at less and less often, and at once again after a quiet while', () => {
  let backoff = backedOff(undefined, 0)
  assert.equal(backoff.waitMs, backoffFirstMs)
  const waits: number[] = []
  for (let i = 0; i < 8; i++) {
    const now: number = backoff.sentAt + backoff.waitMs
    assert.equal(noted(undefined, 'closed', backoff.sentAt + 1, backoff).dueAt, now)
    backoff = backedOff(backoff, now)
    waits.push(backoff.waitMs)
  }
  assert.deepEqual(
    waits.slice(0, 3),
    [2, 4, 8].map(times => times * backoffFirstMs),
  )
  assert.equal(waits.at(-1), backoffLastMs)
  assert.equal(backedOff(backoff, backoff.sentAt + 10 * backoffLastMs).waitMs, backoffFirstMs)
})
