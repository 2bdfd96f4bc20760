import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { directory, emptyTree } from '../../lib/core/tree.ts'
import type { OutgoingLink } from '../../lib/ports/link.ts'
import { heartbeatMs, probeMs } from '../../lib/protocol/bounds.ts'
import { connectReplica } from '../../lib/protocol/remote-replica.ts'
import { ManualClock } from '../sim/clock.ts'
import { Events, connected, request } from './connection.ts'
import { ScriptedReplica } from './scripted-replica.ts'
import { file } from './trees.ts'

const tree = directory(0o755, [['a', file('1')]])

/** A clock that a test turns for everything but what is done soon. */
class PatientClock extends ManualClock {
  override soon(run: () => void): void {
    setImmediate(run)
  }
}

async function live(t: TestContext, wrap: (link: OutgoingLink) => OutgoingLink = link => link) {
  const clock = new PatientClock()
  const connection = connected(t, new ScriptedReplica(tree), { clock, wrap })
  await connection.events.next('ready')
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await new Promise(resolve => setImmediate(resolve))
  }
  return { ...connection, clock, turns }
}

it('a connection measures how long an answer takes, at once and with every heartbeat', async t => {
  let held: (() => void)[] | undefined
  const { replica, clock, turns } = await live(t, link => ({
    ...bound(link),
    onData: listen => link.onData(bytes => (held === undefined ? listen(bytes) : void held.push(() => listen(bytes)))),
  }))
  assert.equal(replica.roundTripMs, 0)
  const late: (() => void)[] = []
  held = late
  clock.advance(heartbeatMs)
  await turns()
  clock.advance(40)
  held = undefined
  for (const give of late) give()
  assert.equal(replica.roundTripMs, 40)
})

describe('a connection that is asked whether it is alive', () => {
  it('says so, and goes on', async t => {
    const { replica, events, clock, turns } = await live(t)
    for (let i = 0; i < 3; i++) {
      replica.probe?.()
      replica.probe?.()
      await turns()
      clock.advance(probeMs)
      await turns()
    }
    replica.send({ type: 'fence', id: 1, verify: false })
    await events.next('fenced')
  })

  it('is lost within seconds when nothing comes back, though something came before', async t => {
    let isDeaf = false
    const { replica, events, clock, turns, pair } = await live(t, link => ({
      ...bound(link),
      write: bytes => isDeaf || link.write(bytes),
    }))
    isDeaf = true
    replica.probe?.()
    await turns()
    clock.advance(probeMs - 1)
    await turns()
    assert.equal(events.all.at(-1)?.type, 'ready', `${heartbeatMs} ms have not passed`)
    clock.advance(1)
    const closed = await events.next('closed')
    assert.deepEqual([closed.code, closed.verdict], ['TRANSPORT_LOST', 'retry'])
    assert.match(closed.why, /3 s/)
    pair.cut()
  })

  it('is given up while it is still being made, when that takes too long', async () => {
    const clock = new PatientClock()
    const events = new Events()
    let isClosed = false
    const link: OutgoingLink = {
      write: () => true,
      onOpen: () => {},
      onData: () => {},
      onDrain: () => {},
      onClose: () => {},
      close: () => void (isClosed = true),
    }
    const replica = connectReplica(() => link, { clock, request, epoch: 1 })(() => emptyTree, events.listener)
    await new Promise(resolve => setImmediate(resolve))
    replica.probe?.()
    clock.advance(probeMs)
    const closed = await events.next('closed')
    assert.deepEqual([closed.code, closed.verdict, isClosed], ['TRANSPORT_LOST', 'retry', true])
  })
})

function bound(link: OutgoingLink): OutgoingLink {
  return {
    write: bytes => link.write(bytes),
    onOpen: listen => link.onOpen(listen),
    onData: listen => link.onData(listen),
    onDrain: listen => link.onDrain(listen),
    onClose: listen => link.onClose(listen),
    close: () => link.close(),
  }
}
