import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import { stormSeeds } from '../pipe/storm-seeds.ts'
import type { StormOptions } from '../storm/storm.ts'
import { storm } from '../storm/storm.ts'
import type { SshPairOptions } from './ssh-pair.ts'
import { SshPair } from './ssh-pair.ts'

interface Row {
  readonly says: string
  readonly kills?: StormOptions['kills']
  readonly pair?: SshPairOptions
}

const rows: readonly Row[] = [
  { says: 'a thousand edits on each side at once' },
  {
    says: 'daemon, agent, ssh and the login killed in the middle',
    kills: { daemon: 1, agent: 3 },
    pair: { victims: ['agent', 'ssh', 'sshd'] },
  },
]

for (const { name, skip } of providers().filter(each => each.name === 'loopback')) {
  describe(`edit storms over ssh, ${name}`, { skip }, () => {
    for (const { says, kills, pair: options } of rows) {
      for (const seed of stormSeeds(1)) {
        it(`${says}, seed ${seed}`, { timeout: 300_000 }, async t => {
          const pair = await SshPair.over(await sshHosts(t, name, 1), options)
          t.after(() => pair.close())
          await pair.start()
          const { faults, ...figures } = await storm(pair, { seed, steps: 1000, plant: 300, ...(kills && { kills }) })
          t.diagnostic(`seed ${seed}: ${JSON.stringify(figures)}`)
          assert.deepEqual(faults, [], pair.daemonLog())
          assert.equal(pair.daemonLog(), '')
        })
      }
    }
  })
}
