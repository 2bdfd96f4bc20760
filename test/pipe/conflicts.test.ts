import assert from 'node:assert/strict'
import { readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { Pair } from './pair.ts'

interface ConflictRow {
  readonly path: string
  readonly kind: string
  readonly sides: Readonly<Record<'alpha' | 'beta', { readonly copy?: string }>>
}

/** A pair that holds `mine` here and `theirs` on the twin at notes.txt, which both knew as `before`. */
async function divided(t: TestContext): Promise<Pair> {
  const pair = await Pair.make()
  t.after(() => pair.close())
  writeFileSync(join(pair.alpha, 'notes.txt'), 'before\n')
  await pair.start()
  assert.equal((await pair.sync()).code, 0)
  await pair.stop()
  writeFileSync(join(pair.alpha, 'notes.txt'), 'mine\n')
  writeFileSync(join(pair.beta, 'notes.txt'), 'theirs\n')
  // The twin's clock says later.
  utimesSync(join(pair.beta, 'notes.txt'), new Date(), new Date(Date.now() + 60_000))
  await pair.start()
  assert.equal((await pair.sync()).code, 3)
  return pair
}

function texts(pair: Pair, name = 'notes.txt'): string[] {
  return [pair.alpha, pair.beta].map(root => readFileSync(join(root, name), 'utf8'))
}

async function conflicts(pair: Pair): Promise<readonly ConflictRow[]> {
  return ((await pair.ok('conflicts', '--json')).json as { conflicts: readonly ConflictRow[] }).conflicts
}

describe('a conflict', () => {
  it('leaves both versions in place, with a copy of each on the other host, and is said once', async t => {
    const pair = await divided(t)
    assert.deepEqual(texts(pair), ['mine\n', 'theirs\n'])
    const [conflict, ...more] = await conflicts(pair)
    assert.deepEqual([conflict?.path, conflict?.kind, more], ['notes.txt', 'content', []])
    const here = conflict?.sides.alpha.copy ?? ''
    const there = conflict?.sides.beta.copy ?? ''
    assert.equal(readFileSync(here, 'utf8'), 'theirs\n')
    assert.equal(readFileSync(there, 'utf8'), 'mine\n')
    assert.ok(here.startsWith(`${pair.userHome}/.dsync/work/`) && there.startsWith(`${pair.twinHome}/.dsync/work/`))
    assert.match(basename(here), /^notes\.twin\.\d{8}T\d{6}Z\.txt$/)
    assert.match(basename(there), /^notes\.[^.]+\.\d{8}T\d{6}Z\.txt$/)
    assert.equal(pair.audit().filter(({ event }) => event === 'conflict').length, 1)
    assert.equal((await pair.sync()).code, 3)
    assert.deepEqual([readdirSync(pair.alpha), readdirSync(pair.beta)], [['notes.txt'], ['notes.txt']])
  })

  it('is still listed after a crash of the daemon', async t => {
    const pair = await divided(t)
    const [before] = await conflicts(pair)
    await pair.killDaemon()
    await pair.start()
    assert.equal((await pair.sync()).code, 3)
    assert.deepEqual(await conflicts(pair), [before])
    assert.equal(pair.audit().filter(({ event }) => event === 'conflict').length, 1)
  })

  const endings = [
    { word: '--mine', winner: 'mine\n', loser: 'theirs\n' },
    { word: '--theirs', winner: 'theirs\n', loser: 'mine\n' },
    { word: '--newest', winner: 'theirs\n', loser: 'mine\n' },
  ] as const
  for (const { word, winner, loser } of endings) {
    it(`ends with resolve ${word}, and undo brings the loser back`, async t => {
      const pair = await divided(t)
      await pair.ok('resolve', join(pair.alpha, 'notes.txt'), word)
      assert.equal((await pair.sync()).code, 0)
      assert.deepEqual(texts(pair), [winner, winner])
      assert.deepEqual(await conflicts(pair), [])
      await pair.ok('undo', join(pair.alpha, 'notes.txt'))
      assert.equal((await pair.sync()).code, 0)
      assert.deepEqual(texts(pair), [loser, loser])
    })
  }

  it('ends with resolve --both: mine stays, theirs is beside it on both hosts', async t => {
    const pair = await divided(t)
    await pair.ok('resolve', join(pair.alpha, 'notes.txt'), '--both')
    assert.equal((await pair.sync()).code, 0)
    assert.deepEqual(texts(pair), ['mine\n', 'mine\n'])
    const names = readdirSync(pair.beta)
    assert.equal(names.length, 2)
    const other = names.find(name => name !== 'notes.txt') ?? ''
    assert.match(other, /^notes\.twin\./)
    assert.deepEqual(texts(pair, other), ['theirs\n', 'theirs\n'])
  })

  it('closes itself when both sides become equal by hand', async t => {
    const pair = await divided(t)
    writeFileSync(join(pair.beta, 'notes.txt'), 'mine\n')
    assert.equal((await pair.sync()).code, 0)
    assert.deepEqual(await conflicts(pair), [])
  })

  it('is not resolved when it is no longer what was shown', async t => {
    const pair = await divided(t)
    await conflicts(pair)
    writeFileSync(join(pair.beta, 'notes.txt'), 'theirs, later\n')
    assert.equal((await pair.sync()).code, 3)
    assert.equal((await pair.dsync('resolve', join(pair.alpha, 'notes.txt'), '--mine')).code, 3)
    assert.deepEqual(texts(pair), ['mine\n', 'theirs, later\n'])
  })
})
