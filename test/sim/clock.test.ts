import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ClockView, ManualClock, worldStart } from './clock.ts'
import { Crash } from './faults.ts'
import { SimProcess } from './process.ts'

it('runs what is due in order of time, then of request', () => {
  const clock = new ManualClock()
  const ran: string[] = []
  const note = (what: string) => (): void => void ran.push(`${what} at ${clock.monotonic()}`)
  clock.after(10, note('b'))
  clock.after(5, note('a'))
  clock.after(10, note('c'))
  clock.after(30, note('late'))
  clock.soon(note('soon'))
  clock.advance(20)
  assert.deepEqual(ran, ['soon at 0', 'a at 5', 'b at 10', 'c at 10'])
  assert.equal(clock.monotonic(), 20)
  assert.equal(clock.pending(), 1)
})

it('soon comes before any later timer and after what is due already', () => {
  const clock = new ManualClock()
  const ran: string[] = []
  clock.after(10, () => {
    clock.after(0.001, () => ran.push('later'))
    clock.soon(() => ran.push('soon'))
  })
  clock.after(10, () => ran.push('due'))
  clock.advance(11)
  assert.deepEqual(ran, ['due', 'soon', 'later'])
})

it('forgets what is cancelled, also from within another task', () => {
  const clock = new ManualClock()
  const ran: string[] = []
  const cancel = clock.after(5, () => ran.push('cancelled'))
  clock.after(4, cancel)
  clock.advance(10)
  cancel()
  assert.deepEqual(ran, [])
  assert.equal(clock.runNext(), false)
})

it('settles: every chain of promises ends before the next task', async () => {
  const clock = new ManualClock()
  const ran: string[] = []
  const chain = async (name: string): Promise<void> => {
    for (let i = 0; i < 20; i++) await Promise.resolve()
    ran.push(`${name} chain`)
    clock.after(1, () => ran.push(`${name} timer`))
  }
  void chain('first')
  clock.after(1, () => void chain('second'))
  await clock.settle()
  assert.deepEqual(ran, ['first chain', 'second chain', 'first timer', 'second timer'])
})

it('settles for a time, until something holds, and never for ever', async () => {
  const clock = new ManualClock()
  let ticks = 0
  const tick = (): void => {
    ticks++
    clock.after(10, tick)
  }
  tick()
  await clock.settle({ forMs: 100 })
  assert.equal(clock.monotonic(), 100)
  assert.equal(ticks, 11)
  await clock.settle({ until: () => ticks === 20 })
  assert.equal(ticks, 20)
  await assert.rejects(clock.settle({ tasks: 1000 }), /1000 tasks ran/)
})

it('hosts have their own time of day, and it may jump', () => {
  const clock = new ManualClock()
  const skew = { ms: -5000 }
  const view = new ClockView(clock, skew)
  clock.advance(100)
  assert.equal(view.now(), worldStart + 100 - 5000)
  skew.ms = 60_000
  assert.equal(view.now(), worldStart + 100 + 60_000)
  assert.equal(view.monotonic(), 100)
})

it('a dead process has no timers, and its death ends in itself', () => {
  const clock = new ManualClock()
  const process = new SimProcess(clock)
  const ran: string[] = []
  process.onDeath(() => ran.push('dead'))
  process.clock.after(1, () => {
    throw new Crash('for a test')
  })
  process.clock.after(2, () => ran.push('never'))
  clock.after(3, () => ran.push('others live on'))
  clock.advance(10)
  process.clock.after(1, () => ran.push('never'))
  process.run(() => ran.push('never'))
  clock.advance(10)
  assert.deepEqual(ran, ['dead', 'others live on'])
  assert.throws(() => process.faults.call('stat', '', () => 1), Crash)
  process.onDeath(() => ran.push('at once'))
  assert.equal(ran.at(-1), 'at once')
})

it('errors that are no crash go through', () => {
  const clock = new ManualClock()
  new SimProcess(clock).clock.soon(() => {
    throw new TypeError('a mistake')
  })
  assert.throws(() => clock.advance(1), TypeError)
})
