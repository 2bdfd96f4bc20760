import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { checkPath } from '../../lib/core/path.ts'
import { bytes, digest, entryPath, mode, moment, size } from '../../lib/protocol/codec.ts'
import { commandCodec } from '../../lib/protocol/codec-command.ts'
import { shallowEntry } from '../../lib/protocol/codec-entry.ts'
import { eventCodec } from '../../lib/protocol/codec-event.ts'
import type { Message } from '../../lib/protocol/message.ts'
import { decodeMessage, encodeMessage } from '../../lib/protocol/message.ts'
import { share } from '../share.ts'
import * as arbitrary from './arbitrary.ts'
import { file } from './trees.ts'

interface Case {
  readonly id: string
  readonly where: string
  readonly input: string | { readonly repeatLen: number; readonly starts: string }
  readonly must: string
}

const { cases } = JSON.parse(readFileSync(new URL('../cases/malicious-inputs.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Case[]
}

const protocol = { code: 'PROTOCOL', verdict: 'halt' } as const

/** What comes out at the other end of the wire. */
function carried(message: unknown): unknown {
  return decodeMessage(encodeMessage(message as Message))
}

function inputOf({ input }: Case): string {
  return typeof input === 'string' ? input : input.starts.repeat(input.repeatLen).slice(0, input.repeatLen)
}

/** Every message that names a path, with the path in each of its fields. */
function messagesNaming(path: unknown): readonly Message[] {
  const entry = shallowEntry.encode(file('1'))
  const hex = digest.encode(file('1').digest)
  return [
    ['apply', 1, [['put', path, null, entry, null, null, null, null]], []],
    ['apply', 1, [['put', 'x', null, entry, path, null, null, null]], []],
    ['apply', 1, [['remove', path, entry, null, null]], []],
    ['apply', 1, [['move', path, 'x', [3, 0o755]]], []],
    ['apply', 1, [['move', 'x', path, [3, 0o755]]], []],
    ['read', 1, path, hex, 0, 1],
    ['keep', 1, path, 'mac00', entry, null],
    ['release', path, null],
    ['ask', 1, ['text', path, 'file', 1]],
    ['ask', 1, ['place-copy', path, 'mac00']],
    ['ask', 1, ['time', path]],
    ['ask', 1, ['rule', path]],
    ['ask', 1, ['verify', 'x', path, false]],
  ]
}

describe('codecs', () => {
  it('carry every command over the wire', () => {
    fc.assert(
      fc.property(arbitrary.command, command =>
        assert.deepEqual(commandCodec.decode(carried(commandCodec.encode(command))), command),
      ),
      { numRuns: share(500) },
    )
  })

  it('carry every event over the wire', () => {
    fc.assert(
      fc.property(arbitrary.event, event =>
        assert.deepEqual(eventCodec.decode(carried(eventCodec.encode(event))), event),
      ),
      { numRuns: share(500) },
    )
  })

  it('refuse every message whose fields were changed, or read it as another of its kind', () => {
    fc.assert(
      fc.property(arbitrary.command, fc.nat(), fc.anything(), (command, index, value) => {
        const wire = [...(commandCodec.encode(command) as unknown[])]
        wire[index % wire.length] = value
        try {
          assert.equal(typeof commandCodec.decode(wire).type, 'string')
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'PROTOCOL')
        }
      }),
      { numRuns: share(500) },
    )
  })
})

describe('hostile paths', () => {
  const paths = cases.filter(each => each.id.startsWith('path:'))
  assert.ok(paths.length > 30)
  for (const each of paths) {
    it(`${each.id}: ${each.must}`, () => {
      for (const message of messagesNaming(inputOf(each))) {
        if (each.must === 'accept') assert.doesNotThrow(() => commandCodec.decode(carried(message)))
        else assert.throws(() => commandCodec.decode(carried(message)), protocol, JSON.stringify(message).slice(0, 100))
      }
    })
  }

  it('are refused as bytes too', () => {
    for (const text of ['../x', '/x', 'a\0b', 'a//b', '', 'a/\udce9/..']) {
      for (const message of messagesNaming(Buffer.from(text, 'latin1')))
        assert.throws(() => commandCodec.decode(carried(message)), protocol)
    }
  })

  it('are refused as overlong UTF-8, which lenient decoders take for dots and slashes', () => {
    const overlong = Buffer.from([0xc0, 0xae, 0xc0, 0xae, 0xc0, 0xaf, 0x78])
    const wire = Buffer.concat([
      Buffer.from([0x93, 0xa7]),
      Buffer.from('release'),
      Buffer.from([0xa0 + overlong.length]),
      overlong,
      Buffer.from([0xc0]),
    ])
    assert.throws(() => commandCodec.decode(decodeMessage(wire)), protocol)
  })

  it('are refused in events, where only the root itself may stand for a path', () => {
    for (const path of ['../x', '/x', 'a/../b', 'a/']) {
      assert.throws(() => eventCodec.decode(carried(['changed', [path], [], []])), protocol)
      assert.throws(() => eventCodec.decode(carried(['changed', [], [[path, 'x']], []])), protocol)
      assert.throws(() => eventCodec.decode(carried(['fenced', 1, [path], [Buffer.alloc(32), 0]])), protocol)
      assert.throws(() => eventCodec.decode(carried(['outcomes', 1, [['done', path]]])), protocol)
    }
    assert.doesNotThrow(() => eventCodec.decode(carried(['changed', [''], [], []])))
  })
})

describe('hostile values', () => {
  it('are no sizes: int-overflow', () => {
    for (const value of [2 ** 53, 2 ** 63, 2 ** 64, -1, Number.NaN, 1e308, '1', 0.5, null, [], Infinity]) {
      assert.throws(() => size.decode(value), protocol, String(value))
    }
    assert.throws(() => size.decode(carried(['x', 2 ** 63 - 1])), protocol)
  })

  it('are no digests: checksum-length, checksum-uninit', () => {
    for (const length of [0, 16, 31, 33, 64]) assert.throws(() => digest.decode(Buffer.alloc(length)), protocol)
    assert.throws(() => digest.decode('0'.repeat(64)), protocol)
  })

  it('are no modes: setuid', () => {
    for (const bits of [0o4755, 0o2755, 0o1777, 0o100644, -1, 0o1000]) assert.throws(() => mode.decode(bits), protocol)
  })

  it('are no times', () => {
    for (const value of [Number.NaN, Infinity, -Infinity, 1e300, '0', null])
      assert.throws(() => moment.decode(value), protocol)
  })

  it('are no bytes, or too many', () => {
    assert.throws(() => bytes(4).decode(Buffer.alloc(5)), protocol)
    assert.throws(() => bytes(4).decode('four'), protocol)
  })

  it('are no entries', () => {
    const hex = Buffer.alloc(32)
    const wrong = [
      null,
      [],
      [9],
      [1, 0o644, hex],
      [1, 0o644, hex, -1],
      [1, 0o4644, hex, 1],
      [2, ''],
      [2, 'a\0'],
      [2, 'x'.repeat(5000)],
      [4, 'door'],
      [3, 0o755, 1],
    ]
    for (const wire of [...wrong, [5, 'E', [5, 'E', [5, 'E', [5, 'E', null]]]]])
      assert.throws(() => shallowEntry.decode(wire), protocol)
  })

  it('are words like any other when they name what objects have: proto-pollution', () => {
    for (const word of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
      assert.throws(() => commandCodec.decode([word]), protocol)
      assert.throws(() => commandCodec.decode(['ask', 1, [word]]), protocol)
      assert.equal(entryPath.decode(word), word)
    }
    assert.equal(Object.getPrototypeOf({}), Object.prototype)
  })

  it('never make a name that a local path check would refuse', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.string({ unit: 'binary' })), wire => {
        let decoded: string
        try {
          decoded = entryPath.decode(wire)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'PROTOCOL')
          return
        }
        checkPath(decoded)
        assert.notEqual(decoded, '')
      }),
      { numRuns: share(2000) },
    )
  })
})
