import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { Pair } from './pair.ts'
import { until } from './until.ts'

interface Row {
  readonly state: string
  readonly paused?: boolean
  readonly counts: Readonly<Record<string, { readonly paths: number; readonly bytes: number }>>
  readonly changes: {
    readonly total: number
    readonly first: readonly { readonly how: string; readonly path: string }[]
  }
}

/** A pair in sync that holds these files. */
async function synced(t: TestContext, files: Readonly<Record<string, string>>): Promise<Pair> {
  const pair = await Pair.make()
  t.after(() => pair.close())
  mkdirSync(join(pair.alpha, 'd'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(pair.alpha, name), text)
  await pair.start()
  assert.equal((await pair.sync()).code, 0)
  return pair
}

function texts(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  return Object.fromEntries(
    names
      .map(({ parentPath, name }) => [join(parentPath, name).slice(root.length + 1), join(parentPath, name)] as const)
      .toSorted()
      .map(([name, file]) => [name, readFileSync(file, 'utf8')]),
  )
}

describe('dsync push and dsync pull', () => {
  it('sync by hand while a root is paused, and undo brings it back whole', async t => {
    const pair = await synced(t, { a: 'old\n', 'd/b': 'old\n', 'd/c': 'old\n' })
    await pair.ok('pause')
    writeFileSync(join(pair.alpha, 'a'), 'mine\n')
    writeFileSync(join(pair.beta, 'a'), 'theirs\n')
    writeFileSync(join(pair.beta, 'd/b'), 'only theirs\n')
    rmSync(join(pair.alpha, 'd/c'))
    writeFileSync(join(pair.alpha, 'd/new'), 'new\n')
    const before = texts(pair.beta)
    const shown = await pair.ok('push', pair.alpha, '--dry-run', '--json')
    const [row] = (shown.json as { push: readonly Row[] }).push
    assert.deepEqual(
      row?.changes.first.map(({ how, path }) => `${how} ${path}`),
      ['delete d/c', 'replace a', 'replace d/b', 'create d/new'],
    )
    assert.equal(row?.paused, true)
    assert.deepEqual(texts(pair.beta), before)
    const refused = await pair.dsync('push', pair.alpha)
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /\n {2}delete {3}4 B {2}~\/project\/d\/c\n/)
    assert.match(refused.stderr, /Add --yes if you mean it/)
    const done = await pair.ok('push', pair.alpha, '--yes')
    assert.match(done.stdout, /^pushed {2}~\/project to twin: delete 1 path .* {2}→ dsync undo ~\/project --on twin\n$/)
    assert.deepEqual(texts(pair.beta), texts(pair.alpha))
    assert.equal((await pair.sync()).code, 7, 'it is still paused')
    assert.match((await pair.ok('push', '--yes')).stdout, /^nothing to do/)
    await pair.ok('undo', pair.alpha, '--on', 'twin')
    const { 'd/new': pushed, ...back } = texts(pair.beta)
    assert.deepEqual([back, pushed], [before, 'new\n'])
    await pair.ok('pull', join(pair.alpha, 'd'), '--yes')
    assert.deepEqual(texts(join(pair.alpha, 'd')), { b: 'only theirs\n', c: 'old\n', new: 'new\n' })
    assert.equal(readFileSync(join(pair.alpha, 'a'), 'utf8'), 'mine\n')
  })

  it('settle what two-way syncing cannot: conflicts, and deletes that a guard holds', async t => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`d/f${i}`, `${i}\n`]))
    const pair = await synced(t, { a: 'old\n', ...many })
    await pair.ok('pause')
    writeFileSync(join(pair.alpha, 'a'), 'mine\n')
    writeFileSync(join(pair.beta, 'a'), 'theirs\n')
    rmSync(join(pair.alpha, 'd'), { recursive: true })
    await pair.ok('resume')
    assert.equal((await pair.sync()).code, 3)
    const pushed = await pair.ok('push', '--yes', '--json')
    assert.deepEqual(
      (pushed.json as { push: readonly Row[] }).push.map(({ state, counts }) => [state, counts['delete']?.paths]),
      [['synced', 41]],
    )
    assert.deepEqual([texts(pair.alpha), texts(pair.beta)], [{ a: 'mine\n' }, { a: 'mine\n' }])
    assert.equal((await pair.sync()).code, 0)
    await pair.ok('undo', pair.alpha, '--on', 'twin')
    assert.equal((await pair.sync()).code, 0)
    assert.deepEqual(texts(pair.alpha), { a: 'theirs\n', ...many })
  })

  it('are the first sync of two used roots, for the whole root', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    mkdirSync(pair.beta, { recursive: true })
    writeFileSync(join(pair.alpha, 'a'), 'mine\n')
    writeFileSync(join(pair.beta, 'b'), 'theirs\n')
    await pair.start()
    assert.equal((await pair.sync()).code, 4)
    assert.equal((await pair.dsync('pull', join(pair.alpha, 'b'), '--yes')).code, 4)
    await pair.ok('pull', '--yes')
    assert.deepEqual([texts(pair.alpha), texts(pair.beta)], [{ b: 'theirs\n' }, { b: 'theirs\n' }])
    assert.equal((await pair.sync()).code, 0)
  })
})

describe('a root that only sends', () => {
  it('takes nothing from the other host until it is told otherwise, and loses nothing of it', async t => {
    const pair = await synced(t, { a: 'old\n', 'd/b': 'old\n' })
    await pair.ok('config', 'set', 'roots.~/project.mode', 'send')
    await until('the mode is in force', async () => (await pair.ok('status')).stdout.includes('~/project (send)'))
    writeFileSync(join(pair.beta, 'a'), 'theirs\n')
    writeFileSync(join(pair.beta, 'new'), 'theirs\n')
    writeFileSync(join(pair.alpha, 'd/b'), 'mine\n')
    const synced1 = await pair.ok('sync')
    assert.match(synced1.stdout, /2 changes on twin are not taken {2}→ dsync push ~\/project\n$/)
    assert.deepEqual(texts(pair.alpha), { a: 'old\n', 'd/b': 'mine\n' })
    assert.deepEqual(texts(pair.beta), { a: 'theirs\n', 'd/b': 'mine\n', new: 'theirs\n' })
    const why = await pair.ok('why', join(pair.alpha, 'a'))
    assert.match(why.stdout, /It was changed on twin, which only receives: .* does not take it\./)
    assert.equal((await pair.dsync('pull', '--yes')).code, 2)
    await pair.ok('push', '--yes')
    assert.deepEqual(texts(pair.beta), texts(pair.alpha))
    await pair.ok('undo', pair.alpha, '--on', 'twin')
    await pair.ok('config', 'set', 'roots.~/project.mode', '--default')
    await until('the mode is over', async () => !(await pair.ok('status')).stdout.includes('(send)'))
    assert.equal((await pair.sync()).code, 0)
    assert.deepEqual(texts(pair.alpha), { a: 'theirs\n', 'd/b': 'mine\n', new: 'theirs\n' })
  })
})
