import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BootReader } from '../../lib/remote/boot-reader.ts'

const nonce = '0123456789abcdef0123456789abcdef'
const line = (words: string): string => `dsync-boot ${nonce} ${words}\n`

describe('what a host prints while it boots', () => {
  it('is found behind noise, in pieces of any size, and what follows ready is the agent’s', () => {
    const text = `Welcome!\n\x1b[1mdsync-boot of another\x1b[0m\nno newline${line('need linux-x64')}${line('ready')}\x00\xffrest`
    const bytes = Buffer.from(text, 'latin1')
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: bytes.length }), { maxLength: 20 }), sizes => {
        const reader = new BootReader(nonce)
        const words: unknown[] = []
        let rest: Buffer | undefined
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i] ?? bytes.length
          const piece = bytes.subarray(at, at + size)
          at += size
          if (rest === undefined) {
            const found = reader.push(piece)
            words.push(...found.words)
            if (found.rest !== undefined) rest = Buffer.from(found.rest)
          } else rest = Buffer.concat([rest, piece])
        }
        assert.deepEqual(words, [{ type: 'need', platform: 'linux-x64' }, { type: 'ready' }])
        assert.equal(rest?.toString('latin1'), '\x00\xffrest')
      }),
    )
  })
  it('counts only with the nonce of this connection', () => {
    const reader = new BootReader(nonce)
    assert.deepEqual(reader.push(Buffer.from(line('ready').replace(nonce, nonce.replace('0', '1')))).words, [])
  })
  it('is bounded', () => {
    const reader = new BootReader(nonce)
    assert.equal(reader.push(Buffer.alloc(60_000, 'x')).overflow, undefined)
    assert.equal(reader.push(Buffer.alloc(60_000, 'x')).overflow, true)
    assert.equal(reader.noise(), 'x'.repeat(200))
  })
  it('says what was found instead of a runtime, and why a delivery failed', () => {
    const reader = new BootReader(nonce)
    const { words } = reader.push(
      Buffer.from(`${line('none  Node v18.19.0 at /usr/bin/node,')}${line('failed "ENOSPC"')}${line('what')}`),
    )
    assert.deepEqual(words, [
      { type: 'none', seen: 'Node v18.19.0 at /usr/bin/node' },
      { type: 'failed', why: '"ENOSPC"' },
    ])
  })
})
