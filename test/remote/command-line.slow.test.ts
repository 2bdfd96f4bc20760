import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { remoteCommandLine } from '../../lib/remote/command-line.ts'

const folder = mkdtempSync(join(tmpdir(), 'dsync-words-'))
after(() => rmSync(folder, { recursive: true }))

/** Prints where it is and what it was given, each ended by a NUL. */
const teller = join(folder, 'teller')
writeFileSync(teller, '#!/bin/sh\npwd -P | tr -d "\\n"; printf "\\0"; [ $# = 0 ] || printf "%s\\0" "$@"\n', {
  mode: 0o755,
})

interface Ran {
  readonly status: number | null
  readonly words: readonly string[]
  readonly stderr: string
}

/** Gives a line to a login shell as sshd does. */
function through(shell: string, line: string): Ran {
  const { status, stdout, stderr } = spawnSync(shell, ['-c', line], { encoding: 'utf8', cwd: '/', timeout: 20_000 })
  return { status, words: stdout.split('\0').slice(0, -1), stderr }
}

const awkward = [
  '',
  ' ',
  '\n',
  'ends with a line break\n',
  '\n\nand begins with two',
  "it's",
  '"double"',
  '$HOME `id` $(id) ${x} \\',
  String.raw`\n \\ \' \0101 %s %n %%`,
  '!! !x ^a^b',
  '* ? [a-z] {a,b} ~ ~root =ls',
  '; | & < > ( ) # -',
  '-n',
  '--',
  'ünïcödé ☃ 𝄞',
  '\t\r\u0007\u001b[31m',
]

/** Anything that can be an argument: text without NUL that has bytes of its own. */
const word = fc.string({ unit: 'binary', maxLength: 30 }).map(text => text.toWellFormed().replaceAll('\0', ''))

for (const shell of ['sh', 'dash', 'bash', 'zsh', 'fish', 'tcsh', 'ksh']) {
  const isThere = spawnSync(shell, ['-c', 'true']).error === undefined
  describe(`the line for ${shell}`, { skip: isThere ? false : `${shell} is not installed here` }, () => {
    it('hands over awkward words as they are', () => {
      const directory = join(folder, `a 'place' "of" $HOME !x\\ ${shell}\n`)
      mkdirSync(directory)
      const { status, words, stderr } = through(shell, remoteCommandLine(directory, [teller, ...awkward]))
      assert.deepEqual([status, words, stderr], [0, [directory.replaceAll('\n', ''), ...awkward], ''])
    })
    it('hands over any words', () => {
      fc.assert(
        fc.property(fc.array(word, { maxLength: 8 }), words => {
          assert.deepEqual(through(shell, remoteCommandLine('/', [teller, ...words])).words, ['/', ...words])
        }),
        { numRuns: 12 },
      )
    })
    const ends: readonly (readonly [says: string, words: readonly string[], status: number])[] = [
      ['the exit code', ['sh', '-c', 'exit 41'], 41],
      ['255', ['sh', '-c', 'exit 255'], 255],
      ['a signal', ['sh', '-c', 'kill -KILL $$'], 137],
      ['an interrupt', ['sh', '-c', 'kill -INT $$'], 130],
      ['no such program', ['no-such-program'], 127],
      ['no word of the shell', ['exit', '3'], 127],
      ['what is no program', [folder], 126],
    ]
    for (const [says, words, status] of ends) {
      it(`tells of ${says}`, () => assert.equal(through(shell, remoteCommandLine('/', words)).status, status))
    }
    it('tells of a directory that is not there', () => {
      const { status, words, stderr } = through(shell, remoteCommandLine('/no/such place', [teller]))
      assert.deepEqual([status, words], [125, []])
      assert.match(stderr, /no\/such place/)
    })
  })
}

describe('a line that no system takes', () => {
  it('is refused', () => {
    assert.throws(() => remoteCommandLine('/', ['x'.repeat(130_000)]), { code: 'USAGE' })
  })
})
