import assert from 'node:assert/strict'
import { it } from 'node:test'
import { noIgnoreSettings } from '../../lib/core/ignore-settings.ts'
import type { RootVerified } from '../../lib/daemon/verbs.ts'
import { Verification } from '../../lib/daemon/verify-answer.ts'
import type { SessionSpec } from '../../lib/sync/session-spec.ts'
import { inodeAt } from './resolve.ts'
import type { SimHost } from './host.ts'
import { rootBase } from './host.ts'
import type { WorldOptions } from './world.ts'
import { World } from './world.ts'

const placement = { root: rootBase, userHome: '/home/u', kitHome: '/home/u/kit', watcher: 'auto' } as const

const spec: SessionSpec = {
  id: 'r',
  way: { kind: 'pipe', directory: '/' },
  alpha: { ...placement, host: 'alpha' },
  beta: { ...placement, host: 'beta' },
  state: '/',
  conflict: 'ask',
  ignore: noIgnoreSettings,
  mode: 'two-way',
  paused: false,
}

async function story(tell: (world: World) => Promise<void>, options: Omit<WorldOptions, 'seed'> = {}): Promise<void> {
  const world = new World({ ...options, seed: 11 })
  try {
    world.startHub()
    await tell(world)
    assert.deepEqual(world.errors, [])
  } finally {
    await world.close()
  }
}

async function verify(world: World, path = '', meanwhile: () => void = () => {}): Promise<RootVerified> {
  const { session } = world
  assert.ok(session !== undefined)
  const selected = { session: { name: 's', spec, handle: session, roots: [rootBase] }, path }
  let result: RootVerified | undefined
  const { signal } = new AbortController()
  void new Verification(selected, { gone: signal, log: event => world.log.push(event) }).run().then(given => {
    result = given
  })
  await world.pass(120_000, () => {
    meanwhile()
    return result !== undefined
  })
  assert.ok(result !== undefined, 'it ends')
  return result
}

/** Flips a bit of a file on the disk: no event, no time, no size tells. */
function rot(host: SimHost, path: string): void {
  const inode = inodeAt(host.volume, `${rootBase}/${path}`, true)
  assert.ok(inode !== undefined)
  const data = Uint8Array.from(inode.data)
  data[0] = (data[0] ?? 0) ^ 1
  inode.data = data
}

function found({ state, differing, standing }: RootVerified) {
  return {
    state,
    differing: differing.first.map(({ path, how, on }) => [path, how, ...on]),
    standing: standing.first.map(({ path, why }) => [path, why]),
  }
}

it('finds nothing where nothing is wrong, and reads every byte of both sides', () =>
  story(async world => {
    world.alpha.user.mkdir('d/e')
    world.alpha.user.write('d/e/f', 'deep')
    world.alpha.user.write('d/x.ign', 'ignored')
    world.alpha.user.symlink('d/e', 'l')
    for (let i = 0; i < 300; i++) world.alpha.user.write(`d/file ${i}`, `content ${i}`)
    await world.sync()
    const verified = await verify(world)
    assert.deepEqual(found(verified), { state: 'equal', differing: [], standing: [] })
    assert.deepEqual(verified.read.alpha, verified.read.beta)
    assert.equal(verified.read.alpha.entries, 304)
    assert.equal((await verify(world, 'd/e')).read.beta.bytes, 4)
    assert.equal((await verify(world, 'd/e/f')).read.alpha.entries, 1)
  }))

it('finds a bit that flipped on a disk, says so once, and lets the engine look', () =>
  story(async world => {
    world.alpha.user.mkdir('d')
    for (const name of ['d/a', 'd/b', 'c']) world.alpha.user.write(name, `content of ${name}`)
    await world.sync()
    await world.pass(5000)
    rot(world.beta, 'd/b')
    assert.equal((await world.sync()).state, 'synced', 'nothing tells of it')
    const verified = await verify(world)
    assert.deepEqual(found(verified), { state: 'different', differing: [['d/b', 'changed', 'beta']], standing: [] })
    assert.deepEqual(
      world.log.filter(({ event }) => event === 'differs').map(({ path, on, why }) => [path, on, why]),
      [['d/b', 'beta', 'changed']],
    )
    const [difference] = verified.differing.first
    assert.equal(difference?.sides.alpha.digest, difference?.agreed.digest)
    assert.notEqual(difference?.sides.beta.digest, difference?.agreed.digest)
    assert.equal((await world.sync()).state, 'synced')
    assert.deepEqual(world.snapshot('alpha'), world.snapshot('beta'))
    assert.deepEqual(found(await verify(world)), { state: 'equal', differing: [], standing: [] })
    const trash = await askTrash(world)
    assert.deepEqual(trash, ['d/b'], 'the version that was agreed on is in the trash')
  }))

it('reads a file larger than one answer in parts', () =>
  story(async world => {
    const large = new Uint8Array(70 * 1024 * 1024)
    for (const { user } of [world.alpha, world.beta]) {
      user.write('large', large)
      user.write('small', 'x')
    }
    assert.equal((await world.sync({ timeoutMs: 600_000 })).state, 'synced')
    const verified = await verify(world)
    assert.deepEqual(found(verified), { state: 'equal', differing: [], standing: [] })
    assert.deepEqual(verified.read.beta, { entries: 2, bytes: large.length + 1 })
  }))

it('names conflicts and compares the rest, and reports nothing that is being written', () =>
  story(async world => {
    for (const name of ['a', 'b', 'c']) world.alpha.user.write(name, 'base')
    await world.sync()
    world.alpha.user.write('a', 'mine')
    world.beta.user.write('a', 'theirs')
    assert.equal((await world.sync()).state, 'conflicts')
    let count = 0
    const verified = await verify(world, '', () => {
      if (count < 50) world.beta.user.write('b', `edit ${count++}`)
    })
    assert.deepEqual(found(verified), { state: 'equal', differing: [], standing: [['a', 'in conflict']] })
  }))

it('says why it cannot compare', () =>
  story(async world => {
    world.alpha.user.write('a', 'base')
    await world.sync()
    world.session?.pause()
    assert.equal((await verify(world)).state, 'paused')
  }))

async function askTrash(world: World): Promise<string[]> {
  let paths: string[] | undefined
  void world.session?.ask('alpha', { about: 'trash', path: undefined, limit: 10 }).then(answer => {
    paths = answer.about === 'trash' ? answer.items.map(({ path }) => path) : []
  })
  await world.pass(10_000, () => paths !== undefined)
  return paths ?? []
}
