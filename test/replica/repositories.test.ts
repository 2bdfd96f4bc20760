import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isGitIndex, pointedAt } from '../../lib/replica/repositories.ts'

describe('where a .git file points', () => {
  const rows: readonly (readonly [text: string, top: string, place: string | undefined])[] = [
    ['gitdir: ../.git/modules/sub\n', 'sub', '.git/modules/sub'],
    ['gitdir: .git/worktrees/w', '', '.git/worktrees/w'],
    ['gitdir: /r/p/.git/worktrees/w\r\n', 'w', 'p/.git/worktrees/w'],
    ['gitdir: ./x//y/\n', 'a/b', 'a/b/x/y'],
    ['gitdir: ../../x\n', 'a', undefined],
    ['gitdir: ../a/../../x\n', 'a', undefined],
    ['gitdir: /elsewhere/.git\n', 'a', undefined],
    ['gitdir: /rooted/.git\n', 'a', undefined],
    ['gitdir: /r/../etc\n', 'a', undefined],
    ['gitdir: \n', 'a', undefined],
    ['gitdir: ..\n', 'a', undefined],
    ['gitdir: a\nmore\n', 'a', undefined],
    [`gitdir: ${'x'.repeat(300)}\n`, 'a', undefined],
    ['gitdir: a\0b\n', 'a', undefined],
    ['', 'a', undefined],
  ]
  for (const [text, top, place] of rows)
    it(`${JSON.stringify(text.slice(0, 40))} in ${JSON.stringify(top)}`, () =>
      assert.equal(pointedAt(text, top, '/r'), place))
})

it('of what git keeps, the index alone is watched', () => {
  for (const path of ['.git/index', 'a/.git/index', '.git/modules/sub/index']) assert.ok(isGitIndex(path), path)
  for (const path of ['.git', 'index', '.git/HEAD', '.git/index.lock', 'a/index']) assert.ok(!isGitIndex(path), path)
})
