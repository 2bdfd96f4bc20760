import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  checkName,
  checkPath,
  components,
  fromBytes,
  isWithin,
  join,
  nameOf,
  overlaps,
  parentOf,
  rebase,
  toBytes,
} from '../../lib/core/path.ts'
import { share } from '../share.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)

interface HostileCase {
  readonly id: string
  readonly input: string | { readonly repeatLen: number; readonly starts: string }
  readonly must: string
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../cases/${name}`, import.meta.url), 'utf8'))
}

const hostile = (read('malicious-inputs.json') as { cases: HostileCase[] }).cases.filter(({ id }) =>
  id.startsWith('path:'),
)
const { names } = read('names.json') as { names: { readonly hex: string; readonly utf8?: string }[] }

function inputOf({ input }: HostileCase): string {
  return typeof input === 'string'
    ? input
    : input.starts.repeat(Math.ceil(input.repeatLen / input.starts.length)).slice(0, input.repeatLen)
}

describe('a path', () => {
  it(`round-trips any bytes (SEED=${seed})`, () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc
        .array(fc.constantFrom(0x41, 0x80, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xed, 0xa0, 0xf0, 0x9f, 0x98, 0x80, 0xff))
        .map(each => Uint8Array.from(each)),
    )
    fc.assert(
      fc.property(bytes, given => assert.deepEqual(toBytes(fromBytes(given)), given)),
      { seed, numRuns: share(5000) },
    )
  })

  it('round-trips every sequence of one and two bytes', () => {
    for (let first = 0; first < 256; first++) {
      assert.deepEqual(toBytes(fromBytes(Uint8Array.of(first))), Uint8Array.of(first))
      for (let second = 0; second < 256; second++) {
        assert.deepEqual(toBytes(fromBytes(Uint8Array.of(first, second))), Uint8Array.of(first, second))
      }
    }
  })

  it(`has one spelling for each name: what no bytes decode to is refused (SEED=${seed})`, () => {
    const units = fc.array(
      fc.oneof(fc.constantFrom(0x41, 0xe9, 0xd83d, 0xde00, 0xdcc3, 0xdca9, 0xdcff, 0xdc2f, 0xdd00), fc.nat(0xffff)),
      { minLength: 1, maxLength: 6 },
    )
    const property = fc.property(units, given => {
      const name = String.fromCharCode(...given)
      if (isAccepted(() => checkName(name))) assert.equal(fromBytes(toBytes(name)), name)
    })
    fc.assert(property, { seed, numRuns: share(5000) })
    for (const name of ['\udcc3\udca9', '\ud800', '\udc2f', '\udc00', 'a\udd00'])
      assert.throws(() => checkName(name), { code: 'PATH_INVALID', verdict: 'halt' })
    for (const name of ['\udcff', 'a\udc80b', 'é', '😀']) checkName(name)
  })

  it('carries every hostile name there is, byte for byte', () => {
    assert.ok(names.length > 400)
    for (const { hex, utf8 } of names) {
      const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
      const name = fromBytes(bytes)
      if (utf8 !== undefined) assert.equal(name, utf8)
      assert.deepEqual(toBytes(name), bytes)
      checkName(name)
      checkPath(`a/${name}/b`)
    }
  })

  it('is refused when it is not plainly inside a root', () => {
    assert.ok(hostile.length > 30)
    for (const row of hostile) {
      const path = inputOf(row)
      // '' is the root: a path field may name it, an operation may not.
      const mustAccept = row.must === 'accept' || path === ''
      assert.equal(
        isAccepted(() => checkPath(path)),
        mustAccept,
        row.id,
      )
    }
    for (const path of ['x'.repeat(256), 'é'.repeat(128), 'a/b\0c', 'a/\ud800'])
      assert.throws(() => checkPath(path), { code: 'PATH_INVALID', verdict: 'halt' })
    for (const path of ['x'.repeat(255), Array.from({ length: 2048 }, () => 'a').join('/')]) checkPath(path)
  })

  it('is put together and taken apart', () => {
    assert.deepEqual([join('', 'a'), join('a/b', 'c')], ['a', 'a/b/c'])
    assert.deepEqual([parentOf('a'), parentOf('a/b/c'), nameOf('a'), nameOf('a/b')], ['', 'a/b', 'a', 'b'])
    assert.deepEqual([components(''), components('a/b')], [[], ['a', 'b']])
    assert.deepEqual(
      [rebase('a', 'a', 'x/y'), rebase('a/b/c', 'a', 'x'), rebase('b', '', 'x'), rebase('a/b', 'a', '')],
      ['x/y', 'x/b/c', 'x/b', 'b'],
    )
  })

  it('lies within itself, what is above it, and the root', () => {
    const rows: readonly (readonly [string, string, boolean])[] = [
      ['a', 'a', true],
      ['a/b', 'a', true],
      ['a', '', true],
      ['', '', true],
      ['', 'a', false],
      ['ab', 'a', false],
      ['a', 'a/b', false],
      ['b/a', 'a', false],
    ]
    for (const [path, directory, within] of rows)
      assert.equal(isWithin(path, directory), within, `${path} in ${directory}`)
    assert.ok(overlaps('a', 'a/b') && overlaps('a/b', 'a') && !overlaps('a/b', 'a/c') && !overlaps('ab', 'a'))
  })
})

function isAccepted(check: () => void): boolean {
  try {
    check()
    return true
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'PATH_INVALID')
    return false
  }
}
