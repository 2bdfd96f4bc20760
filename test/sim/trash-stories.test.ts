import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isSynced } from '../../lib/core/entry.ts'
import type { ReplicaEvent } from '../../lib/core/messages.ts'
import type { Operation } from '../../lib/core/operation.ts'
import { emptyTree, shallow, walk } from '../../lib/core/tree.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { World } from './world.ts'

const minute = 60_000

it('a full trash holds what would go to it, the rest flows, and a person lets it grow', async () => {
  const world = new World({ seed: 3, beta: { trashBytes: 3000 } })
  try {
    world.startHub()
    world.beta.user.mkdir('')
    for (const letter of ['1', '2', '3', '4', '5']) {
      world.alpha.user.write('a', letter.repeat(1000))
      assert.equal((await world.sync()).state, 'synced')
    }
    await world.pass(2 * minute)
    world.alpha.user.write('a', 'newest')
    world.alpha.user.write('b', 'flows')
    const result = await world.sync()
    assert.equal(result.state, 'held')
    assert.deepEqual(
      result.holds.map(({ guard, side, paths }) => [guard, side, paths.first]),
      [['trash-full', 'beta', ['a']]],
    )
    assert.equal(world.beta.user.text('a'), '5'.repeat(1000))
    assert.equal(world.beta.user.text('b'), 'flows')
    assert.equal(world.log.filter(({ event }) => event === 'held').length, 1)
    await world.session?.approve()
    assert.equal((await world.sync()).state, 'synced')
    assert.equal(world.beta.user.text('a'), 'newest')
  } finally {
    await world.close()
  }
})

it('a replica holds a mass delete by itself, whole, tells of it once, and lets it pass once approved', async () => {
  const world = new World({ seed: 4 })
  try {
    const process = world.alpha.start()
    world.alpha.user.mkdir('d')
    for (let i = 0; i < 40; i++) world.alpha.user.write(`d/f${i}`, `${i}`)
    const events: ReplicaEvent[] = []
    const replica = world.alpha.openReplica(process)
    const attached = replica.attach(
      () => emptyTree,
      event => events.push(event),
    )
    await world.pass(1000)
    const ready = events.find(event => event.type === 'ready')
    assert.ok(ready)
    const operations = removals(ready.tree)
    const apply = async (batch: number): Promise<readonly string[]> => {
      attached.send({ type: 'apply', batch, operations, contents: new Map() })
      await world.pass(20_000)
      const answer = events.find(event => event.type === 'outcomes' && event.batch === batch)
      return answer?.type === 'outcomes' ? [...new Set(answer.outcomes.map(({ result }) => result))] : []
    }
    assert.deepEqual(await apply(1), ['held'])
    assert.deepEqual(await apply(2), ['held'])
    assert.equal(world.alpha.user.list('d').length, 40)
    const remarks = events.flatMap(event => (event.type === 'remark' ? [event] : []))
    assert.deepEqual(
      remarks.map(({ code, why }) => [code, why]),
      [
        [
          'MASS_DELETE',
          'deletes 41 of 41 entries of the root: 41 are held ("d/f9", "d/f8", "d/f7", "d/f6", "d/f5" and more)',
        ],
      ],
    )
    attached.send({ type: 'approve', guard: 'mass-delete' })
    assert.deepEqual(await apply(3), ['done'])
    assert.deepEqual(world.alpha.user.list(''), [])
    let isClosed = false
    void replica.close().then(() => (isClosed = true))
    await world.pass(minute, () => isClosed)
    assert.ok(isClosed)
    assert.deepEqual(world.errors, [])
  } finally {
    await world.close()
  }
})

it('what is to come in the place of held deletes waits for them, and a barrier says so at once', async () => {
  const world = new World({ seed: 5 })
  try {
    world.startHub()
    world.beta.user.mkdir('')
    const { user } = world.alpha
    for (const name of ['d', 'e']) {
      user.mkdir(name)
      for (let i = 0; i < 40; i++) user.write(`${name}/f${i}`, `${i}`)
    }
    user.write('g', 'a file')
    assert.equal((await world.sync()).state, 'synced')
    for (let i = 0; i < 40; i++) for (const name of ['d', 'e']) user.rm(`${name}/f${i}`)
    user.rm('d')
    user.write('d', 'a file now')
    user.rm('g')
    user.mkdir('g')
    user.write('g/below', 'a directory now')
    const began = world.clock.monotonic()
    const result = await world.sync()
    assert.equal(result.state, 'held')
    assert.ok(world.clock.monotonic() - began < 1000, 'nothing is tried again and again')
    assert.equal(result.waiting.total, 0)
    assert.equal(world.beta.user.list('d').length, 40)
    await world.session?.approve()
    assert.equal((await world.sync()).state, 'synced')
    assert.deepEqual(world.snapshot('beta'), world.snapshot('alpha'))
    assert.equal(world.beta.user.text('g/below'), 'a directory now')
  } finally {
    await world.close()
  }
})

/** What removes everything, the deepest first. */
function removals(tree: Tree): Operation[] {
  return [...walk(tree)]
    .flatMap(([path, entry]): Operation[] =>
      isSynced(entry) ? [{ kind: 'remove', path, before: shallow(entry) }] : [],
    )
    .toReversed()
}
