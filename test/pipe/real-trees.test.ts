import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { storm } from '../storm/storm.ts'
import { differences, snapshot } from '../storm/snapshot.ts'
import { Pair } from './pair.ts'
import { fetchTree, plantTree, realTrees } from './packages.ts'
import { stormSeeds } from './storm-seeds.ts'

describe('real trees', () => {
  for (const tree of realTrees) {
    it(`${tree.name} (${tree.says}) arrives whole, and comes through a storm`, { timeout: 300_000 }, async t => {
      const fetched = await fetchTree(tree)
      if ('missing' in fetched) return t.skip(fetched.missing)
      const pair = await Pair.make()
      t.after(() => pair.close())
      plantTree(fetched.path, pair.alpha)
      const begun = performance.now()
      await pair.start()
      const { code, stdout } = await pair.sync('--timeout', '120')
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
