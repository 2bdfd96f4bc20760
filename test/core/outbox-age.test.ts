import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Operation } from '../../lib/core/operation.ts'
import { Outbox } from '../../lib/core/session/outbox.ts'

function put(path: string): Operation {
  const after = { kind: 'file', mode: 0o644, digest: 'a'.repeat(64), size: 3 } as const
  return { kind: 'put', path, before: undefined, after }
}

function boxed(...tasks: readonly (readonly [path: string, since: number])[]): Outbox {
  const outbox = new Outbox(1_000_000)
  for (const [path, since] of tasks) outbox.add([put(path)], ({ path: from }) => ({ path: from, agrees: true }), since)
  return outbox
}

const ages = (outbox: Outbox) => [...outbox.outstanding()].map(({ path, since }) => [path, since])

it('a path that is queued anew is as old as it was: whoever waits for it goes on waiting', () => {
  assert.deepEqual(ages(boxed(['a', 5], ['b', 6], ['a', 9])), [
    ['b', 6],
    ['a', 5],
  ])
})

it('what is dropped says how old the oldest of it was', () => {
  const outbox = boxed(['d/a', 5], ['d/b', 4], ['e', 3])
  assert.equal(outbox.drop('d/a').since, 5)
  assert.equal(outbox.drop('d/a').since, Number.POSITIVE_INFINITY)
  assert.equal(outbox.drop('d', true).since, 4)
  assert.equal(outbox.drop('d', true).since, Number.POSITIVE_INFINITY)
  assert.deepEqual(ages(outbox), [['e', 3]])
})
