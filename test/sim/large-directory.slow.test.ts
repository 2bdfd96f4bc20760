import assert from 'node:assert/strict'
import { it } from 'node:test'
import { World } from './world.ts'

it('a directory with more in it than a batch holds becomes a file in one go', async () => {
  const world = new World({ seed: 5 })
  try {
    world.startHub()
    world.beta.user.mkdir('')
    const { user } = world.alpha
    for (const name of ['d', 'other']) {
      user.mkdir(name)
      for (let i = 0; i < 2400; i++) user.write(`${name}/f${i}`, `${i}`)
    }
    assert.equal((await world.sync()).state, 'synced')
    user.rm('d')
    user.write('d', 'a file now')
    assert.equal((await world.sync()).state, 'held')
    await world.session?.approve()
    assert.equal((await world.sync()).state, 'synced')
    assert.equal(world.beta.user.text('d'), 'a file now')
  } finally {
    await world.close()
  }
})
