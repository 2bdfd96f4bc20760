import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Config } from '../../lib/daemon/config.ts'
import type { World } from './world.ts'
import { makeWorld } from './world.ts'

/** What the session of ~/projects with twin is called. */
function sessionOf({ userHome }: World): string {
  const { roots } = JSON.parse(readFileSync(join(userHome, '.dsync/config.json'), 'utf8')) as Config
  return `${roots['~/projects']?.id}/twin`
}

describe('dsync reset', () => {
  it('says what it will do and asks; the session is closed, forgotten, and opened anew as it was', async t => {
    const world = await makeWorld(t)
    const { run, doubles, forgotten } = world
    await run('pause')
    const refused = await run('reset')
    assert.equal(refused.exit, 2)
    assert.match(refused.err, /^to reset {2}~\/projects with twin\n[^]*also what you deleted[^]*Add --yes/)
    assert.equal((await run('reset', { answer: 'no' })).exit, 130)
    assert.deepEqual([forgotten, doubles.length], [[], 1])
    const { exit, out } = await run('reset projects', { answer: 'y' })
    assert.deepEqual([exit, out], [0, 'reset  ~/projects with twin  → dsync status\n'])
    assert.deepEqual(forgotten, [sessionOf(world)])
    assert.deepEqual([doubles[0]?.told, doubles.length, doubles[1]?.status().state], [['closed'], 2, 'paused'])
    assert.equal((await run('reset --on nobody --yes')).exit, 2)
    assert.equal((await run('reset /etc --yes')).exit, 2)
  })
  it('works without a daemon', async t => {
    const world = await makeWorld(t)
    const { run, forgotten, daemon } = world
    await daemon?.stop()
    assert.equal((await run('reset --dry-run')).out, 'would reset  ~/projects with twin\n')
    assert.equal((await run('reset --on nobody --yes')).exit, 2)
    assert.equal((await run('reset /etc --yes')).exit, 2)
    assert.deepEqual(forgotten, [])
    assert.equal((await run('reset --yes')).exit, 0)
    assert.deepEqual(forgotten, [sessionOf(world)])
  })
  it('has nothing to do where nothing is set up', async t => {
    const { run } = await makeWorld(t, {}, false)
    assert.deepEqual((await run('reset --yes --json')).json(), { reset: [] })
  })
})
