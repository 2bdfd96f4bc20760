import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BarrierSession } from '../../lib/sync/root-barrier.ts'
import { rootBarrier } from '../../lib/sync/root-barrier.ts'
import type { BarrierOptions, BarrierResult, BarrierState } from '../../lib/sync/session-handle.ts'

const none = { total: 0, first: [] }

/** A session that ends its waits with these states, one after the other. */
function session(name: string, states: readonly BarrierState[], asked: [string, BarrierOptions][]): BarrierSession {
  const left = [...states]
  return {
    barrier: async (options): Promise<BarrierResult> => {
      asked.push([name, options])
      const state = left.shift() ?? 'synced'
      return { state, waiting: none, conflicts: none, untaken: none, problems: none, holds: [] }
    },
  }
}

async function wait(states: Readonly<Record<string, readonly BarrierState[]>>) {
  const asked: [string, BarrierOptions][] = []
  const sessions = Object.entries(states).map(([name, each]) => session(name, each, asked))
  let now = 0
  const times = { options: { timeoutMs: 5000, verify: true }, now: () => (now += 500) }
  const results = await rootBarrier(sessions, times, new AbortController().signal)
  return { asked, states: results.map(({ state }) => state) }
}

describe('the barrier of a root', () => {
  it('is that of its one session', async () => {
    const { asked, states } = await wait({ b: ['conflicts'] })
    assert.deepEqual([asked.length, states], [1, ['conflicts']])
  })

  it('asks every session a second time, once the first round is over, in the time that is left', async () => {
    const { asked, states } = await wait({ b: ['synced', 'synced'], c: ['problems', 'conflicts'] })
    assert.deepEqual(
      asked.map(([name, { verify }]) => [name, verify]),
      [
        ['b', true],
        ['c', true],
        ['b', false],
        ['c', false],
      ],
    )
    assert.ok(asked.slice(2).every(([, { timeoutMs }]) => timeoutMs < 5000 && timeoutMs >= 1000))
    assert.deepEqual(states, ['synced', 'conflicts'])
  })

  it('waits no second time for a host that is away, paused, halted or too slow', async () => {
    const { asked, states } = await wait({ b: ['synced'], c: ['disconnected'], d: ['timeout'], e: ['halted'] })
    assert.deepEqual(
      asked.slice(4).map(([name]) => name),
      ['b'],
    )
    assert.deepEqual(states, ['synced', 'disconnected', 'timeout', 'halted'])
  })
})
