import assert from 'node:assert/strict'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Pair } from './pair.ts'

describe('the file env', { timeout: 120_000 }, () => {
  it('sets variables of the daemon and of what it starts, and tells nobody their values', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    const file = join(pair.userHome, '.dsync/env')
    writeFileSync(file, 'SSH_AUTH_SOCK=/hidden/agent\nMARK="hidden too"\n', { mode: 0o600 })
    await pair.start()
    await pair.ok('sync')
    const { daemons, agents } = pair.live()
    // The variables of a process as they were at its start are in /proc on Linux alone; a daemon sets its own later.
    if (process.platform === 'linux') {
      assert.notEqual(agents.length, 0)
      for (const agent of agents) assert.match(readFileSync(`/proc/${agent}/environ`, 'utf8'), /\0?MARK=hidden too\0/)
    }
    assert.equal(daemons.length, 1)
    const started = pair.audit().find(({ event }) => event === 'started')
    assert.equal(started?.['environment'], 'SSH_AUTH_SOCK MARK')
    const said = [await pair.ok('status'), await pair.ok('status', '--json'), await pair.ok('config', 'get', 'env')]
    const logs = JSON.stringify(pair.audit()) + pair.daemonLog()
    assert.doesNotMatch(logs + said.map(({ stdout, stderr }) => stdout + stderr).join(''), /hidden/)
    assert.match(said[2]?.stdout ?? '', /SSH_AUTH_SOCK.*MARK/)

    chmodSync(file, 0o644)
    const { stdout } = await pair.ok('restart')
    assert.match(stdout, /! .*env: others may read it; it is not read {2}→ chmod 600 .*env, then dsync restart/)
    assert.match((await pair.ok('status')).stdout, /others may read it/)
    await pair.ok('sync')
    assert.equal(pair.audit().findLast(({ event }) => event === 'started')?.['environment'], undefined)
  })
})
