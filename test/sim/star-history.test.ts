import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { describe, it } from 'node:test'
import { share, shareOf } from '../share.ts'
import { runStarHistory } from './star-run.ts'

/** Seeds whose histories once went wrong, and some that hold much of everything. */
const known = [60, 79, 163, 260]

const fresh = Array.from({ length: share(10) }, () => randomInt(2 ** 31))

describe('random histories of three and four hosts around a hub lose nothing and end equal', () => {
  for (const seed of [...shareOf(known), ...fresh]) {
    it(`seed ${seed} (again with: npm run sim -- --star --seed ${seed} --verbose)`, async () => {
      const { failures } = await runStarHistory(seed)
      assert.deepEqual(failures, [])
    })
  }
})
