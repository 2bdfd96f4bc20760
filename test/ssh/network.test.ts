import assert from 'node:assert/strict'
import { chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Cut, HostSet, ProviderName } from '../hosts/host.ts'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import { until } from '../pipe/until.ts'
import { HostPair, SshPair } from './ssh-pair.ts'

/** Longer than every timeout of a link: silence, ssh's own probes, a handshake (ms). */
const longMs = 35_000

/** A link is tried again at the latest after this (ms), and needs some more to come back. */
const backMs = 45_000

interface Row {
  readonly says: string
  readonly how: Cut
  /** Until what, or how long, the network stays cut. */
  readonly cut: 'short' | 'noticed'
}

const rows: readonly Row[] = [
  { says: 'for two seconds', how: 'drop', cut: 'short' },
  { says: 'for longer than every timeout', how: 'drop', cut: 'noticed' },
  { says: 'and unplugged for longer than every timeout', how: 'unplug', cut: 'noticed' },
]

const places: readonly (readonly [provider: ProviderName, make: (set: HostSet) => Promise<SshPair>])[] = [
  ['loopback', set => SshPair.over(set)],
  ['docker', set => HostPair.between(set)],
]

/** Containers have a network that can really be cut; a loopback wire is second best. */
const [place = places[0]] = places
  .filter(([name]) => providers().some(each => each.name === name && each.skip === false))
  .toReversed()

if (place !== undefined) {
  const [provider, make] = place
  const skip = providers().find(({ name }) => name === provider)?.skip ?? 'another provider was chosen'
  // All of it waits.
  describe(`a network that is cut, ${provider}`, { skip, concurrency: rows.length }, () => {
    for (const { says, how, cut } of rows) {
      it(says, { timeout: 240_000 }, async t => {
        const set = await sshHosts(t, provider, 2)
        const pair = await make(set)
        t.after(() => pair.close())
        await pair.start()
        save(pair, 'alpha', 'both', 'first')
        await pair.ok('sync')

        await pair.other.cutNetwork(how)
        save(pair, 'alpha', 'here', 'written here meanwhile')
        save(pair, 'beta', 'there', 'written there meanwhile')
        save(pair, 'alpha', 'both', 'this side')
        save(pair, 'beta', 'both', 'that side, at the same time')
        if (cut === 'noticed') {
          await until('the loss is in status', async () => (await stateOf(pair)) === 'disconnected', longMs)
          const { code, stderr, stdout } = await pair.dsync('sync', '--timeout', '5')
          assert.equal(code, 5, stdout + stderr)
        } else await new Promise(resolve => setTimeout(resolve, 2000))
        await pair.other.healNetwork()

        await until(
          'both have what the other wrote',
          () => existsSync(join(pair.alpha, 'there')) && existsSync(join(pair.beta, 'here')),
          backMs,
        )
        const { code } = await pair.sync()
        assert.equal(code, 3)
        assert.equal(readFileSync(join(pair.alpha, 'both'), 'utf8'), 'this side')
        assert.equal(readFileSync(join(pair.beta, 'both'), 'utf8'), 'that side, at the same time')
        assert.equal(pair.daemonLog(), '')
      })
    }
  })
}

/** Writes a file as the user of a side does. */
function save(pair: SshPair, side: 'alpha' | 'beta', name: string, content: string): void {
  writeFileSync(join(pair[side], name), content)
  const uid = pair.uidOf(side)
  if (uid !== undefined) chownSync(join(pair[side], name), uid, uid)
}

async function stateOf(pair: SshPair): Promise<string | undefined> {
  const { json } = await pair.ok('status', '--json')
  return (json as { status: readonly { state: string }[] }).status[0]?.state
}
