import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SyncError } from '../../lib/core/errors.ts'
import { messageDepthLimit } from '../../lib/protocol/bounds.ts'
import { decodeMessage, encodeMessage } from '../../lib/protocol/message.ts'
import { share } from '../share.ts'

/** A message with lists in lists below it. */
function deep(levels: number): Buffer {
  return Buffer.concat([Buffer.from([0x92, 0xa1, 0x61]), Buffer.alloc(levels, 0x91), Buffer.from([1])])
}

const hostile: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', Buffer.alloc(0)],
  ['a number', Buffer.from([1])],
  ['an empty list', Buffer.from([0x90])],
  ['a list without a word', Buffer.from([0x91, 1])],
  ['a map', Buffer.from([0x91, 0x81, 0xa1, 0x61, 1])],
  ['a map with a prototype', Buffer.from([0x81, 0xa9, ...Buffer.from('__proto__'), 0x80])],
  ['an extension', Buffer.from([0xd4, 1, 1])],
  ['a list of 2^32 - 1 values', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff, 1])],
  ['a list of a million values in four bytes', Buffer.from([0xdd, 0, 0x0f, 0x42, 0x40])],
  ['lists a million deep', Buffer.alloc(1_000_000, 0x91)],
  ['wide lists within wide lists', Buffer.from(Array.from({ length: 4000 }, () => [0xdc, 0xff, 0xff]).flat())],
  ['lists one deeper than allowed', deep(messageDepthLimit)],
  ['lists a hundred thousand deep, each of them whole', deep(100_000)],
  ['a string longer than the frame', Buffer.from([0x91, 0xdb, 0x7f, 0xff, 0xff, 0xff, 0x61])],
  ['bytes longer than the frame', Buffer.from([0x91, 0xc6, 0xff, 0xff, 0xff, 0xff])],
  ['a head cut short', Buffer.from([0x92, 0xa1, 0x61, 0xcf, 0])],
  ['two messages', Buffer.from([0x91, 0xa1, 0x61, 0x91, 0xa1, 0x61])],
  ['the byte no value begins with', Buffer.from([0xc1])],
]

describe('messages', () => {
  for (const [what, bytes] of hostile) {
    it(`refuse ${what}`, () => {
      assert.throws(() => decodeMessage(bytes), { code: 'PROTOCOL', verdict: 'halt' })
    })
  }

  it('may nest as deep as is allowed', () => {
    assert.equal(decodeMessage(deep(messageDepthLimit - 1))[0], 'a')
  })

  it('refuse or read any bytes, and never break otherwise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
        try {
          assert.equal(typeof decodeMessage(bytes)[0], 'string')
        } catch (error) {
          assert.ok(error instanceof SyncError && error.code === 'PROTOCOL')
        }
      }),
      { numRuns: share(3000) },
    )
  })

  it('come back as they were', () => {
    const value = fc.letrec<{ value: unknown }>(tie => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.maxSafeInteger(),
        fc.double({ noNaN: true }).map(each => each + 0),
        fc.boolean(),
        fc.constant(null),
        fc.string({ unit: 'grapheme' }),
        fc.string({ maxLength: 70_000, minLength: 200 }).map(text => `x${text}`),
        fc.uint8Array({ maxLength: 300 }),
        fc.array(tie('value'), { maxLength: 20 }),
      ),
    })).value
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), fields => {
        assert.deepEqual(decodeMessage(encodeMessage(['type', ...fields])), ['type', ...fields])
      }),
      { numRuns: share(300) },
    )
  })
})
