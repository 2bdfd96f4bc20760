import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromBytes, toBytes } from '../../lib/core/path.ts'
import type { InotifyEvent } from '../../lib/replica/watch/inotify-events.ts'
import { parseInotifyEvents } from '../../lib/replica/watch/inotify-events.ts'

/** What the kernel writes: a head of 16 bytes, then the name with NUL bytes to a multiple of 16. Source: inotify(7). */
function kernelBytes(events: readonly InotifyEvent[]): Uint8Array {
  const parts = events.map(({ watch, mask, cookie, name }) => {
    const bytes = toBytes(name)
    const length = name === '' ? 0 : 16 * Math.ceil((bytes.length + 1) / 16)
    const record = new Uint8Array(16 + length)
    const view = new DataView(record.buffer)
    view.setInt32(0, watch, true)
    view.setUint32(4, mask, true)
    view.setUint32(8, cookie, true)
    view.setUint32(12, length, true)
    record.set(bytes, 16)
    return record
  })
  return new Uint8Array(Buffer.concat(parts))
}

const rows: readonly { says: string; hex: string; events: readonly InotifyEvent[] }[] = [
  { says: 'nothing', hex: '', events: [] },
  {
    says: 'the directory itself, without a name',
    hex: '01000000 00040000 00000000 00000000',
    events: [{ watch: 1, mask: 0x400, cookie: 0, name: '' }],
  },
  {
    says: 'an overflow, which belongs to no watch',
    hex: 'ffffffff 00400000 00000000 00000000',
    events: [{ watch: -1, mask: 0x4000, cookie: 0, name: '' }],
  },
  {
    says: 'a new directory "sub"',
    hex: '07000000 00010040 00000000 10000000 73756200 00000000 00000000 00000000',
    events: [{ watch: 7, mask: 0x4000_0100, cookie: 0, name: 'sub' }],
  },
  {
    says: 'a rename whose cookie uses all bits',
    hex: '01000000 40000000 feffffff 10000000 61000000 00000000 00000000 00000000',
    events: [{ watch: 1, mask: 0x40, cookie: 0xffff_fffe, name: 'a' }],
  },
  {
    says: 'a name that is not UTF-8',
    hex: '01000000 02000000 00000000 10000000 ff41c3a4 00000000 00000000 00000000',
    events: [{ watch: 1, mask: 2, cookie: 0, name: '\udcffAä' }],
  },
]

for (const { says, hex, events } of rows) {
  test(`parses ${says}`, () => {
    const bytes = new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
    assert.deepEqual(parseInotifyEvents(bytes), events)
  })
}

test('parses whatever the kernel may write, at any place in memory', () => {
  const name = fc
    .uint8Array({ minLength: 1, maxLength: 255 })
    .map(bytes => fromBytes(bytes.map(byte => (byte === 0 || byte === 0x2f ? 0x61 : byte))))
  const event = fc.record(
    {
      watch: fc.integer({ min: -1 }),
      mask: fc.nat(0xffff_ffff),
      cookie: fc.nat(0xffff_ffff),
      name: fc.oneof(fc.constant(''), name),
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), fc.nat(7), (events, offset) => {
      const bytes = kernelBytes(events)
      const placed = new Uint8Array(bytes.length + offset).subarray(offset)
      placed.set(bytes)
      assert.deepEqual(parseInotifyEvents(placed), events)
    }),
  )
})

test('refuses half an event', () => {
  const whole = kernelBytes([{ watch: 1, mask: 2, cookie: 0, name: 'f' }])
  for (const length of [1, 15, 17, 31]) {
    assert.throws(() => parseInotifyEvents(whole.subarray(0, length)), { code: 'INVARIANT' })
  }
})
