import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HostSet, ProviderName } from '../hosts/host.ts'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import { stormSeeds } from '../pipe/storm-seeds.ts'
import type { StormOptions } from '../storm/storm.ts'
import { storm } from '../storm/storm.ts'
import type { SshPairOptions } from './ssh-pair.ts'
import { HostPair, SshPair } from './ssh-pair.ts'

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
  { says: 'the wire cut in the middle', kills: { daemon: 0, agent: 2 }, pair: { victims: ['wire'] } },
  { says: 'chokidar on one side, polling on the other', pair: { watchers: ['chokidar', 'twin=polling'] } },
]

/** Ways to have two hosts. */
const places: readonly (readonly [
  says: string,
  provider: ProviderName,
  make: (set: HostSet, options?: SshPairOptions) => Promise<SshPair>,
])[] = [
  ['over a loopback sshd', 'loopback', SshPair.over],
  ['between two containers', 'docker', HostPair.between],
]

for (const [place, provider, make] of places) {
  const skip = providers().find(({ name }) => name === provider)?.skip ?? 'another provider was chosen'
  // Users think, and what was held waits.
  describe(`edit storms ${place}`, { skip, concurrency: 2 }, () => {
    for (const { says, kills, pair: options } of rows) {
      for (const seed of stormSeeds(1)) {
        it(`${says}, seed ${seed}`, { timeout: 300_000 }, async t => {
          const pair = await make(await sshHosts(t, provider, 2), options)
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
