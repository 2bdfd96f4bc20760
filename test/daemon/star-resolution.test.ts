import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ConflictInfo, Resolution } from '../../lib/sync/session-handle.ts'
import type { Decidable } from '../../lib/daemon/star-resolution.ts'
import { resolutionsOf } from '../../lib/daemon/star-resolution.ts'
import type { ResolveParameters } from '../../lib/daemon/verbs.ts'

/** A conflict of the hub `one` with a host, and when each modified its version (ms). */
function conflict(host: string, times: { readonly alpha: number | undefined; readonly beta: number }): Decidable {
  const version = { kind: 'file' } as const
  const info: ConflictInfo = {
    ...{ root: '/r', host, path: 'a', kind: 'both-changed' as ConflictInfo['kind'], since: 0 },
    hosts: { alpha: 'one', beta: host },
    sides: { alpha: version, beta: version },
  }
  return {
    conflict: info,
    handle: { ask: side => Promise.resolve({ about: 'time', mtimeMs: times[side] }) },
  }
}

const group = [conflict('two', { alpha: 5, beta: 9 }), conflict('three', { alpha: 5, beta: 7 })]

const rows: readonly {
  readonly take: ResolveParameters['take']
  readonly says: readonly [string, Resolution['take']][]
}[] = [
  {
    take: 'mine',
    says: [
      ['two', 'alpha'],
      ['three', 'alpha'],
    ],
  },
  {
    take: 'both',
    says: [
      ['two', 'both'],
      ['three', 'both'],
    ],
  },
  {
    take: 'newest',
    says: [
      ['three', 'alpha'],
      ['two', 'beta'],
    ],
  },
  {
    take: { host: 'three' },
    says: [
      ['two', 'alpha'],
      ['three', 'beta'],
    ],
  },
  {
    take: { host: 'one' },
    says: [
      ['two', 'alpha'],
      ['three', 'alpha'],
    ],
  },
]

describe('one path in conflict with two hosts', () => {
  for (const { take, says } of rows) {
    it(`ends with one version on all when ${JSON.stringify(take)} is taken, the winner's session last`, async () => {
      const decided = await resolutionsOf(group, take)
      assert.deepEqual(
        decided.map(({ one, how }) => [one.conflict.host, how.take]),
        says,
      )
    })
  }

  it('is not decided for a host that has no version of it', async () => {
    await assert.rejects(resolutionsOf(group, { host: 'four' }), /in conflict between one, two and three|one, two, one/)
  })

  it('is left to each session when a time is not known', async () => {
    const unknown = [conflict('two', { alpha: undefined, beta: 9 }), conflict('three', { alpha: undefined, beta: 7 })]
    const decided = await resolutionsOf(unknown, 'newest')
    assert.deepEqual(
      decided.map(({ how }) => how.take),
      ['newest', 'newest'],
    )
  })
})
