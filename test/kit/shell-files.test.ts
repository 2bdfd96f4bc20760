import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { kitLayout } from '../../lib/kit/layout.ts'
import { aliasesText, fishAliasesText, shellWishes, shellWord } from '../../lib/kit/shell-files.ts'
import type { Standing } from '../../lib/kit/standing.ts'
import { absent } from '../../lib/kit/standing.ts'

const layout = kitLayout('/h/.dsync')
const file: Standing = { kind: 'file', mode: 0o644, bytes: new Uint8Array() }

function paths(
  there: readonly string[],
  more: { readonly zshHome?: string; readonly configHome?: string } = {},
): string[] {
  const look = (path: string): Standing => (there.includes(path) ? file : absent)
  const facts = { userHome: '/h', installed: ['bash', 'zsh', 'fish'] as const, look, ...more }
  return shellWishes(layout, facts).map(({ path }) => path)
}

describe('the files of shells', () => {
  const rows: readonly (readonly [says: string, found: string[], expected: string[]])[] = [
    ['none of bash: the one that other shells read too', paths([]), ['/h/.bashrc', '/h/.profile']],
    ['.bash_profile before .profile', paths(['/h/.profile', '/h/.bash_profile']), ['/h/.bashrc', '/h/.bash_profile']],
    ['.bash_login before .profile', paths(['/h/.profile', '/h/.bash_login']), ['/h/.bashrc', '/h/.bash_login']],
  ]
  for (const [says, found, expected] of rows) it(says, () => assert.deepEqual(found.slice(0, 2), expected))

  it('of zsh and fish lie where they say', () => {
    assert.deepEqual(paths([]).slice(2), ['/h/.zshrc', '/h/.config/fish/config.fish'])
    const told = paths([], { zshHome: '/z', configHome: '/c' }).slice(2)
    assert.deepEqual(told, ['/z/.zshrc', '/c/fish/config.fish'])
  })

  it('load what says where the home is, if it is not the usual one', () => {
    assert.doesNotMatch(aliasesText(layout, '/h') + fishAliasesText(layout, '/h'), /DSYNC_HOME/)
    const other = kitLayout('/opt/kit')
    assert.match(aliasesText(other, '/h'), /^DSYNC_HOME=\$\{DSYNC_HOME:-"\/opt\/kit"\}; export DSYNC_HOME$/m)
    assert.match(fishAliasesText(other, '/h'), /^set -q DSYNC_HOME; or set -gx DSYNC_HOME "\/opt\/kit"$/m)
  })

  const names = [
    '/h/.dsync',
    '/opt/a b',
    '/h/$HOME',
    '/h/"q"',
    "/h/it's",
    '/opt/back\\slash',
    '/h/`id`',
    '/h/ü*?[x]',
    '/h/..x',
  ]
  for (const shell of ['sh', 'bash', 'zsh', 'fish']) {
    it(`are named so that ${shell} reads any name as it is`, t => {
      if (spawnSync(shell, ['-c', 'exit 0']).status !== 0) {
        t.skip(`no ${shell} here`)
        return
      }
      const script = names.map(name => `printf '%s\\n' ${shellWord(name, '/h')}`).join('\n')
      const { stdout } = spawnSync(shell, ['-c', script], {
        env: { PATH: process.env['PATH'], HOME: '/h' },
        encoding: 'utf8',
      })
      assert.deepEqual(stdout.trimEnd().split('\n'), names)
    })
  }
})
