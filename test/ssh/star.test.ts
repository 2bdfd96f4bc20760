import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { SshHost } from '../hosts/host.ts'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import { parsed } from '../pipe/pair.ts'
import { until } from '../pipe/until.ts'

const docker = providers().find(({ name }) => name === 'docker')
const skip = docker === undefined ? 'only containers have dsync installed' : docker.skip

/** How long one thing may take to be on all hosts (ms): a link that is silent is given up after fifteen seconds. */
const soonMs = 60_000

it(
  'four hosts: edits reach all, the hub is cut off, another takes its place, and it follows',
  { skip, timeout: 300_000 },
  async t => {
    const set = await sshHosts(t, 'docker', 4)
    const [a, b, c, d] = [0, 1, 2, 3].map(i => set.host(i)) as [SshHost, SshHost, SshHost, SshHost]
    const typed = async (host: SshHost, line: string): Promise<string> => {
      const said = await host.run(`/opt/dsync/bin/dsync ${line} </dev/null 2>&1; printf '\\001%s' $?`, {
        limitMs: 100_000,
      })
      const [text = '', code = ''] = said.split('\x01')
      assert.equal(code, '0', `${line} on ${host.name}: ${text}`)
      return text
    }
    const hubOf = async (host: SshHost): Promise<{ name: string; epoch: number }> =>
      (parsed(await typed(host, 'hub --json')) as { hub: { name: string; epoch: number } }).hub
    /** Resolves once every one of some hosts holds these texts, by path. */
    const everywhere = async (texts: Readonly<Record<string, string>>, hosts = [a, b, c, d]): Promise<void> => {
      const names = Object.keys(texts)
      const wanted = Object.values(texts).join('\n')
      const look = `cd project; for f in ${names.join(' ')}; do cat "$f" 2>/dev/null; echo; done`
      const waiting = hosts.map(host =>
        until(`${names.join(', ')} on ${host.name}`, async () => (await host.run(look)).trim() === wanted, soonMs),
      )
      await Promise.all(waiting)
    }

    await a.run('mkdir -p project')
    for (const host of [b, c, d]) await typed(a, `hosts add ${host.name}`)
    await typed(a, 'roots add ~/project')
    await typed(a, 'start')
    await typed(a, 'sync')

    await t.test('edits reach all', async () => {
      await Promise.all([a, b, c, d].map(host => host.write(`project/from-${host.name}`, host.name)))
      await typed(a, 'sync')
      await everywhere(Object.fromEntries([a, b, c, d].map(({ name }) => [`from-${name}`, name])))
    })

    await t.test('a hub that is cut off is replaced', async () => {
      await a.cutNetwork('drop')
      await typed(b, 'hub take --yes')
      await c.write('project/without', 'the old hub')
      await everywhere({ without: 'the old hub' }, [b, c, d])
      assert.deepEqual([(await hubOf(c)).name, (await hubOf(d)).name], [b.name, b.name])
    })

    await t.test('it follows once it is back, with what was made on it meanwhile', async () => {
      await a.write('project/alone', 'made while cut off')
      await a.healNetwork()
      await until('the old hub follows', async () => (await hubOf(a)).name === b.name, soonMs)
      await d.write('project/last', 'from d')
      await everywhere({ alone: 'made while cut off', without: 'the old hub', last: 'from d' })
      assert.equal((await hubOf(a)).epoch, 2)
    })
  },
)
