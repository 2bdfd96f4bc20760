import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { differences, snapshot } from '../storm/snapshot.ts'
import { Pair } from './pair.ts'
import { until } from './until.ts'

const files = ['a/1', 'a/2', 'b/1', 'b/2']

/** A pair that agrees on four files, two of which were deleted here since and one edited, while it was paused. */
async function apart(t: TestContext): Promise<Pair> {
  const pair = await Pair.make()
  t.after(() => pair.close())
  fill(pair)
  await pair.start()
  assert.equal((await pair.sync()).code, 0)
  await pair.ok('pause')
  change(pair)
  return pair
}

function fill(pair: Pair): void {
  for (const directory of ['a', 'b']) mkdirSync(join(pair.alpha, directory), { recursive: true })
  for (const file of files) writeFileSync(join(pair.alpha, file), file)
}

function change(pair: Pair): void {
  for (const file of ['a/1', 'b/1']) rmSync(join(pair.alpha, file))
  writeFileSync(join(pair.alpha, 'a/2'), 'edited here')
}

function guardsOf(json: unknown): string[] {
  return (json as { sync: { holds: { guard: string }[] }[] }).sync.flatMap(({ holds }) => holds.map(each => each.guard))
}

/** What was deleted on one side is back, what differs is a conflict; nothing was deleted. */
async function comparesAnew(pair: Pair): Promise<void> {
  const held = await pair.sync()
  assert.deepEqual([held.code, guardsOf(held.json)], [4, ['first-sync']])
  assert.deepEqual([existsSync(join(pair.alpha, 'a/1')), existsSync(join(pair.beta, 'a/1'))], [false, true])
  await pair.ok('approve', '--yes')
  const { code } = await pair.sync()
  assert.equal(code, 3)
  for (const file of ['a/1', 'b/1']) assert.equal(readFileSync(join(pair.alpha, file), 'utf8'), file)
  assert.equal(readFileSync(join(pair.beta, 'a/2'), 'utf8'), 'a/2')
  assert.deepEqual(
    (await pair.settledOperations()).filter(({ event }) => event === 'remove'),
    [],
  )
  await pair.ok('resolve', '--all', '--mine', '--yes')
  assert.equal((await pair.sync()).code, 0)
  assert.deepEqual(
    differences(snapshot(pair.alpha), snapshot(pair.beta), () => false),
    [],
  )
}

describe('dsync reset', { timeout: 400_000 }, () => {
  it('of a running daemon compares both sides as if they had never met', async t => {
    const pair = await apart(t)
    let foreseen = ''
    await until('a sync knows what it would wait for', async () => {
      foreseen = (await pair.ok('sync', '--dry-run')).stdout
      return /project with twin \(paused\): \d paths[^]*project\/a\/2 \(noticed\)/.test(foreseen)
    })
    assert.equal(existsSync(join(pair.beta, 'a/1')), true, foreseen)
    await pair.ok('reset', '--yes')
    await pair.ok('resume')
    await comparesAnew(pair)
    await pair.ok('reset', '--yes')
    assert.equal((await pair.sync()).code, 0, 'two sides that are equal need nobody')
  })

  it('without a daemon does the same at the next start', async t => {
    const pair = await apart(t)
    await pair.stop()
    await pair.ok('reset', '--yes')
    await pair.start()
    await pair.ok('resume')
    await comparesAnew(pair)
  })

  it('that is killed at any moment was done or was not', async t => {
    const pair = await apart(t)
    const seen = new Set<string>()
    const count = (event: string): number => pair.audit().filter(line => line.event === event).length
    for (const round of ['at once', 'session-closed', 'session-reset']) {
      const before = count(round)
      const reset = pair.dsync('reset', '--yes')
      await until(`its moment has come: ${round}`, () => round === 'at once' || count(round) > before)
      await pair.killDaemon()
      await reset
      await pair.start()
      await pair.ok('resume')
      const { code, json } = await pair.sync()
      const isNew = code === 4
      seen.add(isNew ? 'done' : 'not done')
      if (isNew) {
        assert.deepEqual(guardsOf(json), ['first-sync'])
        for (const file of files) assert.equal(readFileSync(join(pair.beta, file), 'utf8'), file, `round ${round}`)
      } else {
        assert.equal(code, 0)
        assert.deepEqual(
          files.filter(file => existsSync(join(pair.beta, file))),
          ['a/2', 'b/2'],
          `round ${round}`,
        )
        assert.equal(readFileSync(join(pair.beta, 'a/2'), 'utf8'), 'edited here')
      }
      if (isNew) await pair.ok('approve', '--yes', '--prefer', 'twin')
      fill(pair)
      assert.equal((await pair.sync()).code, 0)
      await pair.ok('pause')
      change(pair)
    }
    t.diagnostic(`killed resets were ${[...seen].join(' and ')}`)
  })
})
