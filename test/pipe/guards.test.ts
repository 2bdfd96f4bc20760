import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { differences, snapshot } from '../storm/snapshot.ts'
import { Pair } from './pair.ts'
import { until } from './until.ts'

/** A pair with forty files in two directories on both sides, in sync. */
async function filled(t: TestContext): Promise<Pair> {
  const pair = await Pair.make()
  t.after(() => pair.close())
  for (const directory of ['docs', 'src']) {
    mkdirSync(join(pair.alpha, directory))
    for (let i = 0; i < 20; i++) writeFileSync(join(pair.alpha, directory, `file-${i}`), `${directory} ${i}\n`)
  }
  await pair.start()
  assert.equal((await pair.sync()).code, 0)
  return pair
}

function assertEqualSides(pair: Pair): void {
  assert.deepEqual(
    differences(snapshot(pair.alpha), snapshot(pair.beta), () => false),
    [],
  )
}

function holdsOf(json: unknown): string[] {
  return (json as { sync: { holds: { guard: string }[] }[] }).sync.flatMap(({ holds }) =>
    holds.map(({ guard }) => guard),
  )
}

describe('guards', () => {
  for (const side of ['alpha', 'beta'] as const) {
    it(`a root moved away on ${side} halts: nothing is deleted, and it goes on when the root is back`, async t => {
      const pair = await filled(t)
      const before = snapshot(pair.alpha)
      const other = side === 'alpha' ? 'beta' : 'alpha'
      renameSync(pair[side], `${pair[side]}-away`)
      await until('the session halts', async () => (await pair.sync('--timeout', '5')).code === 4)
      assert.deepEqual(
        differences(before, snapshot(pair[other]), () => false),
        [],
      )
      renameSync(`${pair[side]}-away`, pair[side])
      writeFileSync(join(pair[side], 'back'), 'again\n')
      await until('it goes on', async () => (await pair.sync('--timeout', '5')).code === 0)
      assertEqualSides(pair)
      assert.equal(readFileSync(join(pair[other], 'back'), 'utf8'), 'again\n')
      assert.deepEqual(
        (await pair.settledOperations()).filter(({ event }) => event === 'remove'),
        [],
      )
    })
  }

  it('a root that is away when the daemon starts halts too', async t => {
    const pair = await filled(t)
    await pair.stop()
    renameSync(pair.beta, `${pair.beta}-away`)
    await pair.start()
    await until('the session halts', async () => (await pair.sync('--timeout', '5')).code === 4)
    assert.equal(existsSync(pair.beta), false)
    assert.equal(snapshot(pair.alpha).size, 42)
    renameSync(`${pair.beta}-away`, pair.beta)
    await until('it goes on', async () => (await pair.sync('--timeout', '5')).code === 0)
    assertEqualSides(pair)
  })

  it('rm -rf of everything is held until it is approved', async t => {
    const pair = await filled(t)
    for (const name of readdirSync(pair.alpha)) rmSync(join(pair.alpha, name), { recursive: true })
    const { code, json } = await pair.sync()
    assert.equal(code, 4)
    assert.notDeepEqual(holdsOf(json), [])
    assert.ok(snapshot(pair.beta).size >= 21, 'half of it is there still')
    await pair.ok('approve', '--yes')
    await until('the deletes went through', async () => (await pair.sync()).code === 0)
    assert.deepEqual([readdirSync(pair.alpha), readdirSync(pair.beta)], [[], []])
  })

  it('rm -rf of one directory of two is held, other edits flow, and undo brings it back', async t => {
    const pair = await filled(t)
    const docs = snapshot(join(pair.alpha, 'docs'))
    rmSync(join(pair.alpha, 'docs'), { recursive: true })
    writeFileSync(join(pair.alpha, 'src/new'), 'flows\n')
    const { code, json } = await pair.sync()
    assert.equal(code, 4)
    assert.deepEqual(holdsOf(json), ['mass-delete'])
    const heldLines = () => pair.audit().filter(({ event }) => event === 'held').length
    await until('the log tells of the hold', () => heldLines() > 0)
    assert.equal(heldLines(), 1, 'one line for one hold')
    assert.equal(readFileSync(join(pair.beta, 'src/new'), 'utf8'), 'flows\n')
    assert.ok(snapshot(join(pair.beta, 'docs')).size >= 10, 'half of it is there still')
    await pair.ok('approve', '--yes')
    assert.equal((await pair.sync()).code, 0)
    assert.equal(existsSync(join(pair.beta, 'docs')), false)
    await pair.ok('undo', join(pair.alpha, 'docs'))
    assert.equal((await pair.sync()).code, 0)
    assert.deepEqual(
      differences(docs, snapshot(join(pair.alpha, 'docs')), () => false),
      [],
    )
    assertEqualSides(pair)
  })

  it('undo brings back a deletion whole, also what had gone before the guard held the rest', async t => {
    const pair = await filled(t)
    const docs = snapshot(join(pair.alpha, 'docs'))
    const first = ['docs/file-0', 'docs/file-1']
    for (const path of first) unlinkSync(join(pair.alpha, path))
    await until('the first of it has gone', () => first.every(path => !existsSync(join(pair.beta, path))))
    const goneAt = performance.now()
    rmSync(join(pair.alpha, 'docs'), { recursive: true })
    assert.equal((await pair.sync()).code, 4)
    await until('a yes comes later than one burst lasts', () => performance.now() - goneAt > 1500)
    await pair.ok('approve', '--yes')
    assert.equal((await pair.sync()).code, 0)
    await pair.ok('undo', join(pair.alpha, 'docs'))
    assert.equal((await pair.sync()).code, 0)
    assert.deepEqual(
      differences(docs, snapshot(join(pair.alpha, 'docs')), () => false),
      [],
    )
    assertEqualSides(pair)
  })

  it('what was done on both sides while the daemon was down is carried over', async t => {
    const pair = await filled(t)
    await pair.stop()
    writeFileSync(join(pair.alpha, 'docs/file-0'), 'edited here\n')
    unlinkSync(join(pair.alpha, 'docs/file-1'))
    chmodSync(join(pair.alpha, 'docs/file-2'), 0o755)
    renameSync(join(pair.alpha, 'src'), join(pair.alpha, 'lib'))
    writeFileSync(join(pair.beta, 'src/file-3'), 'edited there\n')
    mkdirSync(join(pair.beta, 'new/deep'), { recursive: true })
    symlinkSync('../docs', join(pair.beta, 'new/link'))
    await pair.start()
    assert.equal((await pair.sync()).code, 0)
    assertEqualSides(pair)
    assert.equal(readFileSync(join(pair.beta, 'docs/file-0'), 'utf8'), 'edited here\n')
    assert.equal(existsSync(join(pair.beta, 'docs/file-1')), false)
    const edited = ['lib/file-3', 'src/file-3'].map(path => join(pair.alpha, path)).filter(existsSync)
    assert.ok(edited.some(path => readFileSync(path, 'utf8') === 'edited there\n'))
    assert.ok(existsSync(join(pair.alpha, 'new/deep')))
    const before = (await pair.settledOperations()).length
    assert.equal((await pair.sync('--verify')).code, 0)
    assert.equal((await pair.settledOperations()).length, before)
  })
})
