import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { commandTable } from '../../lib/cli/command-table.ts'
import { completionOf } from '../../lib/cli/completion.ts'
import { makeWorld } from './world.ts'

/** What is typed, the last word up to the cursor; words that are offered among others; names offered besides. */
const rows: readonly (readonly [
  line: readonly string[],
  among: readonly string[],
  names?: ReturnType<typeof completionOf>['names'],
])[] = [
  [[''], ['status', 'roots', 'config', 'help', 'completions']],
  [
    ['help', ''],
    ['status', 'roots'],
  ],
  [
    ['help', 'roots', ''],
    ['add', 'show'],
  ],
  [
    ['roots', ''],
    ['list', 'add', 'remove', 'show'],
  ],
  [
    ['config', ''],
    ['get', 'set', 'edit', 'check'],
  ],
  [
    ['roots', '--'],
    ['--json', '--help'],
  ],
  [
    ['roots', 'add', '--'],
    ['--on', '--at', '--watcher', '--json'],
  ],
  [['roots', 'add', ''], [], 'directories'],
  [['roots', 'add', 'd', ''], []],
  [['roots', 'add', 'd', '--watcher', ''], ['polling']],
  [['roots', 'add', '--on', 'twin', ''], [], 'directories'],
  [['roots', 'remove', ''], [], 'roots'],
  [['hosts', 'check', ''], [], 'hosts'],
  [['pause', ''], [], 'roots'],
  [['pause', '--on', ''], [], 'hosts'],
  [['pause', '--on', '=', ''], [], 'hosts'],
  [['pause', '--on', '='], [], 'hosts'],
  [['pause', '--on=t'], [], 'hosts'],
  [['sync', ''], [], 'files'],
  [['sync', '-t', ''], []],
  [['sync', '-t', '3', ''], [], 'files'],
  [['sync', '--', '-'], [], 'files'],
  [['approve', '--prefer', ''], ['newest', 'ask'], 'hosts'],
  [['config', 'get', ''], [], 'settings'],
  [
    ['completions', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['frobnicate', ''], []],
  [['roots', 'frobnicate', ''], []],
  [['status', ''], []],
]

describe('what fits in the place of a word', () => {
  for (const [line, among, names] of rows) {
    it(`dsync ${line.join(' ')}|`, () => {
      const completion = completionOf(line)
      const words = completion.choices.map(({ word }) => word)
      assert.equal(completion.names, names)
      if (among.length === 0) assert.deepEqual(words, [])
      for (const word of among) assert.ok(words.includes(word), `${word} in ${words.join(' ')}`)
    })
  }
  it('is every command and option there is, and each option once', () => {
    for (const { name, options } of commandTable) {
      const [first = '', second] = name.split(' ')
      assert.ok(
        completionOf(['']).choices.some(({ word }) => word === first),
        name,
      )
      if (second !== undefined)
        assert.ok(
          completionOf([first, '']).choices.some(({ word }) => word === second),
          name,
        )
      const offered = (given: readonly string[]) =>
        completionOf([...name.split(' '), ...given, '--']).choices.map(({ word }) => word)
      assert.deepEqual(
        offered([]).toSorted(),
        [...Object.keys(options), 'json', 'help'].map(each => `--${each}`).toSorted(),
      )
      assert.ok(!offered(['--json']).includes('--json'), name)
    }
  })
})

describe('dsync completions', () => {
  it('knows hosts, roots and settings by their files, without a daemon and with mistakes in them', async t => {
    const { run, userHome } = await makeWorld(t, {}, false)
    const config = `{ "hosts": { "twin": {}, "mac": {} }, "roots": { "~/projects": {}, "${userHome}/my files": {} }, "x": }`
    writeFileSync(join(userHome, '.dsync/config.json'), config)
    assert.equal((await run('completions bash -- hosts check t')).out, 'twin\n')
    assert.equal((await run('completions bash -- pause ~/')).out, "~/projects\n~/'my files'\n")
    assert.equal((await run('completions fish -- roots show ~/p')).out, '~/projects\n')
    assert.equal((await run('completions zsh -- pause --on=m')).out, '--on=mac\n')
    assert.equal((await run('completions zsh -- config get roots.~/projects.w')).out, 'roots.~/projects.watcher\n')
    assert.match((await run('completions zsh -- sta')).out, /^start\tstart the daemon.*\nstatus\tshow/)
    assert.equal((await run('completions bash -- sync x')).out, ':files\n')
  })
  it('names the nearest shell', async t => {
    const { run } = await makeWorld(t, {}, false)
    const { exit, err } = await run('completions bsh')
    assert.equal(exit, 2)
    assert.match(err, /"bsh": only for bash, zsh, fish\n {2}→ dsync completions bash\n$/)
    assert.equal((await run('completions')).exit, 2)
  })
})
