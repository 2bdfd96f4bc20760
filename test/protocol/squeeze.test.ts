import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import type { Message } from '../../lib/protocol/message.ts'
import { decodeMessage, encodeMessage } from '../../lib/protocol/message.ts'
import { Pace, squeezed, unsqueezed } from '../../lib/protocol/squeeze.ts'

describe('compression', () => {
  it('gives back what it took', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.integer({ min: 1, max: 2000 }), (text, times) => {
        const payload = encodeMessage(['x', text.repeat(times)])
        const message = decodeMessage(squeezed(payload))
        if (message[0] !== 'squeezed') return assert.deepEqual(message, ['x', text.repeat(times)])
        const inner = unsqueezed(message.slice(1))
        assert.deepEqual(Buffer.from(inner.payload), Buffer.from(payload))
        assert.deepEqual(inner.message, ['x', text.repeat(times)])
      }),
    )
  })
  it('leaves alone what it would not make shorter', () => {
    for (const bytes of [Buffer.alloc(10), randomBytes(10_000)]) {
      const payload = encodeMessage(['x', bytes])
      assert.equal(squeezed(payload), payload)
    }
  })
  const bad: readonly (readonly [says: string, fields: readonly unknown[]])[] = [
    ['nothing', []],
    ['no bytes', ['text']],
    ['bytes that are not compressed', [randomBytes(100)]],
    ['more than a message may hold', [deflateRawSync(Buffer.alloc(65 * 1024 * 1024))]],
    ['something compressed twice', [deflateRawSync(encodeMessage(['squeezed', new Uint8Array(0)]))]],
    ['no message', [deflateRawSync(Buffer.from([0xc1]))]],
  ]
  for (const [says, fields] of bad) {
    it(`takes ${says} for a breach`, () => assert.throws(() => unsqueezed(fields), { code: 'PROTOCOL' }))
  }
})

describe('the pace of a link', () => {
  it('is fast until measured, slow when draining takes long, and fast again', () => {
    const pace = new Pace()
    assert.equal(pace.isSlow, false)
    pace.wrote(64_000, 0, false)
    pace.drained(100)
    assert.equal(pace.isSlow, true)
    for (let i = 0; i < 10; i++) {
      pace.wrote(64_000, 1000 + i, false)
      pace.drained(1000 + i)
    }
    assert.equal(pace.isSlow, false)
  })
  it('says nothing while the link takes everything at once', () => {
    const pace = new Pace()
    pace.wrote(10, 0, true)
    pace.drained(10_000)
    assert.equal(pace.isSlow, false)
  })
})

it('every message of the protocol is a message still', () => {
  const message: Message = ['content', 1, Buffer.alloc(70_000, 'text ')]
  assert.equal(decodeMessage(squeezed(encodeMessage(message)))[0], 'squeezed')
})
