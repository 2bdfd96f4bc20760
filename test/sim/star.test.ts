import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { BarrierResult } from '../../lib/sync/session-handle.ts'
import type { Spoke } from './star.ts'
import { Star } from './star.ts'

async function story(tell: (star: Star, spokes: readonly [Spoke, Spoke, Spoke]) => Promise<void>): Promise<void> {
  const star = new Star({ seed: 7, spokes: { b: {}, c: {}, d: {} } })
  const [b, c, d] = star.spokes
  assert.ok(b !== undefined && c !== undefined && d !== undefined)
  try {
    star.startHub()
    await tell(star, [b, c, d])
  } finally {
    await star.close()
  }
}

/** What each host holds at a path, the hub first. */
function texts(star: Star, path: string): (string | undefined)[] {
  return star.hosts.map(({ user }) => user.text(path))
}

function states(results: ReadonlyMap<string, BarrierResult>): string[] {
  return [...results.values()].map(({ state }) => state)
}

const allSynced = ['synced', 'synced', 'synced']

it('what a spoke saves is on every host after one sync, moves and deletions too', () =>
  story(async (star, [b, c]) => {
    star.hub.user.mkdir('d/e')
    star.hub.user.write('d/e/f', 'deep')
    await star.sync()
    b.host.user.write('a', 'from b')
    assert.deepEqual(states(await star.sync()), allSynced)
    assert.deepEqual(
      texts(star, 'a'),
      Array.from({ length: 4 }, () => 'from b'),
    )
    c.host.user.mv('d', 'moved')
    b.host.user.rm('a')
    assert.deepEqual(states(await star.sync()), allSynced)
    assert.deepEqual(
      texts(star, 'moved/e/f'),
      Array.from({ length: 4 }, () => 'deep'),
    )
    assert.deepEqual(
      texts(star, 'a'),
      Array.from({ length: 4 }, () => undefined),
    )
  }))

it('three versions of one file stay where they are, each with its copies, and one person decides for all', () =>
  story(async (star, [b, c, d]) => {
    star.hub.user.write('a', 'base')
    await star.sync()
    for (const spoke of [b, c, d]) star.setWire(spoke, false)
    await star.pass(1000)
    star.hub.user.write('a', 'hub')
    b.host.user.write('a', 'b')
    c.host.user.write('a', 'c')
    for (const spoke of [b, c, d]) star.setWire(spoke, true)
    assert.deepEqual(states(await star.sync()), ['conflicts', 'conflicts', 'synced'])
    assert.deepEqual(texts(star, 'a'), ['hub', 'b', 'c', 'hub'])
    const copies = [b, c].map(({ session }) => session?.conflicts()[0]?.sides.alpha.copy)
    assert.deepEqual(
      copies.map(copy => star.hub.user.text(`../kit/work/copies/${copy?.split('/').at(-1)}`)),
      ['b', 'c'],
    )
    assert.deepEqual(await b.session?.resolve('a', { take: 'beta' }), { state: 'resolved' })
    assert.deepEqual(await c.session?.resolve('a', { take: 'alpha' }), { state: 'resolved' })
    assert.deepEqual(states(await star.sync()), allSynced)
    assert.deepEqual(texts(star, 'a'), ['b', 'b', 'b', 'b'])
  }))

it('a host that is away keeps nobody waiting, and has everything when it is back', () =>
  story(async (star, [b, c]) => {
    star.hub.user.write('a', '1')
    await star.sync()
    star.setWire(c, false)
    await star.pass(5000)
    b.host.user.write('a', '2')
    c.host.user.write('x', 'made while away')
    const before = star.clock.monotonic()
    assert.deepEqual(states(await star.sync({ patient: false })), ['synced', 'disconnected', 'synced'])
    assert.ok(star.clock.monotonic() - before < 5000)
    assert.deepEqual(texts(star, 'a'), ['2', '2', '1', '2'])
    star.setWire(c, true)
    assert.deepEqual(states(await star.sync()), allSynced)
    assert.deepEqual(texts(star, 'a'), ['2', '2', '2', '2'])
    assert.deepEqual(
      texts(star, 'x'),
      Array.from({ length: 4 }, () => 'made while away'),
    )
  }))

it('a conflict with one host does not stop the others', () =>
  story(async (star, [b, c]) => {
    star.hub.user.write('a', 'base')
    await star.sync()
    star.setWire(b, false)
    await star.pass(1000)
    b.host.user.write('a', 'b')
    star.hub.user.write('a', 'hub')
    star.setWire(b, true)
    assert.deepEqual(states(await star.sync()), ['conflicts', 'synced', 'synced'])
    c.host.user.write('a', 'c')
    b.host.user.write('other', 'b')
    assert.deepEqual(states(await star.sync()), ['conflicts', 'synced', 'synced'])
    assert.deepEqual(texts(star, 'a'), ['c', 'b', 'c', 'c'])
    assert.deepEqual(texts(star, 'other'), ['b', 'b', 'b', 'b'])
  }))

it('a spoke is taken off and put back while the others go on', () =>
  story(async (star, [b, c]) => {
    star.hub.user.write('a', '1')
    await star.sync()
    await star.end(c)
    b.host.user.write('a', '2')
    c.host.user.write('c', 'alone')
    assert.deepEqual(states(await star.sync()), ['synced', 'synced'])
    assert.deepEqual(texts(star, 'a'), ['2', '2', '1', '2'])
    star.open(c)
    assert.deepEqual(states(await star.sync()), allSynced)
    assert.deepEqual(texts(star, 'a'), ['2', '2', '2', '2'])
    assert.deepEqual(
      texts(star, 'c'),
      Array.from({ length: 4 }, () => 'alone'),
    )
  }))
