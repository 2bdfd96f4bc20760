import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { describe, it } from 'node:test'
import { sides } from '../../lib/core/session/messages.ts'
import { share } from '../share.ts'
import { healMs, makeReadable } from './history-healing.ts'
import { History } from './history.ts'
import { divergences, halfFiles, lostVersions } from './oracle.ts'

const runs = Number(process.env['RUNS'] ?? share(12))
const seeds = Array.from({ length: runs }, () => Number(process.env['SEED'] ?? randomInt(2 ** 31)))

/** What dsync does to files, as its log calls it. */
const doing: ReadonlySet<string> = new Set(['put', 'remove', 'move'])

describe('random histories of a root that is one-way change nothing on the sending side and lose nothing', () => {
  for (const [index, seed] of seeds.entries()) {
    const [mode, sender] = index % 2 === 0 ? (['send', 'alpha'] as const) : (['receive', 'beta'] as const)
    it(`seed ${seed}, ${mode} (again with: SEED=${seed} RUNS=${index % 2 === 0 ? 1 : 2})`, async () => {
      const history = new History(seed, { mode })
      const { world, users } = history
      try {
        await history.live()
        await settle(history)
        const done = world.log.filter(({ event, on }) => doing.has(event) && on === sender)
        assert.deepEqual(done, [])
        assert.deepEqual(
          sides.flatMap(side => [...lostVersions(side, users[side]), ...halfFiles(side, users[side])]),
          [],
        )
        const apart = divergences(users.alpha.snapshot(), users.beta.snapshot(), listed(history))
        // A status counts all that was not taken, and names the first of it.
        const { total = 0, first = [] } = world.session?.status().untaken ?? {}
        assert.deepEqual(apart.slice(total - first.length), [])
        assert.deepEqual([history.failures, world.errors], [[], []])
      } finally {
        await world.close()
      }
    })
  }
})

/** Ends all faults, and waits until nothing is held or under way. */
async function settle(history: History): Promise<void> {
  const { world, users } = history
  history.faults.heal()
  history.finishPrograms()
  for (const side of sides) makeReadable(users[side])
  if (world.alpha.process?.dead !== false) world.startHub()
  world.cut()
  await world.pass(healMs)
  for (let attempt = 0; attempt < 6; attempt++) {
    const { state } = await world.sync()
    if ((world.session?.status().holds.length ?? 0) === 0) return assert.notEqual(state, 'timeout')
    await world.session?.approve()
  }
  assert.fail('something is held for ever')
}

/** Paths that may differ: those that are listed. */
function listed({ world }: History): { readonly conflicts: readonly string[]; readonly problems: readonly string[] } {
  const status = world.session?.status()
  const named = (world.session?.conflicts() ?? []).map(({ path }) => path)
  const untaken = (status?.untaken.first ?? []).map(({ path }) => path)
  return { conflicts: [...named, ...untaken], problems: (status?.problems.first ?? []).map(({ path }) => path) }
}
