import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { Pair } from './pair.ts'

it('a root keeps to its bandwidth, both ways, and an edit in between arrives', { timeout: 120_000 }, async t => {
  const pair = await Pair.make()
  t.after(() => pair.close())
  await pair.start()
  await pair.ok('sync')
  await pair.ok('config', 'set', 'roots.~/project.bandwidth', '1 MB')
  await pair.ok('sync')
  for (const [from, to] of [
    [pair.alpha, pair.beta],
    [pair.beta, pair.alpha],
  ] as const) {
    const content = randomBytes(4_000_000)
    const begun = performance.now()
    writeFileSync(join(from, 'large'), content)
    writeFileSync(join(from, 'small'), `of ${from}`)
    await pair.ok('sync', 'project/small')
    assert.ok(existsSync(join(to, 'small')))
    await pair.ok('sync')
    const seconds = (performance.now() - begun) / 1000
    // One second's worth goes at once.
    assert.ok(seconds > 2.9, `4 MB arrived in ${seconds.toFixed(1)} s`)
    t.diagnostic(`4 MB in ${seconds.toFixed(1)} s`)
    assert.deepEqual(readFileSync(join(to, 'large')), content)
  }
})
