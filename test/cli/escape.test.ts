import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { fromBytes } from '../../lib/core/path.ts'
import { safeJson } from '../../lib/daemon/safe-json.ts'
import { escape } from '../../lib/cli/escape.ts'
import { placeWord } from '../../lib/cli/places.ts'

const rows: readonly (readonly [says: string, text: string, shown: string])[] = [
  ['a plain name', 'notes (2).txt', 'notes (2).txt'],
  ['letters of the world and emoji', 'größe 日本 👩‍👩‍👧', 'größe 日本 👩‍👩‍👧'],
  ['a newline that would begin a line of our own', 'a\nAll in sync', 'a\\nAll in sync'],
  ['a carriage return that would write over us', 'a\rb', 'a\\rb'],
  ['a colour', '\u001b[31mred', '\\e[31mred'],
  ['a title that a terminal would take', '\u001b]0;x\u0007', '\\e]0;x\\x07'],
  ['the one-byte form of the same', '\u009b31m', '\\u{9b}31m'],
  ['a delete', 'a\u007f', 'a\\x7f'],
  ['an extension turned around', 'gpj.\u202eexe', 'gpj.\\u{202e}exe'],
  ['an isolate', '\u2066a\u2069', '\\u{2066}a\\u{2069}'],
  ['a mark nobody sees', 'a\u200bb\ufeff', 'a\\u{200b}b\\u{feff}'],
  ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
  ['letters that are not there', 'a\u{e0041}b', 'a\\u{e0041}b'],
  ['bytes that are no text', fromBytes(Uint8Array.of(0x61, 0xff, 0x80)), 'a\\xff\\x80'],
  ['half a character', 'a\ud83d', 'a\\u{d83d}'],
]

describe('what others chose', () => {
  for (const [says, text, shown] of rows) {
    it(`shows ${says}`, () => {
      assert.equal(escape(text), shown)
      assert.equal(JSON.parse(safeJson(text)), text)
      assert.equal(escape(safeJson(text)), safeJson(text))
    })
  }

  it('never reaches a terminal as a command, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        assert.match(escape(text), /^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_C}]*$/u)
        assert.deepEqual(JSON.parse(safeJson({ [text]: text }, 2)), { [text]: text })
      }),
    )
  })

  it('can be typed again where it has spaces or quotes', () => {
    assert.equal(placeWord('/home/u', '/home/u/p', 'a b'), "~/'p/a b'")
    assert.equal(placeWord('/home/u', '/srv', "it's; rm"), "'/srv/it'\\''s; rm'")
    assert.equal(placeWord('/home/u', '/home/u/p', 'plain-1.txt'), '~/p/plain-1.txt')
  })
})
