import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { completionOf } from '../../lib/cli/completion.ts'
import { completionsFile, shells } from '../../lib/cli/shell-code.ts'
import { dtestCommand, scenarioNames } from '../../lib/cli/table/dtest-command.ts'
import { shellKit } from './shells.ts'

describe('the committed completions', () => {
  for (const shell of shells) {
    it(`are what dsync would print for ${shell}: else run npm run generate`, () => {
      const { name, text } = completionsFile(shell)
      assert.equal(readFileSync(join(shellKit, name), 'utf8'), text)
    })
  }
})

describe('what fits in a command line of dtest', () => {
  const words = (...line: string[]): readonly string[] =>
    completionOf(line, dtestCommand).choices.map(({ word }) => word)
  it('is every scenario, and every option once', () => {
    assert.deepEqual(words(''), scenarioNames)
    assert.deepEqual(words('basic', 'con'), scenarioNames)
    assert.deepEqual(words('--json', '--').toSorted(), ['--help', '--host', '--list', '--pipe'])
    assert.equal(completionOf(['--host', ''], dtestCommand).names, 'hosts')
  })
})
