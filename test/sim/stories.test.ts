import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { WorldOptions } from './world.ts'
import { World } from './world.ts'

async function story(tell: (world: World) => Promise<void>, options: Omit<WorldOptions, 'seed'> = {}): Promise<void> {
  const world = new World({ ...options, seed: 7 })
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

it('a link that is silent for ever costs nothing until it is noticed', () =>
  story(async world => {
    world.alpha.user.write('a', 'base')
    await world.sync()
    world.alpha.user.write('a', 'edited')
    await world.pass(1)
    world.cut(Infinity)
    world.alpha.user.write('b', 'new')
    await world.clock.settle({ forMs: 20_000, tasks: 5000 })
    assert.equal((await world.sync()).state, 'synced')
    assert.equal(world.beta.user.text('a'), 'edited')
  }))

it('a disk that cannot be flushed for a while leaves the daemon alive and nothing vouched for', () =>
  story(async world => {
    world.alpha.user.write('a', 'base')
    await world.sync()
    const { faults } = world.alpha.process ?? assert.fail('The daemon runs')
    faults.full = true
    await world.pass(10_000)
    assert.equal(world.storage.state.durable, undefined)
    faults.full = false
    await world.pass(30_000)
    assert.equal((await world.sync()).state, 'synced')
    assert.notEqual(world.storage.state.durable, undefined)
  }))

it('a root that refuses to be listed once has lost nothing', () =>
  story(async world => {
    for (const name of ['a', 'b', 'c']) world.alpha.user.write(name, name)
    await world.sync()
    const { process } = world.alpha
    process?.faults.failAt(process.faults.calls + 1, 'EACCES')
    world.alpha.watcher?.overflow()
    await world.pass(5000)
    assert.equal((await world.sync()).state, 'synced')
    assert.deepEqual([...world.snapshot('beta').keys()].toSorted(), ['a', 'b', 'c'])
  }))

it('a large file on a disk with coarse times is hashed, and hashed again only when its times can tell', () =>
  story(
    async world => {
      world.alpha.user.write('large', new Uint8Array(300_000).fill(1))
      assert.equal((await world.sync()).state, 'synced')
      assert.equal(world.beta.user.read('large')?.length, 300_000)
    },
    { alpha: { volume: { grainMs: 10 } } },
  ))

it('a file that changed without any trace is read again when its content is wanted and is another one', () =>
  story(async world => {
    world.alpha.user.write('f', 'as it was hashed')
    world.alpha.user.write('g', 'stands')
    await world.sync()
    world.setWire(false)
    world.alpha.user.write('f', 'as it was hashed again')
    await world.pass(1000)
    const inode = world.alpha.user.find('f')
    assert.ok(inode)
    inode.data = new TextEncoder().encode('as it is on the disk..')
    world.setWire(true)
    assert.equal((await world.sync({ timeoutMs: 20_000 })).state, 'synced')
    assert.equal(world.beta.user.text('f'), 'as it is on the disk..')
  }))

it('a file whose time is set to one to come is not read again and again', () => {
  let reads = 0
  const count = (line: string): void => {
    if (line.endsWith(' read f')) reads++
  }
  return story(
    async world => {
      world.alpha.user.write('f', 'content')
      world.alpha.user.touch('f', (world.alpha.user.find('f')?.mtimeMs ?? 0) + 3_600_000)
      assert.equal((await world.sync()).state, 'synced')
      await world.pass(5000)
      assert.ok(reads > 0 && reads <= 4, `${reads} times`)
    },
    {
      alpha: { volume: { grainMs: 10 } },
      started: (process, side) => {
        if (side === 'alpha') process.faults.trace = count
      },
    },
  )
})

it('a directory that moved since the cache was written is listed before it is taken for known', () =>
  story(
    async world => {
      const { user } = world.alpha
      user.mkdir('p/d')
      user.write('p/d/f', 'one')
      await world.sync()
      // So young when the cache is written that it is left out.
      user.write('p/d/f', 'two')
      await world.pass(12)
      await world.stopHub()
      assert.equal((await world.sync()).state, 'synced')
      user.write('p/new', 'moves the time of p')
      user.mv('p', 'q')
      assert.equal((await world.sync()).state, 'synced')
      assert.equal(world.beta.user.text('q/d/f'), 'two')
      world.killHub()
      const before = world.log.length
      assert.equal((await world.sync()).state, 'synced')
      await world.pass(5000)
      assert.deepEqual(
        world.log.slice(before).filter(({ event }) => event === 'remove' || event === 'put'),
        [],
      )
    },
    { alpha: { volume: { grainMs: 10 } } },
  ))

it('after another start of the system files are read again: times may be older than content', () =>
  story(async world => {
    world.alpha.user.write('f', 'base')
    assert.equal((await world.sync()).state, 'synced')
    await world.pass(10_000)
    await world.stopHub()
    const inode = world.alpha.user.find('f')
    assert.ok(inode)
    // What a power cut leaves of an edit whose content reached the disk and whose times did not.
    inode.data = new TextEncoder().encode('edit')
    world.alpha.boots++
    assert.equal((await world.sync()).state, 'synced')
    assert.equal(world.beta.user.text('f'), 'edit')
  }))

it('a directory kept for its ignored files takes the mode of the one that comes', () =>
  story(async world => {
    world.beta.user.mkdir('d')
    world.beta.user.write('d/x.ign', 'ignored')
    await world.sync()
    world.alpha.user.mkdir('d', 0o700)
    world.alpha.user.write('d/a', 'synced')
    assert.equal((await world.sync()).state, 'synced')
    assert.equal(world.beta.user.text('d/a'), 'synced')
    assert.equal(world.beta.user.find('d')?.mode, 0o700)
  }))

it('what a failing disk left in the middle of a swap is no version of anybody’s until it is put in order', () =>
  story(async world => {
    const { user } = world.alpha
    user.write('a', 'base')
    assert.equal((await world.sync()).state, 'synced')
    const { faults } = world.alpha.process ?? assert.fail('The daemon runs')
    faults.trace = line => {
      if (!line.endsWith(' rename a')) return
      faults.trace = undefined
      faults.at(faults.calls, () => user.write('a', 'mine'))
      for (let i = 1; i <= 3; i++) faults.failAt(faults.calls + i, 'EIO')
    }
    world.beta.user.write('a', 'theirs')
    await world.pass(30_000)
    assert.equal((await world.sync()).state, 'conflicts')
    assert.deepEqual([user.text('a'), world.beta.user.text('a')], ['mine', 'theirs'])
  }))

it('the loser of a conflict is kept as such on the other host too', () =>
  story(async world => {
    world.alpha.user.write('a', 'mine')
    world.beta.user.write('a', 'theirs')
    await world.pass(5000)
    await world.session?.approve()
    await world.sync()
    assert.deepEqual(await world.session?.resolve('a', { take: 'alpha' }), { state: 'resolved' })
    assert.equal((await world.sync()).state, 'synced')
    let why: unknown
    void world.session?.ask('beta', { about: 'trash', path: 'a', limit: 1 }).then(answer => {
      why = answer.about === 'trash' ? answer.items[0]?.why : answer
    })
    await world.pass(1000)
    assert.equal(why, 'conflict-loser')
  }))
