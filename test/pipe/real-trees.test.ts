import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { storm } from '../storm/storm.ts'
import { differences, snapshot } from '../storm/snapshot.ts'
import { Pair } from './pair.ts'
import { fetchTree, plantTree, realTrees } from './packages.ts'
import { stormSeeds } from './storm-seeds.ts'
import { until } from './until.ts'

/** How long the largest may take to arrive on a busy machine (ms). */
const arriveMs = 300_000

describe('real trees', { concurrency: 2 }, () => {
  for (const tree of realTrees) {
    it(`${tree.name} (${tree.says}) arrives whole, and comes through a storm`, { timeout: 600_000 }, async t => {
      const fetched = await fetchTree(tree)
      if ('missing' in fetched) return t.skip(fetched.missing)
      const pair = await Pair.make()
      t.after(() => pair.close())
      plantTree(fetched.path, pair.alpha)
      const begun = performance.now()
      await pair.start()
      await until('it has arrived', async () => (await pair.sync('--timeout', '30')).code !== 124, arriveMs)
      const { code, stdout } = await pair.sync()
      assert.equal(code, 0, stdout)
      t.diagnostic(`${tree.name}: ${tree.files} files copied in ${((performance.now() - begun) / 1000).toFixed(1)} s`)
      const [alpha, beta] = [snapshot(pair.alpha), snapshot(pair.beta)]
      assert.equal([...alpha.values()].filter(({ kind }) => kind === 'file').length, tree.files)
      assert.deepEqual(
        differences(alpha, beta, () => false),
        [],
      )
      const [seed = 1] = stormSeeds(1)
      t.diagnostic(`seed ${seed}`)
      assert.deepEqual((await storm(pair, { seed, steps: 300, plant: 0 })).faults, [])
    })
  }
})
