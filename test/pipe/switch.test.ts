import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Pair } from './pair.ts'
import { hasTerminals, switchTyped } from './switch-typed.ts'
import { until } from './until.ts'

describe(
  'dsync switch',
  { skip: hasTerminals ? false : 'needs the program script (util-linux)', timeout: 120_000 },
  () => {
    it('opens a shell in the same directory once everything is there, and ends as it did', async t => {
      const pair = await Pair.make()
      t.after(() => pair.close())
      const here = join(pair.alpha, "it's $here")
      mkdirSync(here)
      await pair.start()
      const file = join(pair.userHome, '.dsync/run/prompt')
      const prompt = (): string => (existsSync(file) ? readFileSync(file, 'utf8').replace(/^\d+ \d+ /, '') : '')
      await until('the prompt is told that all is well', () => prompt() === '\n')

      writeFileSync(join(here, 'in'), 'typed just now')
      const there = await switchTyped(pair, here, { lines: 'cat in; echo; pwd -P; echo "home $HOME"; exit 7\n' })
      assert.equal(there.code, 7, there.said)
      assert.match(
        there.said,
        /Everything is on twin\. This opens a new shell in ~\/project\/it's \$here there, and exit/m,
      )
      assert.match(there.said, /^typed just now$/m)
      assert.ok(there.said.includes(`\n${pair.beta}/it's $here\nhome ${pair.twinHome}\n`), there.said)

      await pair.ok('pause')
      writeFileSync(join(pair.alpha, 'a'), 'mine')
      writeFileSync(join(pair.beta, 'a'), 'theirs')
      await until('the prompt says that it is paused', () => prompt() === 'paused\n')
      await pair.ok('resume')
      assert.equal((await pair.sync()).code, 3)
      await until('the prompt names the conflict', () => prompt() === '1 conflict\n')
      const asked = await switchTyped(pair, pair.userHome, { answer: 'n' })
      assert.equal(asked.code, 130, asked.said)
      assert.match(
        asked.said,
        /1 conflict {2}~\/project with twin[^]*Not everything here is on twin\. Go on to it\? \[y\/N\]/,
      )
      const gone = await switchTyped(pair, pair.userHome, { answer: 'y', lines: 'pwd -P; exit\n' })
      assert.equal(gone.code, 0, gone.said)
      assert.ok(gone.said.includes(`\n${pair.twinHome}\n`), gone.said)
      await pair.stop()
      assert.equal(prompt(), 'stopped\n')
    })
  },
)
