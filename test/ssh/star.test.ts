import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { SshHost } from '../hosts/host.ts'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import { parsed } from '../pipe/pair.ts'
import { until } from '../pipe/until.ts'

const docker = providers().find(({ name }) => name === 'docker')
const skip = docker === undefined ? 'only containers have dsync installed' : docker.skip

/** What stands still while a host sleeps. */
const asleep = /agentLoader|agent\.cjs|^sshd: (?!.*\[listener\])/

/** How long one thing may take to be on all hosts (ms): a link that is silent is given up after fifteen seconds. */
const soonMs = 60_000

it(
  'four hosts: edits reach all, whoever sleeps, comes, goes or is killed; another takes the place of a hub that is cut off',
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

    await t.test('hosts come and go while it runs, each root has its own, and one sleeps meanwhile', async () => {
      await d.cutNetwork('drop')
      await d.kill(asleep, 'SIGSTOP')
      await a.run('mkdir notes')
      await typed(a, `roots add ~/notes --on ${b.name}`)
      await a.write('notes/for-b', 'one of two')
      await until('b has it', async () => (await b.run('cat notes/for-b 2>/dev/null; true')) === 'one of two', soonMs)
      assert.match(await c.run('ls -d notes 2>&1; true'), /No such file/)

      await typed(a, `roots remove ~/project --on ${c.name}`)
      await typed(a, `hosts remove ${c.name}`)
      await b.write('project/without-c', 'while c was no host')
      await everywhere({ 'without-c': 'while c was no host' }, [a, b])
      assert.match(await c.run('ls project/without-c 2>&1; true'), /No such file/)
      await typed(a, `hosts add ${c.name}`)
      await typed(a, `roots add ~/project --on ${c.name}`)
      await everywhere({ 'without-c': 'while c was no host' }, [a, b, c])
    })

    await t.test('the hub is killed and comes back, to hosts that were edited, and one that wakes up', async () => {
      await a.kill(/dist\/daemon\.js/)
      await c.write('project/no-hub', 'while the hub was dead')
      await d.write('project/asleep', 'while d slept')
      await d.kill(asleep, 'SIGCONT')
      await d.healNetwork()
      await typed(a, 'start')
      await everywhere({
        'without-c': 'while c was no host',
        'no-hub': 'while the hub was dead',
        asleep: 'while d slept',
      })
    })

    await t.test('the hub is moved to another, which drives with the dsync that was put there', async () => {
      await typed(a, `hub move ${b.name} --yes`)
      await c.write('project/moved', 'by the new hub')
      await everywhere({ moved: 'by the new hub' })
    })

    await t.test('a hub that is cut off is replaced', async () => {
      await b.cutNetwork('drop')
      await typed(c, 'hub take --yes')
      await d.write('project/without', 'the old hub')
      await everywhere({ without: 'the old hub' }, [a, c, d])
      assert.deepEqual([(await hubOf(a)).name, (await hubOf(d)).name], [c.name, c.name])
    })

    await t.test('it follows once it is back, with what was made on it meanwhile', async () => {
      await b.write('project/alone', 'made while cut off')
      await b.healNetwork()
      await until('the old hub follows', async () => (await hubOf(b)).name === c.name, soonMs)
      await a.write('project/last', 'from the first hub')
      await everywhere({ alone: 'made while cut off', without: 'the old hub', last: 'from the first hub' })
      assert.equal((await hubOf(b)).epoch, 3)
    })
  },
)
