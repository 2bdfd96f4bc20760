import assert from 'node:assert/strict'
import { it } from 'node:test'
import { World } from './world.ts'

async function story(tell: (world: World) => Promise<void>): Promise<void> {
  const world = new World({ seed: 7 })
  try {
    world.startHub()
    await tell(world)
  } finally {
    await world.close()
  }
}

it('what is on one side is soon on the other, whichever it is', () =>
  story(async world => {
    world.alpha.user.mkdir('d/e')
    world.alpha.user.write('d/e/f', 'deep')
    assert.equal((await world.sync()).state, 'synced')
    world.beta.user.write('b', 'from beta')
    assert.equal((await world.sync()).state, 'synced')
    assert.deepEqual(world.snapshot('beta'), world.snapshot('alpha'))
    assert.equal(world.beta.user.text('d/e/f'), 'deep')
    assert.equal(world.alpha.user.text('b'), 'from beta')
  }))

it('an edit follows a directory that was renamed on the other side meanwhile', () =>
  story(async world => {
    world.alpha.user.mkdir('d/e')
    world.alpha.user.write('d/e/f', 'deep')
    await world.sync()
    world.alpha.user.mv('d', 'moved')
    world.beta.user.write('d/e/f', 'edited')
    assert.equal((await world.sync()).state, 'synced')
    assert.deepEqual(world.snapshot('beta'), world.snapshot('alpha'))
    assert.equal(world.alpha.user.text('moved/e/f'), 'edited')
    assert.equal(world.alpha.user.text('d/e/f'), undefined)
  }))

it('two edits of one file stay where they are, each with a copy of the other, until a person decides', () =>
  story(async world => {
    world.alpha.user.write('a', 'base')
    await world.sync()
    world.alpha.user.write('a', 'mine')
    world.beta.user.write('a', 'theirs')
    const result = await world.sync()
    assert.equal(result.state, 'conflicts')
    assert.deepEqual([world.alpha.user.text('a'), world.beta.user.text('a')], ['mine', 'theirs'])
    await world.clock.settle({ forMs: 5000 })
    const [conflict] = world.session?.conflicts() ?? []
    assert.ok(conflict?.sides.alpha.copy !== undefined && conflict.sides.beta.copy !== undefined)
    assert.deepEqual(await world.session?.resolve('a', { take: 'beta' }), { state: 'resolved' })
    assert.equal((await world.sync()).state, 'synced')
    assert.deepEqual([world.alpha.user.text('a'), world.beta.user.text('a')], ['theirs', 'theirs'])
  }))

it('a daemon killed at any moment goes on where it was', () =>
  story(async world => {
    for (let i = 0; i < 20; i++) world.alpha.user.write(`f${i}`, `content ${i}`)
    await world.clock.settle({ forMs: 12 })
    world.killHub()
    world.alpha.user.write('f3', 'edited while nobody looked')
    world.beta.user.write('new', 'there too')
    assert.equal((await world.sync()).state, 'synced')
    assert.deepEqual(world.snapshot('beta'), world.snapshot('alpha'))
    assert.equal(world.beta.user.text('f3'), 'edited while nobody looked')
  }))

it('a deleted directory stays where it holds ignored files, unknown to the other side until something new is put in it', () =>
  story(async world => {
    world.alpha.user.mkdir('d')
    world.alpha.user.write('d/a', 'synced')
    await world.sync()
    world.beta.user.write('d/x.ign', 'ignored')
    world.alpha.user.rm('d/a')
    world.alpha.user.rmdir('d')
    assert.equal((await world.sync()).state, 'synced')
    assert.deepEqual([...world.snapshot('alpha').keys()], [])
    assert.deepEqual([...world.snapshot('beta').keys()], ['d', 'd/x.ign'])
    await world.clock.settle({ forMs: 700_000 })
    assert.equal((await world.sync()).state, 'synced')
    assert.deepEqual([...world.snapshot('alpha').keys()], [], 'no round over everything brings it back')
    world.beta.user.write('d/new', 'not ignored')
    assert.equal((await world.sync()).state, 'synced')
    assert.equal(world.alpha.user.text('d/new'), 'not ignored')
    assert.equal(world.alpha.user.text('d/x.ign'), undefined)
    assert.equal(world.beta.user.text('d/x.ign'), 'ignored')
  }))
