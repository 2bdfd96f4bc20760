import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { RuleChanges } from '../../lib/core/rule-change.ts'
import { RuleChange, ruleChangeText } from '../../lib/core/rule-change.ts'
import { dir, file } from './build.ts'

const none = { total: 0, first: [] }

const rows: readonly (readonly [RuleChanges, string | undefined])[] = [
  [{ ignored: none, entries: 0, released: none }, undefined],
  [
    { ignored: { total: 1, first: ['a'] }, entries: 1, released: none },
    'ignored from now on, and kept on each host as it is: "a"',
  ],
  [
    { ignored: { total: 5, first: ['a', 'b', 'c'] }, entries: 1200, released: { total: 1, first: ['d'] } },
    'ignored from now on, and kept on each host as it is: "a", "b", "c" and 2 more, 1200 entries in all; ' +
      'ignored no longer, and synced: "d"',
  ],
]

it('what other rules change is said in words', () => {
  for (const [changes, text] of rows) assert.equal(ruleChangeText(changes), text)
})

it('what becomes ignored is counted with all below', () => {
  const change = new RuleChange()
  change.ignored('log', dir({ a: file('1'), deep: dir({ b: file('2') }) }))
  change.ignored('x', file('3'))
  for (const path of ['a', 'b', 'c', 'd']) change.released(path)
  assert.deepEqual(change.changes(), {
    ignored: { total: 2, first: ['log', 'x'] },
    entries: 5,
    released: { total: 4, first: ['a', 'b', 'c'] },
  })
})
