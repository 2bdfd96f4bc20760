import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Side } from '../../lib/core/operation.ts'
import { gitIndex } from '../replica/git-index-bytes.ts'
import { workBase } from './host.ts'
import { unlink } from './namespace.ts'
import { inodeAt } from './resolve.ts'
import { Star } from './star.ts'
import type { WorldOptions } from './world.ts'
import { World } from './world.ts'

async function story(tell: (world: World) => Promise<void>, options: Partial<WorldOptions> = {}): Promise<void> {
  const world = new World({ seed: 23, defaults: ['vendor', '*.pem'], ...options })
  try {
    await tell(world)
    assert.deepEqual(world.errors, [])
  } finally {
    await world.close()
  }
}

/** As git does it: whole, beside it, then over it. */
function writeIndex(world: World, side: Side, top: string, paths: readonly string[]): void {
  const { user } = world[side]
  const git = top === '' ? '.git' : `${top}/.git`
  user.mkdir(git)
  user.write(`${git}/index.lock`, gitIndex(paths))
  user.mv(`${git}/index.lock`, `${git}/index`)
}

function files(world: World, side: Side): string[] {
  return [...world.snapshot(side)]
    .filter(([path, { kind }]) => kind !== 'directory' && !path.includes('.git/'))
    .map(([path]) => path)
    .toSorted()
}

/** What became of rules, on which host. */
function said(world: World): readonly string[] {
  return world.log.filter(({ event }) => event === 'rules').map(({ on, why }) => `${String(on)}: ${String(why)}`)
}

function problems(world: World): readonly string[] {
  return (world.session?.status().problems.first ?? []).map(({ path, why }) => `${path} ${why}`)
}

async function settle(world: World): Promise<void> {
  await world.pass(10_000)
  assert.equal((await world.sync()).state, 'synced')
  assert.deepEqual(problems(world), [])
}

function made(world: World): void {
  const { user } = world.alpha
  user.mkdir('vendor/lib')
  for (const path of ['vendor/lib/keep', 'vendor/lib/other', 'vendor/junk', 'a.pem', 'b.pem', 'main'])
    user.write(path, path)
}

it('what the index names is synced from the first sync on, and nothing else of what is ignored', () =>
  story(async world => {
    made(world)
    writeIndex(world, 'alpha', '', ['a.pem', 'main', 'vendor/lib/keep'])
    world.startHub()
    await settle(world)
    assert.deepEqual(files(world, 'beta'), ['a.pem', 'main', 'vendor/lib/keep'])
    assert.deepEqual(said(world), [], 'it never was ignored')
    world.beta.user.write('vendor/lib/keep', 'edited there')
    await settle(world)
    assert.equal(world.alpha.user.text('vendor/lib/keep'), 'edited there')
    world.alpha.user.rm('a.pem')
    await settle(world)
    assert.equal(world.beta.user.text('a.pem'), undefined)
  }))

it('a path that is added to the index or taken from it is said once, and stays where it is', () =>
  story(async world => {
    made(world)
    world.startHub()
    await settle(world)
    assert.deepEqual(files(world, 'beta'), ['main'])
    writeIndex(world, 'alpha', '', ['main', 'vendor/lib/keep'])
    await settle(world)
    assert.deepEqual(files(world, 'beta'), ['main', 'vendor/lib/keep'])
    assert.deepEqual(said(world), ['alpha: by git\'s index, ignored no longer, and synced: "vendor"'])
    writeIndex(world, 'alpha', '', ['main'])
    await settle(world)
    assert.deepEqual(files(world, 'beta'), ['main', 'vendor/lib/keep'])
    assert.deepEqual(files(world, 'alpha').length, 6)
    assert.match(said(world)[1] ?? '', /by git's index, ignored from now on, .*: "vendor"/)
    assert.equal(said(world).length, 2)
    world.alpha.user.write('vendor/lib/keep', 'mine alone')
    world.beta.user.rm('vendor/lib/keep')
    await settle(world)
    assert.equal(world.alpha.user.text('vendor/lib/keep'), 'mine alone')
    assert.equal(world.beta.user.text('vendor/lib/keep'), undefined)
  }))

it('a deletion that comes with the index travels', () =>
  story(async world => {
    made(world)
    writeIndex(world, 'alpha', '', ['a.pem', 'b.pem', 'vendor/lib/keep'])
    world.startHub()
    await settle(world)
    // git rm
    world.alpha.user.rm('vendor/lib/keep')
    writeIndex(world, 'alpha', '', ['a.pem', 'b.pem'])
    await settle(world)
    assert.deepEqual(files(world, 'beta'), ['a.pem', 'b.pem', 'main'])
    // A branch without them, while nobody syncs.
    await world.stopHub()
    world.alpha.user.rm('a.pem')
    writeIndex(world, 'alpha', '', ['b.pem'])
    world.startHub()
    await settle(world)
    assert.deepEqual(files(world, 'beta'), ['b.pem', 'main'])
    // And with them again.
    world.alpha.user.write('a.pem', 'of the branch')
    writeIndex(world, 'alpha', '', ['a.pem', 'b.pem'])
    await settle(world)
    assert.equal(world.beta.user.text('a.pem'), 'of the branch')
    // rm -rf of a repository
    world.alpha.user.mkdir('p')
    world.alpha.user.write('p/x.pem', 'x')
    writeIndex(world, 'alpha', 'p', ['x.pem'])
    await settle(world)
    assert.equal(world.beta.user.text('p/x.pem'), 'x')
    world.alpha.user.rm('p/.git')
    await world.pass(200)
    world.alpha.user.rm('p')
    await settle(world)
    assert.equal(world.beta.user.find('p'), undefined)
  }))

it('both sides remember it while the other, or its index, is away', () =>
  story(async world => {
    made(world)
    writeIndex(world, 'alpha', '', ['a.pem'])
    world.startHub()
    await settle(world)
    await world.stopHub()
    world.beta.user.write('a.pem', 'edited while away')
    world.startHub()
    await settle(world)
    assert.equal(world.alpha.user.text('a.pem'), 'edited while away')
    await world.stopHub()
    world.beta.user.rm('a.pem')
    world.startHub()
    await settle(world)
    assert.equal(world.alpha.user.find('a.pem'), undefined)
    assert.deepEqual([said(world), files(world, 'beta')], [[], ['main']])
  }))

it('the index of the other side counts as much, and so do both', () =>
  story(async world => {
    made(world)
    world.startHub()
    await settle(world)
    writeIndex(world, 'beta', '', ['a.pem'])
    await settle(world)
    assert.deepEqual(files(world, 'beta'), ['a.pem', 'main'])
    writeIndex(world, 'alpha', '', ['a.pem'])
    await settle(world)
    writeIndex(world, 'beta', '', [])
    await settle(world)
    world.alpha.user.write('a.pem', 'still')
    await settle(world)
    assert.equal(world.beta.user.text('a.pem'), 'still')
  }))

it('an index that cannot be read changes nothing, and is named', () =>
  story(async world => {
    made(world)
    writeIndex(world, 'alpha', '', ['a.pem'])
    world.startHub()
    await settle(world)
    world.alpha.user.write('.git/index', 'DIRC and then nothing')
    await settle(world)
    const remarks = world.log.filter(({ code }) => code === 'GIT_INDEX')
    assert.equal(remarks.length, 1)
    assert.match(String(remarks[0]?.['why']), /git's index there is not read: .*; what is known of it stands/)
    world.alpha.user.write('a.pem', 'goes on')
    await settle(world)
    assert.equal(world.beta.user.text('a.pem'), 'goes on')
    await world.stopHub()
    world.startHub()
    await settle(world)
    world.alpha.user.write('a.pem', 'goes on after a start')
    await settle(world)
    assert.equal(world.beta.user.text('a.pem'), 'goes on after a start')
    writeIndex(world, 'alpha', '', ['b.pem'])
    await settle(world)
    assert.equal(world.beta.user.text('b.pem'), 'b.pem')
    world.alpha.user.write('a.pem', 'no more')
    await settle(world)
    assert.equal(world.beta.user.text('a.pem'), 'goes on after a start')
  }))

it('a repository that is moved takes along what its index names', () =>
  story(async world => {
    world.alpha.user.mkdir('p/vendor')
    world.alpha.user.write('p/vendor/x', 'x')
    world.alpha.user.write('p/main', 'main')
    writeIndex(world, 'alpha', 'p', ['vendor/x', 'main'])
    world.startHub()
    await settle(world)
    for (const [side, from, to] of [
      ['alpha', 'p', 'q'],
      ['beta', 'q', 'r'],
    ] as const) {
      world[side].user.mv(from, to)
      await settle(world)
      for (const each of ['alpha', 'beta'] as const)
        assert.deepEqual(files(world, each), [`${to}/main`, `${to}/vendor/x`])
    }
    assert.deepEqual(world.session?.conflicts(), [])
    world.beta.user.write('r/vendor/x', 'edited')
    await settle(world)
    assert.equal(world.alpha.user.text('r/vendor/x'), 'edited')
  }))

it('a repository that is moved to where a default ignores what it names goes on', () =>
  story(async world => {
    world.alpha.user.mkdir('p')
    for (const name of ['main', 'untracked']) world.alpha.user.write(`p/${name}`, name)
    writeIndex(world, 'alpha', 'p', ['main'])
    // Without it, nothing below would be looked at.
    writeIndex(world, 'alpha', '', ['vendor/none'])
    world.startHub()
    await settle(world)
    world.alpha.user.mv('p', 'vendor')
    await settle(world)
    world.alpha.user.write('vendor/main', 'edited')
    world.alpha.user.write('vendor/more', 'more')
    await settle(world)
    assert.equal(world.beta.user.text('vendor/main'), 'edited')
    await world.stopHub()
    world.startHub()
    const before = files(world, 'beta')
    await settle(world)
    assert.deepEqual(files(world, 'beta'), before, 'a new start knows no more')
    assert.ok(!before.includes('vendor/more'))
  }))

it('what a person says comes before it', () =>
  story(async world => {
    world.ignore = { patterns: ['*.pem'], gitignore: false }
    made(world)
    writeIndex(world, 'alpha', '', ['a.pem', 'vendor/lib/keep'])
    world.startHub()
    await settle(world)
    assert.deepEqual(files(world, 'beta'), ['main', 'vendor/lib/keep'])
    world.beta.user.write('.dsyncignore', 'lib/')
    await settle(world)
    world.alpha.user.write('vendor/lib/keep', 'here')
    await settle(world)
    assert.equal(world.beta.user.text('vendor/lib/keep'), 'vendor/lib/keep')
  }))

it('of a working tree that is elsewhere, the index is read where it lies within the root', () =>
  story(async world => {
    const { user } = world.alpha
    user.mkdir('p/.git/worktrees/w')
    user.mkdir('w')
    user.write('w/x.pem', 'x')
    user.write('w/.git', 'gitdir: /home/u/root/p/.git/worktrees/w\n')
    user.write('p/.git/worktrees/w/index', gitIndex(['x.pem']))
    user.mkdir('v')
    user.write('v/x.pem', 'x')
    user.write('v/.git', 'gitdir: ../../elsewhere/.git/worktrees/v\n')
    world.startHub()
    await settle(world)
    assert.deepEqual(files(world, 'beta'), ['w/x.pem'])
    assert.deepEqual(
      world.log.filter(({ code }) => code === 'GIT_INDEX').map(({ path }) => path),
      ['v'],
    )
    user.write('p/.git/worktrees/w/index.lock', gitIndex([]))
    user.mv('p/.git/worktrees/w/index.lock', 'p/.git/worktrees/w/index')
    await settle(world)
    user.write('w/x.pem', 'alone')
    await settle(world)
    assert.equal(world.beta.user.text('w/x.pem'), 'x')
  }))

it('what the index of one host names counts on all of them, also while that host is away', async () => {
  const star = new Star({ seed: 31, spokes: { b: {}, c: {}, d: {} }, defaults: ['vendor'] })
  const [b, c] = star.spokes
  assert.ok(b !== undefined && c !== undefined)
  const texts = (path: string): readonly (string | undefined)[] => star.hosts.map(({ user }) => user.text(path))
  const settle = async (): Promise<void> => {
    await star.pass(15_000)
    await star.sync()
    await star.pass(15_000)
    for (const { session } of star.spokes) assert.deepEqual(session?.status().problems.first ?? [], [])
  }
  const index = (paths: readonly string[]): void => {
    b.host.user.mkdir('.git')
    b.host.user.write('.git/index.lock', gitIndex(paths))
    b.host.user.mv('.git/index.lock', '.git/index')
  }
  try {
    b.host.user.mkdir('vendor')
    for (const path of ['vendor/x', 'vendor/y', 'vendor/other']) b.host.user.write(path, path)
    index(['vendor/x', 'vendor/y'])
    star.startHub()
    await settle()
    assert.deepEqual(texts('vendor/x'), ['vendor/x', 'vendor/x', 'vendor/x', 'vendor/x'])
    assert.deepEqual(texts('vendor/other'), [undefined, 'vendor/other', undefined, undefined])
    star.setWire(b, false)
    await star.pass(1000)
    c.host.user.write('vendor/x', 'edited on c')
    star.hub.user.rm('vendor/y')
    await star.pass(5000)
    assert.deepEqual(texts('vendor/x'), ['edited on c', 'vendor/x', 'edited on c', 'edited on c'])
    await star.stopHub()
    star.startHub()
    await star.pass(5000)
    c.host.user.write('vendor/x', 'edited again')
    await star.pass(5000)
    star.setWire(b, true)
    await settle()
    assert.deepEqual(texts('vendor/x'), ['edited again', 'edited again', 'edited again', 'edited again'])
    assert.deepEqual(texts('vendor/y'), [undefined, undefined, undefined, undefined])
    // Nobody names it any more: it stays where it is, and goes nowhere.
    index([])
    await settle()
    b.host.user.write('vendor/x', 'mine')
    await settle()
    assert.deepEqual(texts('vendor/x'), ['edited again', 'mine', 'edited again', 'edited again'])
    assert.deepEqual(star.errors, [])
  } finally {
    await star.close()
  }
})

it('a host that stays goes by the same as the one that comes back and remembers nothing', () =>
  story(async world => {
    world.beta.user.write('a.pem', 'a.pem')
    writeIndex(world, 'beta', '', ['a.pem'])
    world.startHub()
    await settle(world)
    assert.deepEqual(files(world, 'alpha'), ['a.pem'])
    world.killAgent()
    world.beta.user.rm('.git')
    const work = inodeAt(world.beta.user.volume, workBase, false)
    assert.ok(work !== undefined)
    unlink(world.beta.user.volume, work, 'tracked')
    await settle(world)
    world.beta.user.write('a.pem', 'ignored again')
    await settle(world)
    assert.equal(world.alpha.user.text('a.pem'), 'a.pem')
  }))
