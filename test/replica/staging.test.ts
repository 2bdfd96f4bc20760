import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { digest } from '../../lib/replica/hash.ts'
import { prepareContents } from '../../lib/replica/prepare.ts'
import { Rig, bytes, contentMap, file, methods, put, remove } from './rig.ts'

const none = (): Promise<void> => Promise.resolve()

describe('content that arrives in pieces', () => {
  it('is complete when all of it came, however it was cut', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2000 }),
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }),
        (whole, cuts) => {
          const rig = new Rig()
          let state = ''
          let offset = 0
          for (let i = 0; state !== 'complete'; i++) {
            const part = whole.subarray(offset, offset + (cuts[i % cuts.length] ?? 1))
            state = rig.hands.staging.receive({ digest: digest(whole), size: whole.length, offset, bytes: part })
            offset += part.length
            assert.equal(state, offset === whole.length ? 'complete' : 'more')
          }
          assert.ok(rig.hands.staging.has(digest(whole)))
        },
      ),
      { numRuns: 50 },
    )
  })

  it('is refused when it is not what it was sent as, or comes out of order', () => {
    const whole = bytes('whole content')
    const piece = { digest: digest(whole), size: whole.length, offset: 0, bytes: whole }
    const rows = [
      [{ ...piece, bytes: bytes('wrong content') }],
      [{ ...piece, size: 5 }],
      [{ ...piece, offset: 4, bytes: whole.subarray(4) }],
      [
        { ...piece, bytes: whole.subarray(0, 4) },
        { ...piece, offset: 5, bytes: whole.subarray(5) },
      ],
      [
        { ...piece, bytes: whole.subarray(0, 4) },
        { ...piece, size: 20, offset: 4, bytes: whole.subarray(4) },
      ],
    ]
    for (const pieces of rows) {
      const rig = new Rig()
      assert.equal(pieces.map(each => rig.hands.staging.receive(each)).at(-1), 'wrong')
      assert.deepEqual(rig.slots(), [])
      assert.equal(rig.hands.staging.receive(piece), 'complete', 'and may be sent anew')
      assert.equal(rig.leakedHandles(), 0)
    }
  })

  it('comes from each session in an order of its own, also when several bring the same', () => {
    const rig = new Rig()
    const whole = bytes('whole content')
    const [one, two] = [{}, {}]
    const piece = (from: number, to: number) => ({
      ...{ digest: digest(whole), size: whole.length, offset: from },
      bytes: whole.subarray(from, to),
    })
    const { staging } = rig.hands
    assert.equal(staging.receive(piece(0, 4), one), 'more')
    assert.equal(staging.receive(piece(0, 6), two), 'more')
    assert.equal(staging.receive(piece(4, whole.length), one), 'complete')
    assert.equal(staging.receive(piece(6, whole.length), two), 'complete', 'it is here already')
    assert.equal(rig.slots().length, 1)
    const other = bytes('other content')
    staging.receive({ ...piece(0, 4), digest: digest(other), bytes: other.subarray(0, 4) }, two)
    staging.left(two)
    assert.equal(rig.slots().length, 1, 'what a session was bringing goes with it')
    assert.equal(rig.leakedHandles(), 0)
  })

  it('says when there is no room, and leaves nothing', () => {
    const rig = new Rig()
    rig.process.faults.full = true
    assert.equal(rig.stage('content'), 'full')
    assert.deepEqual(rig.slots(), [])
  })

  it('holds so many begun contents at once and no more', () => {
    const rig = new Rig()
    for (let i = 0; i < 40; i++) {
      const whole = bytes(`content ${i}`)
      rig.hands.staging.receive({ digest: digest(whole), size: whole.length, offset: 0, bytes: whole.subarray(0, 3) })
    }
    assert.equal(rig.slots().length, 16)
  })

  it('is dropped when nobody asks for it', () => {
    const rig = new Rig()
    rig.stage('content')
    rig.hands.staging.expire()
    assert.equal(rig.slots().length, 1)
    rig.clock.advance(2 * 3600_000)
    rig.hands.staging.expire()
    assert.deepEqual(rig.slots(), [])
  })
})

describe('content of a batch', () => {
  it('is on the disk before anybody can see it, also after a power cut', async () => {
    for (const count of [1, 40]) {
      for (let seed = 0; seed < 20; seed++) {
        const rig = new Rig(methods.exchange, seed)
        rig.settleDisk()
        const names = Array.from({ length: count }, (_, i) => `file ${i}`)
        await rig.apply(
          names.map(name => put(name, undefined, file(name))),
          names,
        )
        rig.cutPower(seed)
        for (const [path, text] of rig.files()) assert.equal(text, path)
      }
    }
  })

  it('is not used when it could not be made durable', async () => {
    for (const [count, call] of [
      [1, 'sync'],
      [40, 'flush'],
    ] as const) {
      const rig = new Rig()
      const names = Array.from({ length: count }, (_, i) => `file ${i}`)
      const { faults } = rig.process
      faults.trace = line => {
        if (line.includes(` ${call} `)) faults.failAt(faults.calls, 'EIO')
      }
      const carried = await rig.apply(
        names.map(name => put(name, undefined, file(name))),
        names,
      )
      assert.ok(
        carried.every(each => each.outcome.result === 'failed'),
        JSON.stringify(carried[0]),
      )
      assert.deepEqual(rig.files().size, 0)
      assert.deepEqual(rig.slots(), [])
    }
  })

  it('is asked for when what came is not what was announced', async () => {
    const rig = new Rig()
    const wrong = new Map([[digest(bytes('right')), { bytes: bytes('wrong'), mtimeMs: 0 }]])
    const ready = await prepareContents(rig.hands, [put('a', undefined, file('right'))], wrong, none)
    assert.deepEqual([...ready.values()], [{ result: 'needs', path: 'a', digest: file('right').digest }])
    assert.deepEqual(rig.slots(), [])
  })

  it('is prepared only for what brings some', async () => {
    const rig = new Rig()
    const operations = [put('a', file('x'), file('x', 0o755)), remove('b', file('x'))]
    assert.equal((await prepareContents(rig.hands, operations, contentMap(['x']), none)).size, 0)
  })

  it('one failure does not keep the others', async () => {
    const rig = new Rig()
    rig.process.faults.failAt(rig.process.faults.calls + 1, 'ENOSPC')
    const carried = await rig.apply(
      ['a', 'b'].map(name => put(name, undefined, file(name))),
      ['a', 'b'],
    )
    assert.deepEqual(
      carried.map(each => each.outcome.result),
      ['failed', 'done'],
    )
  })
})

describe('content that is given back', () => {
  const large = 'mine'.repeat(30_000)
  for (const [says, content, text, becomes] of [
    ['as it was is dropped', 'mine', 'mine', 'dropped'],
    ['with what somebody wrote to it at a path is left, though its times were set back', 'mine', 'user', 'left'],
    ['as it was is kept for another try when it is large', large, large, 'kept'],
    ['is not kept with what somebody wrote to it', large, large.replaceAll('mine', 'user'), 'left'],
  ] as const) {
    it(says, () => {
      const rig = new Rig()
      const { staging, work } = rig.hands
      const written = bytes(content)
      const facts = { digest: digest(written), mode: 0o644, mtimeMs: 5000 }
      const prepared = staging.write(written, facts, true)
      assert.ok(prepared !== undefined)
      const staged = work.slots.confirm(prepared.staged, 'f')
      const slot = `../work/slots/${staged.slot}`
      rig.person.write(slot, text)
      rig.person.touch(slot, 5000)
      staging.giveBack({ staged, isDurable: true })
      assert.equal(rig.person.text(slot), becomes === 'dropped' ? undefined : text)
      assert.equal(staging.has(facts.digest), becomes === 'kept')
    })
  }
})
