import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../scripts/provision.ts', import.meta.url))

it('test:provision says that nothing is missing, with and without leave to install', () => {
  for (const parameters of [[], ['--yes']]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...parameters], { encoding: 'utf8' })
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /^Nothing is missing/)
  }
})
