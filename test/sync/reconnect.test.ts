import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ReplicaEvent } from '../../lib/core/messages.ts'
import { noneTracked } from '../../lib/core/messages.ts'
import { emptyTree } from '../../lib/core/tree.ts'
import type { OpenReplica, ReplicaListener } from '../../lib/ports/replica.ts'
import type { Signs } from '../../lib/ports/signs.ts'
import { clockSigns } from '../../lib/sync/clock-signs.ts'
import { Connection } from '../../lib/sync/connection.ts'
import { facts } from '../protocol/scripted-replica.ts'
import { ClockView, ManualClock } from '../sim/clock.ts'

/** Signs that come when a test says so. */
class ManualSigns implements Signs {
  readonly waking = new Set<() => void>()
  readonly changing = new Set<() => void>()

  onWake(listen: () => void): () => void {
    this.waking.add(listen)
    return () => this.waking.delete(listen)
  }

  onNetwork(listen: () => void): () => void {
    this.changing.add(listen)
    return () => this.changing.delete(listen)
  }

  wake(): void {
    for (const listen of this.waking) listen()
  }

  change(): void {
    for (const listen of this.changing) listen()
  }
}

const gone: ReplicaEvent = { type: 'closed', code: 'TRANSPORT_LOST', why: 'gone', verdict: 'retry' }

/** A connection whose other side does what a test says, and when each attempt to reach it was made. */
class Rig {
  readonly clock = new ManualClock()
  readonly signs = new ManualSigns()
  readonly attempts: number[] = []
  probes = 0
  #tell: ReplicaListener = () => {}
  readonly connection: Connection

  constructor(random = () => 0) {
    const open: OpenReplica = (_baseline, listener) => {
      this.attempts.push(this.clock.monotonic())
      this.#tell = listener
      return { send: () => {}, close: () => Promise.resolve(), probe: () => void this.probes++ }
    }
    const { clock, signs } = this
    this.connection = new Connection({ open, clock, signs, random, baseline: () => undefined, heard: () => {} })
    this.connection.connect()
  }

  ready(): void {
    this.#tell({ type: 'ready', tree: emptyTree, facts, tracked: noneTracked })
  }

  lose(): void {
    this.#tell(gone)
  }

  /** Between two attempts (ms). */
  longestWait(): number {
    return Math.max(...this.attempts.map((at, i) => at - (this.attempts[i - 1] ?? at)))
  }

  /** Lets time pass in which every attempt fails after so long. */
  failFor(ms: number, afterMs: number): void {
    const end = this.clock.monotonic() + ms
    let lost = 0
    while (this.clock.monotonic() < end) {
      this.clock.advance(1)
      const last = this.attempts.at(-1) ?? 0
      if (this.attempts.length > lost && this.clock.monotonic() - last >= afterMs) {
        lost = this.attempts.length
        this.lose()
      }
    }
  }
}

describe('a lost side', () => {
  it('is tried again at once, then less and less often, and never in a circle', () => {
    const rig = new Rig()
    rig.ready()
    rig.clock.advance(60_000)
    rig.lose()
    rig.failFor(300_000, 1)
    const waits = rig.attempts.slice(1).map((at, i) => at - (i === 0 ? 60_000 : (rig.attempts[i] ?? 0)))
    assert.ok((waits[0] ?? 9) <= 1, `the first attempt came after ${waits[0]} ms`)
    assert.deepEqual(
      waits.slice(1, 12).map(ms => Math.round(ms / 100) * 100),
      [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000],
    )
    assert.ok(rig.connection.hasFailed)
  })

  it('that comes back only to go again is not tried in a circle either', () => {
    const rig = new Rig()
    for (let i = 0; i < 100; i++) {
      rig.ready()
      rig.lose()
      rig.clock.advance(1000)
    }
    const until = rig.clock.monotonic()
    assert.ok(rig.attempts.length <= 101, `${rig.attempts.length} attempts in ${until} ms`)
    assert.ok(rig.attempts.length > 90, 'and yet it is tried about once a second')
    rig.ready()
    rig.clock.advance(20_000)
    const before = rig.clock.monotonic()
    rig.lose()
    rig.clock.advance(0)
    assert.equal(rig.attempts.at(-1), before, 'what was there for long is tried at once')
  })

  const signs: readonly (readonly [string, (rig: Rig) => void])[] = [
    ['this machine wakes up', rig => rig.signs.wake()],
    ['its network changes', rig => rig.signs.change()],
    ['somebody asks for it', rig => rig.connection.retry()],
  ]
  for (const [when, sign] of signs) {
    it(`is tried at once when ${when}`, () => {
      const rig = new Rig()
      rig.failFor(120_000, 1)
      rig.clock.advance(1000)
      const { length } = rig.attempts
      sign(rig)
      assert.equal(rig.attempts.length, length + 1)
      rig.lose()
      rig.clock.advance(100)
      assert.equal(rig.attempts.length, length + 2, 'and soon again')
      assert.ok(rig.connection.hasFailed)
    })
  }

  it('is probed on waking and when the network changes, where it looks alive or is being reached', () => {
    const rig = new Rig()
    rig.signs.wake()
    assert.equal(rig.probes, 1)
    rig.ready()
    rig.signs.wake()
    assert.equal(rig.probes, 2)
    rig.signs.change()
    assert.equal(rig.probes, 3)
    assert.equal(rig.attempts.length, 1)
  })

  it('is waited for a little less long by each who lost it, and says when it is tried again', () => {
    const [early, late] = [new Rig(() => 0.999), new Rig(() => 0)]
    for (const rig of [early, late]) {
      rig.failFor(120_000, 1)
      rig.lose()
      const at = rig.connection.retryAt
      assert.ok(at !== undefined && at > rig.clock.now(), `tried again at ${at}`)
      const { length } = rig.attempts
      rig.clock.advance(at - rig.clock.now() - 1)
      assert.equal(rig.attempts.length, length, 'not before')
      rig.clock.advance(1)
      assert.equal(rig.attempts.length, length + 1)
      assert.equal(rig.connection.retryAt, undefined, 'it is being reached')
    }
    assert.ok(early.longestWait() >= 22_400 && early.longestWait() <= 22_600, `${early.longestWait()} ms`)
    assert.ok(late.longestWait() >= 29_900, `${late.longestWait()} ms`)
  })

  it('that is closed hears of nothing any more', async () => {
    const rig = new Rig()
    rig.lose()
    await rig.connection.close()
    assert.deepEqual([rig.signs.waking.size, rig.signs.changing.size], [0, 0])
    rig.clock.advance(60_000)
    assert.equal(rig.attempts.length, 1)
  })
})

describe('signs by the clocks', () => {
  it('tell of a time of day that ran ahead, and of looks that come too late', () => {
    const clock = new ManualClock()
    const skew = { ms: 0 }
    let late = 0
    const view = new ClockView(clock, skew)
    const standing = { ...bound(view), monotonic: () => clock.monotonic() + late }
    let woke = 0
    const stop = clockSigns({ clock: standing, addresses: () => '' }).onWake(() => woke++)
    clock.advance(60_000)
    assert.equal(woke, 0)
    skew.ms += 600_000
    clock.advance(5_000)
    assert.equal(woke, 1, 'asleep, and the counted time stood still')
    late += 600_000
    skew.ms += 600_000
    clock.advance(5_000)
    assert.equal(woke, 2, 'asleep, and the counted time went on')
    skew.ms -= 3_600_000
    clock.advance(60_000)
    assert.equal(woke, 2, 'a clock set back is no sleep')
    stop()
    assert.equal(clock.pending(), 0)
  })

  it('tell of other addresses, and look for them only while somebody listens', () => {
    const clock = new ManualClock()
    let looks = 0
    let addresses = 'a'
    const signs = clockSigns({
      clock,
      addresses: () => {
        looks++
        return addresses
      },
    })
    const stopWake = signs.onWake(() => {})
    clock.advance(60_000)
    assert.equal(looks, 0)
    let changes = 0
    const stop = signs.onNetwork(() => changes++)
    clock.advance(60_000)
    assert.equal(changes, 0)
    addresses = 'b'
    clock.advance(60_000)
    assert.equal(changes, 1)
    stop()
    const before = looks
    addresses = 'c'
    clock.advance(60_000)
    assert.deepEqual([looks, changes], [before, 1])
    stopWake()
    assert.equal(clock.pending(), 0)
  })
})

function bound(clock: ClockView) {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (ms: number, run: () => void) => clock.after(ms, run),
    soon: (run: () => void) => clock.soon(run),
  }
}
