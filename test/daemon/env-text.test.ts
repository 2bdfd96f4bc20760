import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readEnvText } from '../../lib/daemon/env-text.ts'

const good: readonly (readonly [text: string, values: Readonly<Record<string, string>>])[] = [
  ['', {}],
  ['# a comment\n\n  \n', {}],
  ['A=1', { A: '1' }],
  ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
  ['\uFEFFA=1\n', { A: '1' }],
  ['export A=1', { A: '1' }],
  ['  A = b c  # why\n', { A: 'b c' }],
  ['A=', { A: '' }],
  [`A='b # c'\nB="x\\ny"\n`, { A: 'b # c', B: 'x\ny' }],
  ['A="one\ntwo=2\nthree"\nB=4\n', { A: 'one\ntwo=2\nthree', B: '4' }],
  ['A=$HOME/bin', { A: '$HOME/bin' }],
]

const bad: readonly (readonly [text: string, problems: readonly (readonly [line: number, message: RegExp])[]])[] = [
  ['A=1\nsecret words\n', [[2, /^it is not NAME=value$/]]],
  ['\n1A=secret', [[2, /^"1A" cannot be the name/]]],
  ['A-B=secret', [[1, /cannot be the name/]]],
  ['A="secret\nB=2\n', [[1, /^the quote after A= is not closed$/]]],
  ['A=1\nB=2\nA=secret\n', [[3, /^A is set in line 1 already$/]]],
  ['HOME=/secret', [[1, /^HOME cannot be set here/]]],
  [
    'DSYNC_HOME=/secret\nno\n',
    [
      [1, /^DSYNC_HOME means nothing here$/],
      [2, /NAME=value/],
    ],
  ],
  ['__proto__=secret\nconstructor=secret\n', [[1, /^what __proto__ is set to cannot be read$/]]],
]

describe('the text of env', () => {
  for (const [text, values] of good) {
    it(`may be ${JSON.stringify(text)}`, () => {
      const read = readEnvText(text)
      assert.deepEqual([{ ...read.values }, read.problems], [values, []])
    })
  }
  for (const [text, problems] of bad) {
    it(`is named by line: ${JSON.stringify(text)}`, () => {
      const found = readEnvText(text).problems
      assert.deepEqual(
        found.map(({ line }) => line),
        problems.map(([line]) => line),
      )
      for (const [at, [, message]] of problems.entries()) assert.match(found[at]?.message ?? '', message)
      assert.doesNotMatch(JSON.stringify(found), /secret/)
    })
  }
  it('loses no line without saying so', () => {
    const line = fc.oneof(
      fc.constantFrom('A=1', 'B="x"', "C='", 'D', '', '# e', 'export F=g', 'H="i', '"', 'J=`k', '`'),
      fc.string({ maxLength: 12 }),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), lines => {
        const text = lines.join('\n')
        const { values, problems } = readEnvText(text)
        for (const name of Object.keys(values)) assert.match(name, /^[A-Za-z_]\w*$/)
        const meant = text.split(/\r\n?|\n/).some(each => !/^\s*(#|$)/.test(each))
        assert.equal(Object.keys(values).length + problems.length > 0, meant)
      }),
    )
  })
})
