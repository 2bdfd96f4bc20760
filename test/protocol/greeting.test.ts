import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noiseBytesLimit, protocolVersion } from '../../lib/protocol/bounds.ts'
import type { GreetingReader } from '../../lib/protocol/greeting.ts'
import {
  agentGreetingReader,
  agentLine,
  checkVersion,
  hubGreetingReader,
  hubLine,
} from '../../lib/protocol/greeting.ts'

const nonce = '00112233445566778899aabbccddeeff'
const line = agentLine(nonce)

function pushAll<T>(
  reader: GreetingReader<T>,
  chunks: readonly Uint8Array[],
): { greeting: T; rest: string } | undefined {
  for (const [i, chunk] of chunks.entries()) {
    const found = reader.push(chunk)
    if (found !== undefined) {
      const rest = Buffer.concat([found.rest, ...chunks.slice(i + 1)])
      return { greeting: found.greeting, rest: rest.toString('latin1') }
    }
  }
  return undefined
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

describe("the agent's greeting", () => {
  const noises: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['a banner', 'Welcome to mac00!\nLast login: today\n'],
    ['a line without its end', 'no newline here'],
    ['half a greeting', line.slice(0, 20)],
    ['the greeting of another connection', agentLine(nonce.replace('00', 'ff'))],
    ['an echo of our own line', hubLine({ version: protocolVersion, nonce, epoch: 5 })],
    ['bytes of all kinds', Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')],
    ['as much as is allowed', 'x'.repeat(noiseBytesLimit)],
  ]
  for (const [what, noise] of noises) {
    it(`is found after ${what}, in one piece or cut anywhere`, () => {
      const all = bytesOf(`${noise}${line}FRAMES`)
      const whole = pushAll(agentGreetingReader(nonce), [all])
      assert.deepEqual(whole, { greeting: { version: protocolVersion }, rest: 'FRAMES' })
      for (let at = Math.max(0, noise.length - 3); at < noise.length + line.length; at++) {
        const cut = pushAll(agentGreetingReader(nonce), [all.subarray(0, at), all.subarray(at)])
        assert.equal(cut?.rest, 'FRAMES')
      }
    })
  }

  it('is found byte by byte', () => {
    const chunks = [...bytesOf(`${'noise\n'.repeat(5000)}${line}FRAMES`)].map(byte => Uint8Array.of(byte))
    assert.equal(pushAll(agentGreetingReader(nonce), chunks)?.rest, 'FRAMES')
  })

  it('is given up with a hint when too much comes before it', () => {
    const chunks = Array.from({ length: 100 }, () => bytesOf('motd '.repeat(200)))
    assert.throws(
      () => pushAll(agentGreetingReader(nonce), chunks),
      (error: { code?: string; hint?: string; message?: string }) => {
        return (
          error.code === 'PROTOCOL' &&
          error.hint?.includes('.bashrc') === true &&
          error.message?.includes('motd') === true
        )
      },
    )
  })

  it('is never taken for one of another nonce', () => {
    assert.equal(pushAll(agentGreetingReader(nonce), [bytesOf(agentLine('f'.repeat(32)))]), undefined)
  })

  it('of another version is refused, and both are named', () => {
    const found = pushAll(agentGreetingReader(nonce), [bytesOf(agentLine(nonce, protocolVersion + 1))])
    assert.ok(found !== undefined)
    assert.throws(
      () => checkVersion(found.greeting),
      (error: { code?: string; verdict?: string; message?: string }) => {
        const named =
          error.message?.includes(String(protocolVersion)) === true &&
          error.message.includes(String(protocolVersion + 1))
        return error.code === 'VERSION' && error.verdict === 'halt' && named
      },
    )
  })
})

describe("the hub's greeting", () => {
  it('comes back as it was, cut anywhere', () => {
    const greeting = { version: 3, nonce, epoch: 0xffffffff }
    const all = bytesOf(`${hubLine(greeting)}FRAMES`)
    for (let at = 0; at < all.length - 6; at++) {
      const found = pushAll(hubGreetingReader(), [all.subarray(0, at), all.subarray(at)])
      assert.deepEqual(found, { greeting, rest: 'FRAMES' })
    }
  })

  const refused = [
    'hello\n',
    ' dsync-hub 1 00112233445566778899aabbccddeeff 1\n',
    'dsync-hub 1 short 1\n',
    'dsync-hub 1 00112233445566778899aabbccddeeff 4294967296\n',
    'dsync-hub 1 00112233445566778899aabbccddeeff -1\n',
    'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'x'.repeat(1000),
  ]
  for (const text of refused) {
    it(`is not ${JSON.stringify(text.slice(0, 60))}`, () => {
      assert.throws(() => pushAll(hubGreetingReader(), [bytesOf(text)]), { code: 'PROTOCOL' })
    })
  }
})
