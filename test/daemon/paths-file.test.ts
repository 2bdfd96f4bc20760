import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pathLines, withPath, withPathOff, withoutPath } from '../../lib/daemon/paths-file.ts'

const text = '# mine\n~/projects\n\n# ~/off\n/srv/data/ \n'

describe('paths.txt', () => {
  it('holds a root a line', () => {
    assert.deepEqual(pathLines(text), [
      { path: '~/projects', line: 2 },
      { path: '/srv/data', line: 5 },
    ])
  })
  const rows: readonly (readonly [string, string, string])[] = [
    ['a new root goes to the end', withPath(text, '~/new'), `${text}~/new\n`],
    ['one that is there stays once', withPath(text, '/srv/data'), text],
    [
      'one that was switched off is switched on where it stands',
      withPath(text, '~/off'),
      text.replace('# ~/off', '~/off'),
    ],
    ['a last line without an end gets one', withPath('~/a', '~/b'), '~/a\n~/b\n'],
    ['one is switched off by any spelling', withPathOff(text, '/srv/data'), text.replace('/srv/data/ ', '#/srv/data')],
    ['and on again', withPath(withPathOff(text, '~/projects'), '~/projects'), text],
    ['removing leaves every other line', withoutPath(text, '~/projects'), '# mine\n\n# ~/off\n/srv/data/ \n'],
    ['removing knows a path by any spelling', withoutPath(text, '/srv/data'), '# mine\n~/projects\n\n# ~/off\n'],
    ['removing what is not there changes nothing', withoutPath(text, '~/off'), text],
  ]
  for (const [says, got, wanted] of rows) it(says, () => assert.equal(got, wanted))
})
