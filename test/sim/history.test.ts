import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { share, shareOf } from '../share.ts'
import { runHistory } from './history-run.ts'
import { mutants } from './mutants-list.ts'
import { patched } from './mutants.ts'

/** Seeds whose histories once went wrong. */
const known = [
  2, 3, 10, 62, 440, 5159, 5577, 9050, 9333, 77275, 77278, 100740, 100962, 100984, 200462, 200866, 202955, 401390,
  3000595, 16003363, 16004133, 510001151, 520000553, 530008474, 530009519, 660992594, 1814631460,
]

const fresh = Array.from({ length: share(20) }, () => randomInt(2 ** 31))

describe('random histories of two hosts lose nothing and end equal', () => {
  for (const seed of [...shareOf(known), ...fresh]) {
    it(`seed ${seed} (again with: npm run sim -- --seed ${seed} --verbose)`, async () => {
      const { failures } = await runHistory(seed)
      assert.deepEqual(failures, [])
    })
  }
})

it('a seed gives the same history every time', async () => {
  const told = async (): Promise<string[]> => {
    const lines: string[] = []
    await runHistory(5, { trace: line => lines.push(line), traceCalls: true })
    return lines
  }
  assert.deepEqual(await told(), await told())
})

describe('every planted bug still finds its place', () => {
  for (const mutant of mutants) {
    it(mutant.name, () => {
      for (const file of new Set(mutant.patches.map(patch => patch.file))) {
        const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
        assert.notEqual(patched(mutant, file, text), text)
      }
    })
  }
})
