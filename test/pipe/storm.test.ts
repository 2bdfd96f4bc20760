import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StormOptions } from '../storm/storm.ts'
import { storm } from '../storm/storm.ts'
import type { PairOptions } from './pair.ts'
import { Pair } from './pair.ts'
import { runtimes } from './runtimes.ts'
import { stormSeeds } from './storm-seeds.ts'

interface Row {
  readonly says: string
  readonly seeds: number
  readonly kills?: StormOptions['kills']
  readonly pair?: PairOptions
}

const rows: readonly Row[] = [
  { says: 'a thousand edits on each side at once', seeds: 2 },
  { says: 'the daemon and the agent killed in the middle', seeds: 2, kills: { daemon: 2, agent: 2 } },
  {
    says: 'all under Deno, the daemon and the agent killed in the middle',
    seeds: 1,
    kills: { daemon: 2, agent: 2 },
    pair: { runtime: runtimes.denoSource },
  },
  { says: 'chokidar on one side, polling on the other', seeds: 1, pair: { watchers: ['chokidar', 'twin=polling'] } },
]

// Users think, and what was held waits.
describe('edit storms', { concurrency: 2 }, () => {
  for (const { says, seeds, kills, pair: options } of rows) {
    for (const seed of stormSeeds(seeds)) {
      const skip = options?.runtime?.lacks ?? false
      it(`${says}, seed ${seed}`, { skip, timeout: 300_000 }, async t => {
        const pair = await Pair.make(options)
        t.after(() => pair.close())
        await pair.start()
        const { faults, ...figures } = await storm(pair, { seed, steps: 1000, plant: 300, ...(kills && { kills }) })
        t.diagnostic(`seed ${seed}: ${JSON.stringify(figures)}`)
        assert.deepEqual(faults, [], pair.daemonLog())
        assert.equal(pair.daemonLog(), '')
      })
    }
  }
})
