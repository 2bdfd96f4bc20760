import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const checkout = fileURLToPath(new URL('../..', import.meta.url))

interface Row {
  readonly script: string
  readonly bundle: string
  readonly arguments: readonly string[]
  readonly code: number
  readonly says: RegExp
}

/** One harmless call of every script that people or other hosts start. */
const rows: readonly Row[] = [
  {
    script: 'scripts/sync-manager.ts',
    bundle: 'dist/sync-manager.js',
    arguments: ['--help'],
    code: 0,
    says: /\bdsync\b/,
  },
]

const runtimes: readonly (readonly [string, readonly string[]])[] = [
  ['Node', [process.execPath]],
  ['Deno', ['deno', 'run', '--quiet', '--allow-all']],
]

for (const row of rows) {
  describe(row.script, () => {
    for (const [name, command] of runtimes) {
      for (const file of [row.script, row.bundle]) {
        it(`runs under ${name} as ${file}`, t => {
          const home = mkdtempSync(join(tmpdir(), 'dsync-smoke-'))
          t.after(() => rmSync(home, { recursive: true }))
          const [program = '', ...before] = command
          const env = { ...process.env, HOME: home, DSYNC_HOME: join(home, '.dsync'), NO_COLOR: '1' }
          const parameters = [...before, join(checkout, file), ...row.arguments]
          const { status, stdout, stderr } = spawnSync(program, parameters, { env, encoding: 'utf8', timeout: 60_000 })
          assert.equal(status, row.code, stderr)
          assert.match(stdout, row.says)
        })
      }
    }
  })
}
