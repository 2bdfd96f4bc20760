import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { heartbeatMs, silenceMs } from '../../lib/protocol/bounds.ts'
import { SharedLine } from '../../lib/remote/shared-line.ts'
import type { RunNothing } from '../../lib/remote/silence-watch.ts'
import { SilenceWatch } from '../../lib/remote/silence-watch.ts'
import { ManualClock } from '../sim/clock.ts'

/** After how long a question is answered, and whether by yes; undefined: never. */
type Reply = { readonly afterMs: number; readonly worked: boolean } | undefined

interface Rig {
  readonly clock: ManualClock
  readonly asked: { afresh: number; beside: number }
  readonly questions: { readonly afresh: RunNothing; readonly beside: RunNothing }
}

function rig(afresh: () => Reply, beside: () => Reply): Rig {
  const clock = new ManualClock()
  const asked = { afresh: 0, beside: 0 }
  const question = (which: 'afresh' | 'beside', reply: () => Reply): RunNothing => {
    return ended => {
      asked[which]++
      const given = reply()
      return given === undefined ? () => {} : clock.after(given.afterMs, () => ended(given.worked))
    }
  }
  return { clock, asked, questions: { afresh: question('afresh', afresh), beside: question('beside', beside) } }
}

const never = (): Reply => undefined
const quick = (): Reply => ({ afterMs: 300, worked: true })

describe('a connection that nothing comes over', () => {
  const rows: readonly { says: string; afresh: () => Reply; beside: () => Reply; hangs: boolean }[] = [
    { says: 'hangs where a login works and it gives no sign', afresh: quick, beside: never, hangs: true },
    {
      says: 'is alive where it carries something else: the agent stands still',
      afresh: quick,
      beside: quick,
      hangs: false,
    },
    {
      says: 'is alive where it refuses something else',
      afresh: quick,
      beside: () => ({ afterMs: 600, worked: false }),
      hangs: false,
    },
    { says: 'is not judged where nobody answers: the host is away', afresh: never, beside: never, hangs: false },
    {
      says: 'is not judged where no login works',
      afresh: () => ({ afterMs: 100, worked: false }),
      beside: never,
      hangs: false,
    },
    {
      says: 'is not judged where a login takes long: the line is slow',
      afresh: () => ({ afterMs: 5_000, worked: true }),
      beside: never,
      hangs: false,
    },
  ]
  for (const { says, afresh, beside, hangs } of rows) {
    it(says, () => {
      const { clock, questions, asked } = rig(afresh, beside)
      const silent: number[] = []
      const watch = new SilenceWatch({ ...questions, clock, hangs: ms => silent.push(ms) })
      clock.advance(silenceMs)
      watch.end()
      assert.equal(silent.length > 0, hangs)
      assert.ok(
        silent.every(ms => ms > heartbeatMs && ms <= 8_000),
        `${silent.join(', ')} ms`,
      )
      assert.ok(asked.afresh > 0)
      assert.equal(clock.pending(), 0)
    })
  }

  it('is asked nothing as long as it speaks', () => {
    const { clock, questions, asked } = rig(quick, never)
    const watch = new SilenceWatch({ ...questions, clock, hangs: () => assert.fail('it hangs') })
    for (let beat = 0; beat < 100; beat++) {
      clock.advance(heartbeatMs)
      watch.heard()
    }
    watch.end()
    assert.deepEqual(asked, { afresh: 0, beside: 0 })
  })

  it('never hangs on a line that is late, as long as a login there takes half of that', () => {
    const lateness = fc.array(fc.integer({ min: 0, max: 9_900 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(lateness, lates => {
        let late = 0
        const { clock, questions } = rig(() => ({ afterMs: late / 2, worked: true }), never)
        const watch = new SilenceWatch({ ...questions, clock, hangs: ms => assert.fail(`it hangs after ${ms} ms`) })
        let arrived = 0
        for (const [i, ms] of lates.entries()) {
          // What is sent first comes first.
          const at = Math.max(arrived, (i + 1) * heartbeatMs + ms)
          late = at - (i + 1) * heartbeatMs
          clock.advance(at - arrived)
          arrived = at
          watch.heard()
        }
        watch.end()
      }),
      { numRuns: 500 },
    )
  })
})

describe('the links of one shared connection', () => {
  it('end together, by one login, and are trusted for a while then', () => {
    const { clock, questions, asked } = rig(quick, never)
    const line = new SharedLine(clock)
    const hung: string[] = []
    const joined = (name: string): (() => void) => {
      const leave = line.join({
        hangs: () => {
          hung.push(name)
          leave()
        },
      })
      line.heard(questions)
      return leave
    }
    joined('a')
    clock.advance(heartbeatMs)
    joined('b')
    clock.advance(heartbeatMs)
    assert.deepEqual(hung, [])
    clock.advance(silenceMs - heartbeatMs)
    assert.deepEqual(hung, ['a', 'b'])
    assert.equal(asked.afresh, 1)
    joined('c')
    clock.advance(silenceMs)
    assert.deepEqual([hung.length, asked.afresh], [2, 1])
    clock.advance(10 * 60_000)
    line.heard(questions)
    clock.advance(silenceMs)
    assert.deepEqual(hung, ['a', 'b', 'c'])
    assert.equal(clock.pending(), 0)
  })
})
