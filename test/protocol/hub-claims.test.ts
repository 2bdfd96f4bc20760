import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import type { HubClaim } from '../../lib/core/hub.ts'
import { until } from '../pipe/until.ts'
import { LingerRig } from './linger-rig.ts'

function claim(name: string, epoch: number): HubClaim {
  return { hub: name.repeat(32).slice(0, 32), name, epoch, at: 1_800_000_000_000 }
}

async function served(t: TestContext) {
  const rig = new LingerRig(t)
  const first = rig.connect({ epoch: 500, hub: claim('a', 1) })
  await first.events.next('ready')
  await until('the agent listens', () => existsSync(rig.socketPath))
  return { rig, first }
}

describe('two hubs at one root', () => {
  it('the one that the host does not follow is told whom it follows, and gets nothing', async t => {
    const { rig, first } = await served(t)
    const second = rig.connect({ epoch: 900, hub: claim('b', 1) })
    const closed = await second.events.next('closed')
    assert.deepEqual([closed.code, closed.verdict], ['OTHER_HUB', 'halt'])
    assert.match(closed.why, /a and b took the roots apart from each other \(epoch 1\)/)
    assert.deepEqual(rig.elsewhere, [claim('a', 1)])
    first.replica.send({ type: 'fence', id: 1, verify: false })
    await first.events.next('fenced')
  })

  it('the later one takes the root from the other, whatever the numbers of their connections', async t => {
    const { rig, first } = await served(t)
    const second = rig.connect({ epoch: 3, hub: claim('b', 2) })
    await second.events.next('ready')
    assert.equal((await first.events.next('closed')).verdict, 'retry')
    const again = rig.connect({ epoch: 501, hub: claim('a', 1) })
    const closed = await again.events.next('closed')
    // It will hear that it has to follow: nobody has to decide anything.
    assert.deepEqual([closed.code, closed.verdict], ['OTHER_HUB', 'retry'])
    second.replica.send({ type: 'fence', id: 1, verify: false })
    await second.events.next('fenced')
  })

  it('a hub that does not say who it is gets nothing where there is one', async t => {
    const { rig } = await served(t)
    const stranger = rig.connect({ epoch: 900 })
    assert.equal((await stranger.events.next('closed')).code, 'OTHER_HUB')
  })

  it('a connection ends within seconds once the host follows another, before that one comes', async t => {
    const { rig, first } = await served(t)
    rig.hub = claim('b', 2)
    let isOver = false
    void first.events.next('closed').then(() => (isOver = true))
    await rig.turn(() => isOver)
    assert.match(await first.ended, /does not serve that root to that hub any more/)
  })
})
