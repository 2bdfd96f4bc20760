import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openGate } from '../../lib/ports/gate.ts'
import type { OpenReplica } from '../../lib/ports/replica.ts'
import { digest } from '../../lib/replica/hash.ts'
import { SessionLoop } from '../../lib/sync/session-loop.ts'
import { ScriptedReplica } from '../protocol/scripted-replica.ts'
import { ManualClock } from '../sim/clock.ts'
import { SimStorage } from '../sim/store.ts'

/** A session whose other side cannot be reached until a test says so. */
async function disconnected() {
  const clock = new ManualClock()
  const far = { attempts: 0, isThere: false }
  const beta: OpenReplica = (baseline, listener) => {
    far.attempts++
    if (far.isThere) return new ScriptedReplica().opener()(baseline, listener)
    clock.after(1, () => listener({ type: 'closed', code: 'TRANSPORT_LOST', why: 'no route', verdict: 'retry' }))
    return { send: () => {}, close: () => Promise.resolve() }
  }
  const session = new SessionLoop({
    root: '/r',
    hosts: { alpha: 'here', beta: 'there' },
    open: { alpha: new ScriptedReplica().opener(), beta },
    store: new SimStorage().open(),
    clock,
    gate: openGate,
    digester: digest,
    paused: false,
  })
  await clock.settle({ forMs: 60_000, until: () => session.status().state === 'disconnected' })
  await clock.settle({ forMs: 20_000 })
  return { clock, far, session }
}

const wanted = { timeoutMs: 60_000, verify: false }

describe('a barrier while the other side is lost', () => {
  it('tries once, now, and says what came of it', async () => {
    const { clock, far, session } = await disconnected()
    const { attempts } = far
    const result = session.barrier(wanted, new AbortController().signal)
    assert.equal(far.attempts, attempts + 1, 'at once')
    clock.advance(1)
    assert.equal((await result).state, 'disconnected')
    await session.close()
  })

  it('goes through when the other side is there again', async () => {
    const { clock, far, session } = await disconnected()
    far.isThere = true
    let state = ''
    void session.barrier(wanted, new AbortController().signal).then(result => {
      state = result.state
    })
    for (let turn = 0; turn < 200 && state === ''; turn++) {
      await new Promise(resolve => setImmediate(resolve))
      await clock.settle({ forMs: 100 })
    }
    assert.equal(state, 'synced')
    await session.close()
  })
})
