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
  /** Absent for what runs from a checkout alone. */
  readonly bundle?: string
  readonly arguments: readonly string[]
  /** Where dsync's home is for this call; default: a folder that does not exist. */
  readonly home?: string
  readonly code: number
  /** Found in what it prints, on either stream. */
  readonly says: RegExp
}

/** One harmless call of every script that people, services or other hosts start. */
const rows: readonly Row[] = [
  {
    script: 'scripts/sync-manager.ts',
    bundle: 'dist/sync-manager.js',
    arguments: ['--help'],
    code: 0,
    says: /Usage: dsync/,
  },
  {
    script: 'scripts/daemon.ts',
    bundle: 'dist/daemon.js',
    arguments: [],
    home: '/dev/null',
    code: 1,
    says: /^Cannot .*\/dev\/null/,
  },
  {
    script: 'scripts/test-sync.ts',
    bundle: 'dist/test-sync.js',
    arguments: ['--list'],
    code: 0,
    says: /^ +basic +every kind of change/,
  },
  { script: 'scripts/demo.ts', arguments: ['--help'], code: 0, says: /^Usage: \.\/install\.sh --demo/ },
  {
    script: 'scripts/install.ts',
    bundle: 'dist/install.js',
    arguments: ['--uninstall', '--yes'],
    code: 0,
    says: /^Nothing to do: dsync is not installed/,
  },
  { script: 'scripts/provision.ts', arguments: ['--help'], code: 0, says: /^Usage: npm run test:provision/ },
  { script: 'scripts/agent.ts', bundle: 'dist/agent.cjs', arguments: [], code: 0, says: /^/ },
]

const runtimes: readonly (readonly [string, readonly string[]])[] = [
  ['Node', [process.execPath]],
  ['Deno', ['deno', 'run', '--quiet', '--allow-all']],
]

for (const row of rows) {
  describe(row.script, () => {
    for (const [name, command] of runtimes) {
      for (const file of row.bundle === undefined ? [row.script] : [row.script, row.bundle]) {
        it(`runs under ${name} as ${file}`, t => {
          const folder = mkdtempSync(join(tmpdir(), 'dsync-smoke-'))
          t.after(() => rmSync(folder, { recursive: true }))
          const [program = '', ...before] = command
          const env = { ...process.env, HOME: folder, DSYNC_HOME: row.home ?? join(folder, '.dsync'), NO_COLOR: '1' }
          const parameters = [...before, join(checkout, file), ...row.arguments]
          const ended = spawnSync(program, parameters, { env, input: '', encoding: 'utf8', timeout: 60_000 })
          assert.equal(ended.status, row.code, ended.stderr)
          assert.match(`${ended.stdout}${ended.stderr}`, row.says)
        })
      }
    }
  })
}
