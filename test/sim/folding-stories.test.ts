import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Side } from '../../lib/core/operation.ts'
import { World } from './world.ts'

/** Beta's disk takes `Foo` and `foo` for one name, and é in one code point and in two. */
async function story(tell: (world: World) => Promise<void>, volume: object = {}): Promise<void> {
  const world = new World({ seed: 29, beta: { volume: { foldsCase: true, normalises: true, ...volume } } })
  try {
    world.startHub()
    await tell(world)
    assert.deepEqual(world.errors, [])
  } finally {
    await world.close()
  }
}

function held(world: World, side: Side): Record<string, string> {
  const files = [...world.snapshot(side)].flatMap(([path, found]) =>
    found.kind === 'file' ? [[path, new TextDecoder().decode(found.bytes)] as const] : [],
  )
  return Object.fromEntries(files.toSorted())
}

function problems(world: World): readonly string[] {
  return (world.session?.status().problems.first ?? [])
    .map(({ path, why, side }) => `${side} ${path} ${why}`)
    .toSorted()
}

function operations(world: World): readonly string[] {
  return world.log
    .filter(({ event }) => event === 'put' || event === 'remove' || event === 'move')
    .map(({ event, path, on }) => `${event} ${String(path)} on ${String(on)}`)
}

async function settle(world: World, state = 'synced'): Promise<void> {
  await world.pass(5000)
  assert.deepEqual([(await world.sync()).state, ...(state === 'synced' ? problems(world) : [])], [state])
  await world.pass(5000)
}

const ways = {
  exchange: {},
  aside: { exchange: false },
  copy: { exchange: false, exclusiveRename: false, hardLinks: false },
}

for (const [way, volume] of Object.entries(ways)) {
  it(`two names that the other disk takes for one: one is a problem, the rest goes on (${way})`, () =>
    story(async world => {
      const { user } = world.alpha
      user.write('Foo', 'one')
      user.mkdir('Dir')
      user.write('Dir/a', 'a')
      await settle(world)
      user.write('foo', 'other')
      user.mkdir('dir')
      user.write('dir/b', 'b')
      user.write('caf\u00e9', 'composed')
      await settle(world, 'problems')
      user.write('cafe\u0301', 'decomposed')
      user.write('next', 'goes on')
      await settle(world, 'problems')
      assert.deepEqual(held(world, 'beta'), { Foo: 'one', 'Dir/a': 'a', 'caf\u00e9': 'composed', next: 'goes on' })
      const expected = ['beta cafe\u0301 SPELLING', 'beta dir SPELLING', 'beta foo SPELLING']
      assert.deepEqual(
        problems(world).filter(each => !each.includes('dir/')),
        expected,
      )
      assert.deepEqual(world.session?.conflicts(), [])
      user.write('Foo', 'two')
      await settle(world, 'problems')
      assert.equal(world.beta.user.text('Foo'), 'two')
      assert.equal(user.text('foo'), 'other')
      // Other names mend it, on either side.
      user.mv('foo', 'bar')
      user.mv('dir', 'other')
      world.beta.user.mv('caf\u00e9', 'tea')
      await settle(world)
      assert.deepEqual(held(world, 'beta'), {
        Foo: 'two',
        bar: 'other',
        'Dir/a': 'a',
        'other/b': 'b',
        tea: 'composed',
        'cafe\u0301': 'decomposed',
        next: 'goes on',
      })
      assert.deepEqual(held(world, 'alpha'), held(world, 'beta'))
      assert.deepEqual(problems(world), [])
    }, volume))

  it(`another spelling of a name is one change, on either side (${way})`, () =>
    story(async world => {
      const { user } = world.alpha
      user.write('plain', 'text')
      user.mkdir('d')
      user.write('d/x', 'x')
      await settle(world)
      const before = operations(world).length
      user.mv('plain', 'PLAIN')
      user.mv('d', 'D')
      await settle(world)
      assert.deepEqual(held(world, 'beta'), { PLAIN: 'text', 'D/x': 'x' })
      assert.deepEqual(operations(world).slice(before).toSorted(), [
        'move D on beta',
        'put PLAIN on beta',
        'remove plain on beta',
      ])
      world.beta.user.mv('PLAIN', 'Plain')
      world.beta.user.mv('D', 'd')
      await settle(world)
      assert.deepEqual(held(world, 'alpha'), { Plain: 'text', 'd/x': 'x' })
      assert.deepEqual(held(world, 'beta'), { Plain: 'text', 'd/x': 'x' })
      world.beta.user.write('d/x', 'edited')
      await settle(world)
      assert.equal(user.text('d/x'), 'edited')
      assert.deepEqual([world.session?.conflicts(), problems(world)], [[], []])
    }, volume))
}

it('the same while nobody syncs', () =>
  story(async world => {
    const { user } = world.alpha
    user.write('plain', 'text')
    user.mkdir('d')
    user.write('d/x', 'x')
    await settle(world)
    await world.stopHub()
    user.mv('plain', 'PLAIN')
    world.beta.user.mv('d', 'D')
    world.startHub()
    await settle(world)
    assert.deepEqual(held(world, 'alpha'), { PLAIN: 'text', 'D/x': 'x' })
    assert.deepEqual(held(world, 'beta'), held(world, 'alpha'))
    await world.stopHub()
    world.beta.user.mv('PLAIN', 'Plain')
    world.beta.user.write('Plain', 'edited')
    world.startHub()
    await settle(world)
    assert.deepEqual(held(world, 'alpha'), { Plain: 'edited', 'D/x': 'x' })
    assert.deepEqual(world.session?.conflicts(), [])
  }))

it('a disk that keeps no modes changes none on the other', () =>
  story(
    async world => {
      const { user } = world.alpha
      user.mkdir('d', 0o700)
      for (const [path, mode] of [
        ['d/script', 0o755],
        ['secret', 0o600],
        ['open', 0o666],
      ] as const) {
        user.write(path, path)
        user.chmod(path, mode)
      }
      const modes = (): readonly (number | undefined)[] =>
        ['d', 'd/script', 'secret', 'open'].map(path => user.find(path)?.mode)
      const expected = [0o700, 0o755, 0o600, 0o666]
      await settle(world)
      assert.deepEqual(modes(), expected)
      world.beta.user.write('d/script', 'edited there')
      await settle(world)
      assert.equal(user.text('d/script'), 'edited there')
      await world.stopHub()
      world.startHub()
      await settle(world)
      world.beta.user.write('new', 'new')
      user.chmod('open', 0o644)
      await settle(world)
      assert.deepEqual(modes(), [0o700, 0o755, 0o600, 0o644])
      assert.equal(user.find('new')?.mode, 0o644)
      assert.deepEqual(world.session?.conflicts(), [])
    },
    { modes: false },
  ))
