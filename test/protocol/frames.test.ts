import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { frameBytesLimit } from '../../lib/core/limits.ts'
import { FrameReader, encodeFrame, frameHeaderBytes } from '../../lib/protocol/frames.ts'

const epoch = 9

function stream(payloads: readonly Uint8Array[]): Buffer {
  return Buffer.concat(payloads.map((payload, i) => encodeFrame(payload, epoch, i)))
}

function readAll(reader: FrameReader, chunks: readonly Uint8Array[]): Buffer[] {
  return chunks.flatMap(chunk => [...reader.read(chunk)].map(payload => Buffer.from(payload)))
}

function header(length: number, frameEpoch = epoch, sequence = 0): Buffer {
  const bytes = Buffer.alloc(frameHeaderBytes)
  bytes.writeUInt32BE(length, 0)
  bytes.writeUInt32BE(frameEpoch, 4)
  bytes.writeUInt32BE(sequence, 8)
  return bytes
}

describe('frames', () => {
  const payloads = [Buffer.from('a'), Buffer.from('payload'), Buffer.alloc(300, 7)]

  it('come whole, wherever the stream is cut in two', () => {
    const bytes = stream(payloads)
    for (let at = 0; at <= bytes.length; at++) {
      assert.deepEqual(readAll(new FrameReader(epoch), [bytes.subarray(0, at), bytes.subarray(at)]), payloads)
    }
  })

  it('come whole, cut anyhow', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 80 }), { maxLength: 8 }),
        fc.array(fc.nat(50)),
        (some, cuts) => {
          const bytes = stream(some)
          const chunks: Buffer[] = []
          let at = 0
          for (const cut of cuts) chunks.push(bytes.subarray(at, (at += cut)))
          chunks.push(bytes.subarray(at))
          assert.deepEqual(
            readAll(new FrameReader(epoch), chunks),
            some.map(each => Buffer.from(each)),
          )
        },
      ),
    )
  })

  it('take time that follows their length, byte by byte', () => {
    const payload = Buffer.alloc(2 * 1024 * 1024, 1)
    const reader = new FrameReader(epoch)
    const bytes = stream([payload])
    let found = 0
    for (let at = 0; at < bytes.length; at++)
      for (const each of reader.read(bytes.subarray(at, at + 1))) found += each.length
    assert.equal(found, payload.length)
  })

  it('count on past 2^32', () => {
    const last = encodeFrame(Buffer.from('x'), epoch, 0xffffffff)
    assert.equal(last.readUInt32BE(8), 0xffffffff)
  })

  const refused: readonly (readonly [string, Buffer])[] = [
    ['4 GiB', header(0xffffffff)],
    ['one byte too many', header(frameBytesLimit + 1)],
    ['an empty frame', header(0)],
    ['another epoch', header(1, epoch + 1)],
    ['a gap', header(1, epoch, 1)],
    ['noise', Buffer.from('Welcome to mac00!\n')],
  ]
  for (const [what, bytes] of refused) {
    it(`refuses ${what} by the header alone`, () => {
      assert.throws(() => readAll(new FrameReader(epoch), [bytes.subarray(0, frameHeaderBytes)]), {
        code: 'PROTOCOL',
        verdict: 'halt',
      })
    })
  }

  it('refuses a frame that was there before', () => {
    const frame = encodeFrame(Buffer.from('x'), epoch, 0)
    const reader = new FrameReader(epoch)
    assert.equal(readAll(reader, [frame]).length, 1)
    assert.throws(() => readAll(reader, [frame]), { code: 'PROTOCOL' })
  })
})
