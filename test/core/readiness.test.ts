import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  backoffBurst,
  backoffFirstMs,
  backoffLastMs,
  endlessMs,
  quietMs,
  shorterQuietMs,
} from '../../lib/core/limits.ts'
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
  const waits = [backoff.waitMs]
  while (waits.length < 30) {
    const dueAt: number = noted(undefined, 'closed', backoff.sentAt + 1, backoff).dueAt
    assert.equal(dueAt, backoff.sentAt + Math.max(1, backoff.waitMs))
    backoff = backedOff(backoff, dueAt)
    waits.push(backoff.waitMs)
  }
  assert.deepEqual(waits.slice(0, backoffBurst + 3), [
    ...Array.from({ length: backoffBurst }, () => 0),
    ...[1, 2, 4].map(times => times * backoffFirstMs),
  ])
  assert.ok(
    waits.slice(20).every(wait => wait >= backoffLastMs / 2 && wait <= backoffLastMs),
    waits.join(),
  )
  assert.equal(backedOff(backoff, backoff.sentAt + backoffBurst * backoffLastMs).waitMs, 0)
})

it('a person who saves every second never waits', () => {
  let backoff = backedOff(undefined, 0)
  for (let second = 1; second < 100; second++) {
    assert.equal(backoff.waitMs, 0)
    backoff = backedOff(backoff, second * 1000)
  }
})
