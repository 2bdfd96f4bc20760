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

it('a name that the disk tells nothing of is a problem alone, and the looks at it are few', () =>
  story(async world => {
    world.alpha.user.mkdir('d')
    for (const path of ['bad', 'good', 'd/bad', 'd/good']) world.alpha.user.write(path, path)
    assert.equal((await world.sync()).state, 'synced')
    const { faults } = world.beta.process ?? assert.fail('beta runs')
    faults.trace = line => {
      if (line.endsWith(' lookup bad')) faults.failAt(faults.calls, 'EIO')
    }
    await world.pass(130_000)
    const before = faults.calls
    world.alpha.user.write('good', 'edited')
    world.alpha.user.write('d/good', 'edited too')
    await world.pass(130_000)
    assert.deepEqual([world.beta.user.text('good'), world.beta.user.text('d/good')], ['edited', 'edited too'])
    assert.deepEqual(
      world.session?.status().problems.first.map(({ path, why }) => `${path} ${why}`),
      ['bad EIO', 'd/bad EIO'],
    )
    assert.ok(faults.calls - before < 1000, `${faults.calls - before} calls`)
    faults.trace = undefined
    await world.pass(130_000)
    assert.equal((await world.sync()).state, 'synced')
    assert.deepEqual(world.snapshot('beta'), world.snapshot('alpha'))
  }))

it('a root that may be listed and not entered is held until it may be', () =>
  story(async world => {
    world.alpha.user.write('a', 'one')
    assert.equal((await world.sync()).state, 'synced')
    const { faults } = world.beta.process ?? assert.fail('beta runs')
    faults.trace = line => {
      if (line.endsWith(' lookup a')) faults.failAt(faults.calls, 'EACCES')
    }
    await world.pass(130_000)
    const before = faults.calls
    await world.pass(130_000)
    assert.deepEqual(
      world.session?.status().holds.map(({ guard }) => guard),
      ['root-missing'],
    )
    assert.ok(faults.calls - before < 1000, `${faults.calls - before} calls`)
    assert.equal(world.alpha.user.text('a'), 'one')
    faults.trace = undefined
    world.alpha.user.write('a', 'two')
    await world.pass(10_000)
    assert.equal((await world.sync()).state, 'synced')
    assert.equal(world.beta.user.text('a'), 'two')
  }))
