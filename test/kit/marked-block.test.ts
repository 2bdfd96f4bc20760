import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { blockIn, withBlock, withFirstLine, withoutBlock, withoutLine } from '../../lib/kit/marked-block.ts'

const block = { name: 'dsync', lines: ['one', 'two'] }
const own = '# >>> dsync >>>\none\ntwo\n# <<< dsync <<<'
const crlf = own.replaceAll('\n', '\r\n')

const rows: readonly (readonly [says: string, before: string, after: string])[] = [
  ['an empty text', '', `${own}\n`],
  ['a text', 'mine\n', `mine\n${own}\n`],
  ['a text without a last line ending', 'mine', `mine\n${own}`],
  ['a text with the line endings of another system', 'mine\r\nyours\r\n', `mine\r\nyours\r\n${crlf}\r\n`],
  ['such a text without a last line ending', 'mine\r\nyours', `mine\r\nyours\r\n${crlf}`],
  ['the marker of another block', '# >>> conda >>>\n# <<< conda <<<\n', `# >>> conda >>>\n# <<< conda <<<\n${own}\n`],
]

const replaced: readonly (readonly [says: string, before: string, after: string])[] = [
  ['an older block, where it stands', 'a\n# >>> dsync >>>\nold\n# <<< dsync <<<\nb\n', `a\n${own}\nb\n`],
  ['the first of two, and the second goes', `${own}\na\n${own}\nb`, `${own}\na\nb`],
  ['an empty one at the very end', 'a\n# >>> dsync >>>\n# <<< dsync <<<', `a\n${own}`],
  ['one that is as it should be', `a\n${own}\nb`, `a\n${own}\nb`],
]

describe('a marked block', () => {
  for (const [says, before, after] of rows) {
    it(`goes into ${says}, and out again`, () => {
      assert.equal(withBlock(before, block), after)
      assert.equal(withoutBlock(after, 'dsync'), before)
      assert.deepEqual(blockIn(after, 'dsync'), block.lines)
    })
  }
  for (const [says, before, after] of replaced) {
    it(`replaces ${says}`, () => assert.equal(withBlock(before, block), after))
  }

  it('that does not end is left to a person, by its line', () => {
    for (const edit of [
      () => withBlock('a\n# >>> dsync >>>\nb\n', block),
      () => withoutBlock('a\n# >>> dsync >>>', 'dsync'),
    ]) {
      assert.throws(edit, { code: 'REFUSED', message: /^Line 2 begins a block 'dsync' that does not end$/ })
    }
  })

  it('goes in and out of any text without a trace, and stands there once', () => {
    const text = fc
      .array(fc.constantFrom('a', '\n', '\r\n', '\r', '#', ' ', 'é', '\u0000'))
      .map(parts => parts.join(''))
    fc.assert(
      fc.property(text, before => {
        const once = withBlock(before, block)
        assert.equal(withBlock(once, block), once)
        assert.equal(withoutBlock(once, 'dsync'), before)
        assert.equal(withoutBlock(before, 'dsync'), before)
      }),
    )
  })
})

describe('a first line', () => {
  const line = 'Include ~/.dsync/ssh/config'
  const lines: readonly (readonly [before: string, after: string])[] = [
    ['', `${line}\n`],
    ['Host a\n  User b\n', `${line}\nHost a\n  User b\n`],
    ['Host a', `${line}\nHost a`],
    ['Host a\r\n', `${line}\r\nHost a\r\n`],
  ]
  for (const [before, after] of lines) {
    it(`goes before ${JSON.stringify(before)}, once, and away again`, () => {
      assert.equal(withFirstLine(before, line), after)
      assert.equal(withFirstLine(after, line), after)
      assert.equal(withoutLine(after, line), before)
    })
  }

  it('moves up from further down', () => assert.equal(withFirstLine(`Host a\n${line}\n`, line), `${line}\nHost a\n`))
})
