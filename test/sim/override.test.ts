import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Side } from '../../lib/core/operation.ts'
import type { Overridden, OverrideForecast } from '../../lib/sync/session-handle.ts'
import { World } from './world.ts'

const minute = 60_000

/** What would happen, and then what did. */
async function overridden(
  world: World,
  path: string,
  take: Side,
): Promise<{ readonly shown: OverrideForecast; readonly result: Overridden }> {
  const shown = await foreseen(world, path, take)
  const mark = shown.state === 'ready' ? shown.mark : ''
  return { shown, result: await ordered(world, path, take, mark) }
}

async function foreseen(world: World, path: string, take: Side): Promise<OverrideForecast> {
  const { session } = world
  assert.ok(session !== undefined)
  let shown: OverrideForecast | undefined
  const signal = new AbortController().signal
  void session.foresee({ path, take, timeoutMs: minute }, signal).then(given => (shown = given))
  await world.pass(2 * minute, () => shown !== undefined)
  assert.ok(shown !== undefined)
  return shown
}

async function ordered(world: World, path: string, take: Side, mark: string): Promise<Overridden> {
  const { session } = world
  assert.ok(session !== undefined)
  let result: Overridden | undefined
  const signal = new AbortController().signal
  void session.override({ path, take, timeoutMs: minute }, mark, signal).then(given => (result = given))
  await world.pass(2 * minute, () => result !== undefined)
  assert.ok(result !== undefined)
  return result
}

function changes(shown: OverrideForecast): string[] {
  assert.equal(shown.state, 'ready')
  return shown.state === 'ready' ? shown.changes.first.map(({ how, path }) => `${how} ${path}`) : []
}

async function inWorld(seed: number, story: (world: World) => Promise<void>): Promise<void> {
  const world = new World({ seed })
  try {
    await story(world)
    assert.deepEqual(world.errors, [])
  } finally {
    await world.close()
  }
}

/** Brings back what was replaced or deleted last on a side, whole. */
async function undo(world: World, side: Side): Promise<void> {
  const { session } = world
  assert.ok(session !== undefined)
  let back = 0
  const run = async (): Promise<void> => {
    const answer = await session.ask(side, { about: 'trash', path: undefined, limit: 1000 })
    assert.ok(answer.about === 'trash')
    const group = answer.items.toSorted((a, b) => b.at - a.at)[0]?.group
    const ids = answer.items.filter(item => item.group === group).map(({ id }) => id)
    const restored = await session.ask(side, { about: 'restore', trash: ids })
    assert.ok(restored.about === 'restore' && restored.refused.length === 0)
    back = restored.restored.length
  }
  void run()
  await world.pass(minute, () => back > 0)
  assert.ok(back > 0)
}

describe('an override', () => {
  it('settles conflicts, on a paused session too, which stays paused', () =>
    inWorld(21, async world => {
      world.startHub()
      world.alpha.user.mkdir('d')
      for (const name of ['a', 'b', 'd/c']) world.alpha.user.write(name, 'old')
      assert.equal((await world.sync()).state, 'synced')
      world.session?.pause()
      world.alpha.user.write('a', 'mine')
      world.beta.user.write('a', 'theirs')
      world.beta.user.write('b', 'only theirs')
      world.beta.user.write('d/new', 'made there')
      world.alpha.user.write('d/c', 'mine')
      const { shown, result } = await overridden(world, 'd', 'alpha')
      assert.deepEqual(changes(shown), ['delete d/new', 'replace d/c'])
      assert.equal(result.state, 'synced')
      assert.deepEqual([world.beta.user.text('d/c'), world.beta.user.list('d')], ['mine', ['c']])
      assert.deepEqual(
        [world.alpha.user.text('a'), world.beta.user.text('a')],
        ['mine', 'theirs'],
        'it is not asked for',
      )
      assert.equal(world.session?.status().state, 'paused')
      world.beta.user.write('d/later', 'while it is paused')
      await world.pass(minute)
      assert.deepEqual(world.alpha.user.list('d'), ['c'], 'nothing travels while it is paused')
      assert.deepEqual(changes(await foreseen(world, '', 'beta')), ['replace a', 'replace b', 'create d/later'])
      const all = await overridden(world, '', 'beta')
      assert.equal(all.result.state, 'synced')
      assert.deepEqual(world.snapshot('alpha'), world.snapshot('beta'))
      assert.equal(world.alpha.user.text('a'), 'theirs')
      world.session?.resume()
      assert.equal((await world.sync()).state, 'synced')
      assert.equal(world.alpha.user.text('a'), 'theirs')
    }))

  it('comes back whole', () =>
    inWorld(22, async world => {
      world.startHub()
      for (let i = 0; i < 30; i++) world.alpha.user.write(`f${i}`, `${i}`)
      assert.equal((await world.sync()).state, 'synced')
      world.session?.pause()
      world.beta.user.write('f0', 'theirs')
      for (let i = 1; i < 30; i++) world.alpha.user.rm(`f${i}`)
      const before = world.snapshot('beta')
      assert.equal((await overridden(world, '', 'alpha')).result.state, 'synced')
      assert.deepEqual(world.snapshot('beta'), world.snapshot('alpha'))
      await undo(world, 'beta')
      assert.deepEqual(world.snapshot('beta'), before)
    }))

  for (const take of ['alpha', 'beta'] as const) {
    it(`takes ${take}'s word on a mass delete that is held`, () =>
      inWorld(23, async world => {
        world.startHub()
        world.alpha.user.mkdir('d')
        for (let i = 0; i < 60; i++) world.alpha.user.write(`d/f${i}`, `${i}`)
        assert.equal((await world.sync()).state, 'synced')
        for (let i = 0; i < 60; i++) world.alpha.user.rm(`d/f${i}`)
        assert.equal((await world.sync()).state, 'held')
        assert.equal((await overridden(world, 'd', take)).result.state, 'synced')
        assert.deepEqual(world.snapshot('beta'), world.snapshot('alpha'))
        assert.equal(world.alpha.user.list('d').length, take === 'alpha' ? 0 : 60)
        assert.deepEqual(world.session?.status().holds, [])
      }))
  }

  it('is a first sync, of the whole root only', () =>
    inWorld(24, async world => {
      world.alpha.user.write('a', 'mine')
      world.alpha.user.write('b', 'mine')
      world.beta.user.write('a', 'theirs')
      world.beta.user.write('c', 'theirs')
      assert.equal((await world.sync()).state, 'held')
      assert.equal((await foreseen(world, 'a', 'alpha')).state, 'first-sync')
      const { shown, result } = await overridden(world, '', 'alpha')
      assert.deepEqual(changes(shown), ['delete c', 'replace a', 'create b'])
      assert.equal(result.state, 'synced')
      assert.deepEqual([world.beta.user.text('a'), world.beta.user.list('')], ['mine', ['a', 'b']])
      world.alpha.user.write('d', 'flows')
      assert.equal((await world.sync()).state, 'synced')
      assert.equal(world.beta.user.text('d'), 'flows')
    }))

  it('does nothing when it is no longer what was shown', () =>
    inWorld(25, async world => {
      world.startHub()
      world.alpha.user.write('a', 'old')
      assert.equal((await world.sync()).state, 'synced')
      world.session?.pause()
      world.alpha.user.write('a', 'mine')
      const shown = await foreseen(world, '', 'alpha')
      world.beta.user.write('b', 'made meanwhile')
      await world.pass(minute)
      const result = await ordered(world, '', 'alpha', shown.state === 'ready' ? shown.mark : '')
      assert.equal(result.state, 'changed')
      assert.equal(world.beta.user.text('a'), 'old')
    }))

  it('never empties a root after one that is empty, nor takes what stands in no directory of both', () =>
    inWorld(26, async world => {
      world.startHub()
      world.alpha.user.mkdir('d')
      world.alpha.user.write('d/a', '1')
      assert.equal((await world.sync()).state, 'synced')
      world.session?.pause()
      world.beta.user.mkdir('new')
      world.beta.user.write('new/b', '1')
      assert.deepEqual(await foreseen(world, 'new/b', 'beta'), { state: 'parted', at: 'new' })
      world.alpha.user.rm('d/a')
      world.alpha.user.rmdir('d')
      await world.pass(minute)
      assert.equal((await foreseen(world, '', 'alpha')).state, 'emptied')
    }))

  it('leaves what is ignored, and what was saved in between, alone', () =>
    inWorld(27, async world => {
      world.startHub()
      world.alpha.user.mkdir('d')
      world.alpha.user.write('d/a', '1')
      assert.equal((await world.sync()).state, 'synced')
      world.session?.pause()
      world.beta.user.write('d/x.ign', 'secret')
      world.alpha.user.rm('d/a')
      world.alpha.user.rmdir('d')
      world.alpha.user.write('e', '1')
      const { result } = await overridden(world, '', 'alpha')
      assert.equal(result.state, 'synced')
      assert.deepEqual(world.beta.user.list('d'), ['x.ign'])
      assert.equal(world.beta.user.text('d/x.ign'), 'secret')
    }))
})
