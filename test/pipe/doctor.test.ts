import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Check } from '../../lib/doctor/check.ts'
import type { Examined } from '../../lib/doctor/examination.ts'
import type { Ran } from './pair.ts'
import { Pair } from './pair.ts'

function daemonRow({ json }: Ran, name: string): Check | undefined {
  const { doctor } = json as { readonly doctor: readonly Examined[] }
  return doctor.find(({ place }) => place === 'daemon')?.checks.find(({ check }) => check === name)
}

describe('dsync doctor in the surroundings of the daemon', { timeout: 120_000 }, () => {
  it('sees what a service does not find, and its fix mends it', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    const bin = join(pair.base, 'bin')
    mkdirSync(bin)
    symlinkSync('/bin/sh', join(bin, 'sh'))
    // As a service would be: nothing but what it was given.
    const { code, stderr } = await pair.dsyncIn({ variables: { PATH: bin, LC_ALL: 'C' } }, 'start')
    assert.equal(code, 0, stderr)
    const before = await pair.ok('doctor', '--here', '--json')
    const row = daemonRow(before, 'daemon: PATH')
    assert.equal(row?.result, 'warning')
    assert.match(row.meaning, /^it does not find .*git, which your shell does$/)
    const [fix = ''] = row.fix?.split(' && dsync restart') ?? []
    assert.equal(spawnSync('sh', ['-c', fix]).status, 0, fix)
    await pair.ok('restart')
    const after = await pair.ok('doctor', '--here', '--json')
    assert.equal(daemonRow(after, 'daemon: PATH')?.result, 'ok')
    assert.equal(daemonRow(after, 'daemon')?.result, 'ok')
  })

  it('says that no daemon runs, and ends with 1 when there is a root', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    const ran = await pair.dsync('doctor', '--here', '--json')
    assert.equal(ran.code, 1, ran.stdout)
    assert.deepEqual(daemonRow(ran, 'daemon'), {
      ...{ check: 'daemon', result: 'failed', meaning: 'It is not running: nothing is synced', fix: 'dsync start' },
    })
  })
})
