import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Link } from '../../lib/ports/link.ts'
import { partBytes } from '../../lib/protocol/bounds.ts'
import { Outbox } from '../../lib/protocol/outbox.ts'
import { Throttle } from '../../lib/protocol/throttle.ts'
import { ManualClock } from '../sim/clock.ts'
import { Random } from '../sim/random.ts'

describe('a limit of bytes a second', () => {
  it('lets a second’s worth go at once, and then no more than the limit', () => {
    const throttle = new Throttle(100_000, 0)
    assert.equal(throttle.waitMs(0), 0)
    throttle.spend(150_000)
    assert.equal(throttle.waitMs(0), 500)
    assert.equal(throttle.waitMs(400), 100)
    assert.equal(throttle.waitMs(501), 0)
  })

  it('saves nothing up beyond a second', () => {
    const throttle = new Throttle(100_000, 0)
    assert.equal(throttle.waitMs(3600_000), 0)
    throttle.spend(200_000)
    assert.equal(throttle.waitMs(3600_000), 1000)
  })

  for (const seed of [1, 2, 3, 4, 5]) {
    it(`is kept by everything that is sent, seed ${seed}`, async () => {
      const [random, clock] = [new Random(seed), new ManualClock()]
      const limit = 1000 * random.between(100, 2000)
      const { outbox, sent, pass } = limited(clock, limit)
      let all = 0
      for (let i = 0; i < 60; i++) {
        const bytes = bytesOf(random, random.between(1, 60_000))
        outbox.ordered([['changed', bytes]])
        all += bytes.length
        await pass(random.int(50))
      }
      for (let i = 0; i < 2000 && sent() < all; i++) {
        await pass(20)
        // A second's worth at first, and one piece that is not cut.
        const most = (limit * (clock.monotonic() + 1000)) / 1000 + 2 * partBytes
        assert.ok(sent() <= most, `${sent()} bytes in ${clock.monotonic()} ms, of a limit of ${limit}`)
      }
      assert.ok(sent() >= all, `${sent()} of ${all} bytes in ${clock.monotonic()} ms`)
      assert.ok(clock.monotonic() < (all / limit) * 1000 + 4000, `${clock.monotonic()} ms for ${all} bytes at ${limit}`)
    })
  }

  it('holds up no heartbeat', async () => {
    const { outbox, sent, pass } = limited(new ManualClock(), 1000)
    for (let i = 0; i < 3; i++) outbox.ordered([['changed', bytesOf(new Random(i), 60_000)]])
    await pass(10)
    const before = sent()
    assert.ok(before < 150_000)
    outbox.urgent(['beat'])
    await pass(10)
    assert.ok(sent() > before && sent() < before + 100, `${before} and then ${sent()} bytes`)
  })
})

function bytesOf(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.int(256)))
}

/** An outbox on a link that takes everything at once. */
function limited(clock: ManualClock, bytesPerSecond: number) {
  let sent = 0
  const link: Link = {
    write: bytes => {
      sent += bytes.length
      return true
    },
    onData: () => {},
    onDrain: () => {},
    onClose: () => {},
    close: () => {},
  }
  const failed = (error: unknown): never => {
    throw error
  }
  const outbox = new Outbox(link, { clock, epoch: 1, failed })
  outbox.limit(bytesPerSecond)
  /** Lets what is to be done in this turn be done, and then some time pass. */
  const pass = async (ms: number): Promise<void> => {
    await new Promise(resolve => setImmediate(resolve))
    clock.advance(ms)
    await new Promise(resolve => setImmediate(resolve))
  }
  return { outbox, sent: () => sent, pass }
}
