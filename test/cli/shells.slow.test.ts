import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Shell } from '../../lib/cli/shell-code.ts'

const script = fileURLToPath(new URL('../../scripts/sync-manager.ts', import.meta.url))

/** How each shell is made to complete `$LINE`, and to print what fits, a line each. */
const drivers: Readonly<Record<Shell, readonly string[]>> = {
  bash: [
    '--norc',
    '-c',
    `eval "$(dsync completions bash)"; read -ra COMP_WORDS <<<"$LINE"; [[ $LINE == *' ' ]] && COMP_WORDS+=('')
     COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); _dsync; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  zsh: [
    '-f',
    '-c',
    `compdef() { : }; _files() { print -l *(N) }; compadd() { print -l -- $fitting }
     eval "$(dsync completions zsh)"; words=("\${(@s: :)LINE}"); CURRENT=$#words; _dsync`,
  ],
  fish: ['--no-config', '-c', 'dsync completions fish | source; complete -C "$LINE"'],
}

const rows: readonly (readonly [line: string, fits: readonly string[], not: readonly string[]])[] = [
  ['dsync sta', ['start', 'status'], ['sync']],
  ['dsync roots ', ['add', 'list', 'remove', 'show'], ['status']],
  ['dsync hosts check t', ['twin'], ['start']],
  ['dsync pause --on ', ['twin'], ['start']],
  ['dsync pause /srv/', ['/srv/data'], ['start']],
  ['dsync resolve --th', ['--theirs'], ['--mine']],
  ['dsync sync no', ['notes.txt'], ['status']],
]

for (const [shell, driver] of Object.entries(drivers)) {
  describe(`completions in ${shell}`, () => {
    let folder = ''
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'dsync-shell-'))
      mkdirSync(join(folder, '.dsync'), { mode: 0o700 })
      mkdirSync(join(folder, 'bin'))
      const config = { hosts: { twin: { pipe: '~/twin' } }, roots: { '/srv/data': {} } }
      writeFileSync(join(folder, '.dsync/config.json'), JSON.stringify(config))
      writeFileSync(join(folder, 'notes.txt'), '')
      const program = join(folder, 'bin/dsync')
      writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`)
      chmodSync(program, 0o700)
    })
    after(() => rmSync(folder, { recursive: true, force: true }))
    for (const [line, fits, not] of rows) {
      it(`${line}|`, t => {
        const { NODE_COMPILE_CACHE } = process.env
        const PATH = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`
        const env = { PATH, NODE_COMPILE_CACHE, HOME: folder, DSYNC_HOME: join(folder, '.dsync'), LINE: line }
        const ran = spawnSync(shell, driver, { env, cwd: folder, encoding: 'utf8', timeout: 30_000 })
        if (ran.error !== undefined) return t.skip(`no ${shell} here`)
        const words = ran.stdout.split('\n').map(each => each.split('\t')[0] ?? '')
        for (const word of fits) assert.ok(words.includes(word), `${word} in: ${ran.stdout}${ran.stderr}`)
        for (const word of not) assert.ok(!words.includes(word), `${word} in: ${ran.stdout}${ran.stderr}`)
        return undefined
      })
    }
  })
}
