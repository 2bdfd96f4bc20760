import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { misfits } from '../cli/answer-schema.ts'
import { logins } from '../hosts/host.ts'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import type { DtestAnswer } from '../pipe/dtest-run.ts'
import { changes, filesOf, openRuns, startDtest } from '../pipe/dtest-run.ts'
import { until } from '../pipe/until.ts'
import { SshPair } from './ssh-pair.ts'

for (const { name, skip } of providers()) {
  describe(`dtest over ssh, ${name}`, { skip, timeout: 240_000 }, () => {
    it('proves all there is between two hosts, and leaves both as they were', async t => {
      const set = await sshHosts(t, name, 1)
      const pair = await SshPair.over(set)
      t.after(() => pair.close())
      await pair.start()
      await pair.ok('sync')
      const before = filesOf(pair)
      const home = pair.userHome
      const { json, stderr } = await startDtest(['--host', 'twin', '--json'], { home }).ended
      const { scenarios, left } = (json as DtestAnswer).dtest
      assert.deepEqual(misfits('dtest', json), [])
      assert.deepEqual([scenarios.filter(({ state }) => state !== 'ok'), left, stderr], [[], [], ''])
      assert.deepEqual(changes(before, filesOf(pair)), [])

      // Its own connection is lost as well as the daemon's: it says so, and clears over a new one.
      const cut = startDtest(['--host', 'twin'], { home })
      await until('it has begun', () => cut.said().startsWith('dtest between'), 60_000)
      await set.host(0).kill(logins)
      const ran = await cut.ended
      assert.equal(ran.code, 1, ran.stdout)
      assert.match(ran.stdout, /✘ [^]*\n {2}– performance +not reached\n/)
      assert.deepEqual([openRuns(pair), changes(before, filesOf(pair))], [0, []], ran.stdout)
    })
  })
}
