import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ReplicaCommand } from '../../lib/core/messages.ts'
import type { Side } from '../../lib/core/operation.ts'
import type { SessionEvent } from '../../lib/core/session/messages.ts'
import type { CarriageEnd, Load, Obstacle } from '../../lib/ports/carrier.ts'
import type { LogLine } from '../../lib/core/session/messages.ts'
import { Lane } from '../../lib/sync/lane.ts'
import { ManualClock } from '../sim/clock.ts'

const digest = 'd'.repeat(64)
const other = 'e'.repeat(64)
const order = { type: 'carry', side: 'beta', digest, size: 5_000_000, path: 'f' } as const
const notCarried: SessionEvent = { type: 'not-carried', side: 'beta', digest }

/** A lane with a carrier and replicas that do what the test says. */
class Stage {
  readonly clock = new ManualClock()
  readonly sent: [Side, ReplicaCommand][] = []
  readonly events: SessionEvent[] = []
  readonly log: LogLine[] = []
  readonly loads: (Load & { readonly end: (end: CarriageEnd) => void; stopped: boolean })[] = []
  obstacle: Obstacle | undefined
  asked = 0
  forgotten = 0
  #id = 0
  readonly lane = new Lane({
    clock: this.clock,
    send: (side, command) => this.sent.push([side, command]),
    step: event => this.events.push(event),
    log: line => this.log.push(line),
    nextId: () => ++this.#id,
    carrier: {
      fromBytes: 1,
      check: () => {
        this.asked++
        return Promise.resolve(this.obstacle)
      },
      forget: () => {
        this.forgotten++
      },
      carry: load => {
        const { promise: ended, resolve } = Promise.withResolvers<CarriageEnd>()
        const entry = { ...load, end: resolve, stopped: false }
        this.loads.push(entry)
        return {
          ended,
          stop: () => {
            entry.stopped = true
            resolve({ is: 'lost', why: 'stopped' })
          },
        }
      },
    },
  })

  async pass(ms = 0): Promise<void> {
    await this.clock.settle({ forMs: ms })
  }

  /** The receiver answers the last question for a slot. */
  async reserved(slot: string | undefined, held = 0): Promise<void> {
    this.lane.heard('beta', { type: 'reserved', id: this.#id, slot, held })
    await this.pass()
  }

  async ended(end: CarriageEnd): Promise<void> {
    this.loads.at(-1)?.end(end)
    await this.pass()
  }

  get last(): ReplicaCommand | undefined {
    return this.sent.at(-1)?.[1]
  }
}

/** A lane whose order is being carried. */
async function carrying(): Promise<Stage> {
  const stage = new Stage()
  stage.lane.carry(order)
  await stage.pass()
  await stage.reserved('/s/1')
  return stage
}

describe('a lane for large files', () => {
  it('has a slot made, written and looked at', async () => {
    const stage = new Stage()
    stage.lane.carry(order)
    assert.deepEqual(stage.sent, [], 'never within the step that ordered it')
    await stage.pass()
    assert.deepEqual(stage.sent, [['beta', { type: 'reserve', id: 1, digest, size: 5_000_000, path: 'f' }]])
    await stage.reserved('/s/1', 3)
    const [load] = stage.loads
    assert.deepEqual([load?.to, load?.path, load?.slot, load?.hasBasis], ['beta', 'f', '/s/1', true])
    load?.progress(1000)
    assert.deepEqual(stage.events, [{ type: 'carrying', side: 'beta', digest, bytes: 1000 }])
    await stage.ended({ is: 'done', sent: 20 })
    assert.deepEqual(stage.last, { type: 'received', digest, size: 5_000_000, slot: '/s/1' })
    stage.lane.heard('beta', { type: 'staged', digest, offset: 5_000_000, state: 'complete' })
    await stage.pass(3_600_000)
    assert.equal(stage.events.length, 1)
    assert.equal(stage.clock.pending(), 0)
  })

  it('is over when the receiver has the content already', async () => {
    const stage = new Stage()
    stage.lane.carry(order)
    await stage.pass()
    stage.lane.heard('beta', { type: 'staged', digest, offset: 5_000_000, state: 'complete' })
    await stage.pass(3_600_000)
    assert.deepEqual([stage.events, stage.loads, stage.clock.pending()], [[], [], 0])
  })

  it('tries a broken connection again, in a new slot, and then rests', async () => {
    const stage = await carrying()
    for (const [attempt, ms] of [1000, 2000].entries()) {
      await stage.ended({ is: 'lost', why: 'cut' })
      assert.equal(stage.sent.length, attempt + 1)
      await stage.pass(ms)
      assert.equal(stage.last?.type, 'reserve')
      await stage.reserved(`/s/${attempt + 2}`, 1)
    }
    await stage.ended({ is: 'lost', why: 'cut' })
    assert.deepEqual(stage.events, [notCarried])
    stage.lane.carry({ ...order, digest: other })
    await stage.pass()
    assert.deepEqual(stage.events.at(-1), { ...notCarried, digest: other })
    assert.equal(stage.log.filter(({ event }) => event === 'fallback').length, 1)
    assert.equal(stage.loads.length, 3)
    await stage.pass(10 * 60_000)
    stage.lane.carry({ ...order, digest: other })
    await stage.pass()
    assert.equal(stage.last?.type, 'reserve', 'after a while it tries again')
  })

  const refusals: readonly (readonly [says: string, act: (stage: Stage) => Promise<void>])[] = [
    ['no slot could be made', stage => stage.reserved(undefined)],
    ['no slot is made in time', stage => stage.pass(1_000_000)],
    [
      'what came is not looked at in time',
      async stage => {
        await stage.reserved('/s/1')
        await stage.ended({ is: 'done', sent: undefined })
        await stage.pass(1_000_000)
      },
    ],
    [
      'this file cannot go',
      async stage => {
        await stage.reserved('/s/1')
        await stage.ended({ is: 'failed', why: 'disk full' })
      },
    ],
  ]
  for (const [says, act] of refusals) {
    it(`hands one file back when ${says}`, async () => {
      const stage = new Stage()
      stage.lane.carry(order)
      await stage.pass()
      await act(stage)
      assert.deepEqual(stage.events, [notCarried])
      assert.equal(stage.log.at(-1)?.event, 'fallback')
      stage.lane.carry({ ...order, digest: other })
      await stage.pass()
      assert.equal(stage.last?.type, 'reserve', 'the next one is tried')
    })
  }

  it('hands all files back where rsync is of no use, until another session asks anew', async () => {
    const stage = new Stage()
    stage.obstacle = { is: 'unusable', why: 'there is none' }
    for (const each of [digest, other]) stage.lane.carry({ ...order, digest: each })
    await stage.pass()
    assert.deepEqual(stage.events, [notCarried, { ...notCarried, digest: other }])
    assert.deepEqual(
      stage.log.map(({ why }) => why),
      ['It goes in pieces, not by rsync: there is none'],
    )
    await stage.pass(24 * 3_600_000)
    stage.lane.carry(order)
    await stage.pass()
    assert.equal(stage.asked, 2)
    stage.lane.stop()
    stage.obstacle = undefined
    stage.lane.carry(order)
    await stage.pass()
    assert.equal(stage.last?.type, 'reserve')
    assert.ok(stage.forgotten > 0)
  })

  it('stops what nobody wants, and says no more of it', async () => {
    const stage = await carrying()
    stage.lane.drop('beta', digest)
    stage.loads[0]?.progress(5)
    await stage.pass(3_600_000)
    assert.equal(stage.loads[0]?.stopped, true)
    assert.deepEqual([stage.events, stage.sent.length, stage.clock.pending()], [[], 1, 0])
  })

  it('is closed when nothing runs any more', async () => {
    const stage = await carrying()
    await stage.lane.close()
    assert.equal(stage.loads[0]?.stopped, true)
    assert.deepEqual(stage.events, [])
  })
})
