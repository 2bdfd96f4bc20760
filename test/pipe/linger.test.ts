import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Pair } from './pair.ts'
import { until } from './until.ts'

describe('an agent whose daemon was killed', { timeout: 120_000 }, () => {
  it('keeps the root for the next daemon, and ends with that one', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    await pair.start()
    writeFileSync(join(pair.alpha, 'a'), '1')
    await pair.ok('sync')
    const [first] = pair.live().agents
    assert.ok(first !== undefined)
    await pair.killDaemon()
    writeFileSync(join(pair.beta, 'b'), 'meanwhile')
    await pair.start()
    await pair.ok('sync')
    assert.equal(existsSync(join(pair.alpha, 'b')), true)
    assert.equal(pair.live().agents.length, 2, 'the one that has the root, and the one in between')
    assert.ok(pair.live().agents.includes(first))
    writeFileSync(join(pair.alpha, 'c'), 'through both')
    await pair.ok('sync')
    assert.equal(existsSync(join(pair.beta, 'c')), true)
    await pair.stop()
    await until('no agent is left', () => pair.live().agents.length === 0)
  })

  it('lets go of the root when it is killed too, and so does one in between', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    await pair.start()
    await pair.ok('sync')
    await pair.killDaemon()
    await pair.start()
    await pair.ok('sync')
    await pair.killAgent()
    writeFileSync(join(pair.alpha, 'a'), '1')
    await until('both sides agree again', async () => (await pair.sync()).code === 0)
    assert.equal(existsSync(join(pair.beta, 'a')), true)
    assert.equal(pair.live().agents.length, 1)
  })
})
