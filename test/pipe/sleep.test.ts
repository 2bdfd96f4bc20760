import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { kitHome } from '../../lib/daemon/kit-home.ts'
import { servedRoots } from '../../lib/daemon/served-roots.ts'
import { readTold } from '../../lib/relay/told-record.ts'
import { Pair } from './pair.ts'
import { until } from './until.ts'

/** An agent waits for a word of its hub for fifteen seconds; a busy machine is slower (ms). */
const silentMs = 60_000

it(
  'a daemon that stood still for longer than its agent waits goes on as soon as it wakes',
  { timeout: 150_000 },
  async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    const daemon = await pair.start()
    await pair.ok('sync')
    const twin = kitHome(join(pair.twinHome, '.dsync'))
    const [root] = servedRoots(twin)
    assert.ok(root !== undefined)
    await until('the other host was told of the root', () => readTold(twin, root.id) !== undefined)

    process.kill(daemon, 'SIGSTOP')
    const slept = performance.now()
    writeFileSync(join(pair.alpha, 'here'), 'written here meanwhile')
    writeFileSync(join(pair.beta, 'there'), 'written there meanwhile')
    await until('the agent counts the hub as away', () => readTold(twin, root.id)?.awaySince !== undefined, silentMs)
    const woken = performance.now()
    wake(daemon)
    await until(
      'both have what the other wrote',
      () => existsSync(join(pair.alpha, 'there')) && existsSync(join(pair.beta, 'here')),
      silentMs,
    )
    const [sleptMs, backMs] = [woken - slept, performance.now() - woken].map(Math.round)
    t.diagnostic(`asleep for ${sleptMs} ms, back after ${backMs} ms`)
    assert.equal((await pair.sync()).code, 0)
    assert.equal(pair.daemonLog(), '')
    assert.equal(pair.live().agents.length, 2, 'the one that has the root went on, with its tree')
  },
)

function wake(pid: number): void {
  process.kill(pid, 'SIGCONT')
}
