import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ignoreText } from '../../lib/core/ignore-settings.ts'
import type { Answer, Question } from '../../lib/core/messages.ts'
import { World } from './world.ts'

async function story(tell: (world: World) => Promise<void>): Promise<void> {
  const world = new World({ seed: 19 })
  try {
    world.startHub()
    await tell(world)
    assert.deepEqual(world.errors, [])
  } finally {
    await world.close()
  }
}

/** What the log says of other rules: on which host, from which directory on, and what they change. */
function said(world: World): readonly (readonly unknown[])[] {
  return world.log.filter(({ event }) => event === 'rules').map(({ on, path, why }) => [on, path, why])
}

async function ask(world: World, question: Question): Promise<Answer | undefined> {
  let answer: Answer | undefined
  void world.session?.ask('alpha', question).then(given => (answer = given))
  await world.pass(5000, () => answer !== undefined)
  return answer
}

it('what an ignore file changes is said once, and so is what its end changes', () =>
  story(async world => {
    world.alpha.user.mkdir('d/log')
    for (const name of ['d/log/a', 'd/log/b', 'd/x.tmp', 'd/kept']) world.alpha.user.write(name, name)
    await world.sync()
    assert.deepEqual(said(world), [])
    world.beta.user.write('d/.dsyncignore', 'log/\n*.tmp\n')
    assert.equal((await world.sync()).state, 'synced')
    await world.pass(5000)
    const [first, ...others] = said(world)
    assert.deepEqual(others, [])
    assert.deepEqual(first?.slice(0, 2), ['beta', 'd'])
    assert.match(String(first?.[2]), /^ignored from now on, .*: "d\/.*", "d\/.*", 4 entries in all$/)
    world.alpha.user.rm('d/log/a')
    await world.sync()
    assert.equal(world.beta.user.text('d/log/a'), 'd/log/a')
    world.alpha.user.rm('d/.dsyncignore')
    await world.pass(5000)
    assert.equal((await world.sync()).state, 'synced')
    assert.equal(world.alpha.user.text('d/log/a'), 'd/log/a', 'it was new again')
    assert.equal(said(world).length, 2)
    assert.match(String(said(world)[1]?.[2]), /^ignored no longer, and synced: "d\/.*", "d\/.*"$/)
  }))

it('what other settings would change is answered beforehand, and said when they count', () =>
  story(async world => {
    const { patterns } = world.ignore
    for (const name of ['big.iso', 'b.ign', 'kept']) world.alpha.user.write(name, name)
    await world.sync()
    const settings = { patterns: [...patterns, '*.iso', '!b.ign'], gitignore: false }
    assert.deepEqual(await ask(world, { about: 'rules', settings: ignoreText(settings) }), {
      about: 'rules',
      changes: { ignored: { total: 1, first: ['big.iso'] }, entries: 1, released: { total: 1, first: ['b.ign'] } },
    })
    await world.pass(5000)
    assert.deepEqual([said(world), world.beta.user.text('b.ign')], [[], undefined], 'asking changes nothing')
    await world.stopHub()
    world.ignore = settings
    world.startHub()
    assert.equal((await world.sync()).state, 'synced')
    assert.equal(world.beta.user.text('b.ign'), 'b.ign')
    assert.deepEqual(
      said(world).map(([on, path, why]) => [on, path, String(why).split(': ').slice(1).join()]),
      [
        ['alpha', '', '"big.iso"; ignored no longer, and synced,"b.ign"'],
        ['beta', '', '"big.iso"'],
      ],
    )
    assert.deepEqual([world.alpha.user.text('big.iso'), world.beta.user.text('big.iso')], ['big.iso', 'big.iso'])
    assert.deepEqual(await ask(world, { about: 'rule', path: 'big.iso' }), {
      about: 'rule',
      reason: { path: 'big.iso', file: 'settings', line: 3, pattern: '*.iso' },
      exemption: undefined,
    })
  }))

it('what .gitignore files say is found out beforehand, too', () =>
  story(async world => {
    world.alpha.user.mkdir('d')
    world.alpha.user.write('d/.gitignore', 'built\n')
    world.alpha.user.write('d/built', 'x')
    await world.sync()
    const settings = ignoreText({ ...world.ignore, gitignore: true })
    assert.deepEqual(await ask(world, { about: 'rules', settings }), {
      about: 'rules',
      changes: { ignored: { total: 1, first: ['d/built'] }, entries: 1, released: { total: 0, first: [] } },
    })
  }))
