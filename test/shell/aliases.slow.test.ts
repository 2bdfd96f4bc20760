import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { promptLine, promptStaleSeconds } from '../../lib/daemon/prompt-text.ts'
import type { ShellName } from './shells.ts'
import { ShellHome, shellKinds, shellKit } from './shells.ts'

const names = Object.keys(shellKinds) as ShellName[]

/** Runs lines in a shell that has loaded our file, and makes sure that it said nothing by itself. */
function runs(t: TestContext, name: ShellName, around: ShellHome, lines: string, before = ''): string | undefined {
  const said = around.run(name, lines, before)
  if (said === undefined) {
    t.skip(`no ${name.split(/[ ,]/)[0]} here`)
    return undefined
  }
  assert.equal(said.err, '')
  return said.out
}

/** What prints the prompt's segment as a prompt would show it. */
const prompts = (name: ShellName): string =>
  name === 'fish' ? 'dsync_prompt' : 'dsync_prompt; printf %s "$DSYNC_PROMPT"'

/** Shows what a program asks of the system; some containers have it and do not let it. */
const hasTracer = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0

const seconds = (): number => Math.floor(Date.now() / 1000)

for (const name of names) {
  const isFish = name === 'fish'
  const isPosix = name === 'bash as a POSIX shell'
  describe(`aliases in ${name}`, () => {
    it('loads without a word, twice too, and defines what it should', t => {
      const around = new ShellHome(t)
      const again = shellKinds[name].load
      assert.equal(runs(t, name, around, ''), '')
      // In POSIX mode the words are aliases, which a line that is read with them does not know yet.
      const call = isPosix
        ? "eval 'switch-mac00 a'; eval switch-a.b-c_d; eval dss"
        : 'switch-mac00 a; switch-a.b-c_d; dss'
      const out = runs(t, name, around, `${again}\n${call}`, isPosix ? 'shopt -s expand_aliases' : '')
      assert.equal(out, '<switch><mac00><a><switch><a.b-c_d><status>')
      assert.equal(existsSync(join(around.home, 'made')), false)
    })
    it('takes no name that something else has', t => {
      const around = new ShellHome(t)
      const own = isFish ? 'function dss; echo mine; end' : 'dss() { echo mine; }'
      assert.equal(runs(t, name, around, 'dss', own), 'mine\n')
    })
    it('puts dsync on PATH once', t => {
      const around = new ShellHome(t)
      const print = isFish ? 'printf "%s\\n" $PATH' : 'printf "%s\\n" "$PATH" | tr : "\\n"'
      const out = runs(t, name, around, `${shellKinds[name].load}\n${print}`) ?? ''
      const wanted = join(around.kit, 'bin')
      if (out !== '')
        assert.deepEqual(
          out.split('\n').filter(line => line === wanted),
          [wanted],
        )
    })
    it('says in the prompt what waits, and nothing else', t => {
      const around = new ShellHome(t)
      const old = seconds() - promptStaleSeconds - 60
      // Without /proc fish cannot tell whether a process lives, and bash 3.2, as on macOS, what time it is.
      const knowsAll = process.platform === 'linux'
      const gone = '[dsync: daemon gone] '
      const hangs = '[dsync: daemon hangs] '
      const rows: readonly (readonly [text: string | undefined, shown: string])[] = [
        [undefined, ''],
        ['', ''],
        ['garbage\n', ''],
        ['1 2', ''],
        [promptLine(seconds(), process.pid, ''), ''],
        [promptLine(seconds(), process.pid, '2 conflicts, held'), '[dsync: 2 conflicts, held] '],
        [promptLine(seconds(), 0, 'stopped'), '[dsync: stopped] '],
        ...(knowsAll || !isFish ? [[promptLine(seconds(), 99_999_999, ''), gone] as const] : []),
        ...(knowsAll ? [[promptLine(old, process.pid, ''), hangs] as const] : []),
      ]
      // One shell for all rows, each in a home of its own.
      const lines = rows.map(([text], i) => {
        const home = join(around.kit, 'run', String(i))
        if (text !== undefined) around.write(`run/${i}/run/prompt`, text)
        if (text?.startsWith(`${old} `) === true) utimesSync(join(home, 'run/prompt'), old, old)
        return `${isFish ? `set -g __dsync_home ${home}` : `_dsync_home=${home}`}\n${prompts(name)}; printf '|'`
      })
      const out = runs(t, name, around, lines.join('\n'))
      const shown = rows.map(([, each]) => each)
      if (out !== undefined) assert.deepEqual(out.split('|').slice(0, -1), shown)
    })
    it('starts no process', { skip: hasTracer ? false : 'needs the program strace' }, t => {
      const around = new ShellHome(t)
      around.write('run/prompt', promptLine(seconds(), process.pid, '1 conflict'))
      const [move, hook] = isFish
        ? ['cd $HOME', 'dsync_prompt >/dev/null']
        : ['cd "$HOME"', isPosix ? ':' : '_dsync_hook']
      const calls = around.traced(name, `${move}\n${hook}`)
      if (calls === undefined) return t.skip(`no ${name.split(/[ ,]/)[0]} here`)
      assert.deepEqual(calls, [])
      return undefined
    })
    it(
      'keeps the directory one was last in, if it is in a root',
      { skip: isPosix && 'a POSIX shell has no hooks' },
      t => {
        const around = new ShellHome(t)
        const below = join(around.root, 'a\nb')
        mkdirSync(below)
        mkdirSync(`${around.root}2`)
        const cwd = join(around.kit, 'session.cwd')
        const quoted = (path: string): string =>
          isFish ? `'${path.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` : `'${path.replaceAll("'", `'\\''`)}'`
        // What a prompt runs before it is shown; fish tells of each change by itself.
        const hook = isFish ? '' : '_dsync_hook'
        for (const [path, kept] of [
          [around.root, around.root],
          [below, below],
          [`${around.root}2`, below],
          ['/', below],
        ] as const) {
          const out = runs(t, name, around, `cd ${quoted(path)}\n${hook}`)
          if (out === undefined) return
          assert.equal(out, '')
          assert.equal(readFileSync(cwd, 'utf8'), `${kept}\n`)
        }
        assert.equal(statSync(cwd).mode & 0o777, 0o600)
      },
    )
  })
}

describe('what every shell does with the file', () => {
  it('nothing that is seen in a shell nobody types to', t => {
    const around = new ShellHome(t)
    for (const [program, file] of [
      ['sh', 'aliases.sh'],
      ['bash', 'aliases.sh'],
      ['zsh', 'aliases.sh'],
      ['fish', 'aliases.fish'],
    ] as const) {
      const lines = `. '${shellKit}/${file}'; command -v dss; command -v dsync`
      const { error, stdout, stderr } = spawnSync(program, ['-c', lines], {
        env: { HOME: around.home, PATH: '/usr/bin:/bin' },
        encoding: 'utf8',
      })
      if (error === undefined) assert.deepEqual([stdout, stderr], [`${around.kit}/bin/dsync\n`, ''], program)
    }
  })
  it('keeps the exit code of the last command, and a PROMPT_COMMAND that was there', t => {
    const around = new ShellHome(t)
    const said = around.run('bash', '(exit 7); eval "$PROMPT_COMMAND"', `PROMPT_COMMAND='echo "was $?"'`)
    if (said === undefined) return t.skip('no bash here')
    assert.deepEqual([said.out, said.err], ['was 7\n', ''])
    const fixed = around.run('bash', 'echo on', "readonly PROMPT_COMMAND='echo theirs'")
    assert.deepEqual([fixed?.out, fixed?.err], ['on\n', ''])
    return undefined
  })
})
