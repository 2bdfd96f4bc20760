import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { HostSet, SshHost } from '../hosts/host.ts'
import { logins } from '../hosts/host.ts'
import type { Provider } from '../hosts/ssh-hosts.ts'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import type { Ran } from '../pipe/pair.ts'
import { until } from '../pipe/until.ts'
import { sharedConnections } from './shared-connections.ts'
import { SshPair } from './ssh-pair.ts'

/** What a login meets, and what comes of it. */
interface Row {
  readonly says: string
  /** Makes it so. */
  readonly make: (host: SshHost, set: HostSet) => unknown
  /** What `hosts add` says and its exit code; undefined: it works, and files travel. */
  readonly refused?: { readonly code: number; readonly says: RegExp; readonly next: RegExp }
  /** More words for `hosts add`. */
  readonly words?: readonly string[]
  /** What `hosts add` says that it put there. */
  readonly put?: RegExp
  /** Only hosts with a file system and users of their own can be made so. */
  readonly isolated?: true
}

const noise = 'echo "Welcome to this machine"; printf "no newline at the end"; echo "to stderr" >&2\n'

const rows: readonly Row[] = [
  { says: 'bash that prints', make: host => host.write('.bashrc', noise) },
  { says: 'zsh that prints', make: async host => (await host.setShell('zsh'), await host.write('.zshenv', noise)) },
  {
    says: 'fish',
    make: async host => (await host.setShell('fish'), await host.write('.config/fish/config.fish', 'echo Welcome\n')),
  },
  { says: 'tcsh', make: async host => (await host.setShell('tcsh'), await host.write('.tcshrc', 'echo Welcome\n')) },
  {
    says: 'an rc file that becomes tmux',
    make: host => host.write('.bashrc', 'exec tmux\n'),
    refused: { code: 5, says: /starts a program that needs a terminal/, next: /interactive/ },
  },
  { says: 'one session a connection', make: host => host.reloadSshd('MaxSessions 1') },
  {
    says: 'a host key that is not known',
    make: (_, set) => writeFileSync(set.knownHosts, ''),
    refused: { code: 5, says: /its host key is not known here yet/, next: /ssh .* true/ },
  },
  {
    says: 'a host key that is another',
    make: (host, set) => {
      const wrong = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
      writeFileSync(set.knownHosts, `${host.name} ${wrong}\n`)
    },
    refused: { code: 5, says: /its host key is not the one that is known/, next: /ssh-keygen -R/ },
  },
  {
    says: 'a password only',
    make: host =>
      host.reloadSshd('PubkeyAuthentication no\nPasswordAuthentication yes\nKbdInteractiveAuthentication no'),
    refused: { code: 5, says: /does not let us in without a password/, next: /ssh-copy-id/ },
  },
  {
    says: 'no ssh server',
    make: host => host.stopSshd(),
    refused: { code: 5, says: /no ssh server answers|connection .* ended/i, next: /ssh|dsync/ },
  },
  { says: 'Deno alone', make: host => host.setRuntime('deno'), isolated: true, words: ['--no-kit'] },
  { says: 'no Node and no Deno', make: host => host.setRuntime('none'), isolated: true, put: /put there: node 24/ },
  {
    says: 'a PATH without anything',
    make: host => host.write('.bashrc', 'PATH=/nowhere\n'),
    refused: { code: 5, says: /its login shell does not find `sh`/, next: /PATH/ },
  },
  {
    says: 'a PATH without /usr/local/bin',
    make: host => host.write('.bashrc', 'PATH=/usr/bin:/bin\n'),
    isolated: true,
  },
  { says: 'a host behind another', make: (host, set) => behindItself(host, set) },
  {
    says: 'a home from which nothing may be run',
    make: async host => {
      await host.setRuntime('none')
      await host.run('mkdir /noexec/dsync && chown dev /noexec/dsync && ln -s /noexec/dsync /home/dev/.dsync', {
        as: 'root',
      })
    },
    isolated: true,
    refused: { code: 1, says: /nothing may be run \(noexec\)/, next: /Install Node/ },
  },
  {
    says: 'a directory for temporary files from which nothing may be run',
    make: host => host.run('rm -rf /tmp && ln -s /noexec /tmp', { as: 'root' }),
    isolated: true,
  },
  {
    says: 'a home that cannot be written',
    make: host => host.run('chown root /home/dev && chmod 755 /home/dev', { as: 'root' }),
    isolated: true,
    refused: { code: 1, says: /home: \/home\/dev cannot be written$/m, next: /ls -ld/ },
  },
  {
    says: 'a full disk',
    make: host =>
      host.run(
        'mkdir /small/dsync && chown dev /small/dsync && ln -s /small/dsync /home/dev/.dsync && dd if=/dev/zero of=/small/full bs=1M || :',
        {
          as: 'root',
        },
      ),
    isolated: true,
    refused: { code: 1, says: /home: .* its disk is full$/m, next: /Make room/ },
  },
]

/** How long anything here may take to say what it has to say (ms). */
const answerMs = 40_000

/** The same where fifty megabytes go before it (ms). */
const bringMs = 150_000

// Most of it waits for logins.
describe('logging in', { concurrency: 2 }, () => {
  const [first, docker] = [
    providers().find(({ skip }) => skip === false),
    providers().find(each => each.name === 'docker'),
  ]
  const { name = 'loopback', skip = 'no ssh hosts can run here: npm run test:provision' } = cheapest() ?? first ?? {}
  const loopback = providers().find(each => each.name === 'loopback')?.skip ?? 'loopback hosts were not chosen'
  for (const { says, make, refused, isolated, put, words = [] } of rows) {
    const [provider, left] =
      isolated === true ? (['docker', docker?.skip ?? 'needs hosts of their own'] as const) : ([name, skip] as const)
    it(`${provider}: ${says}`, { skip: left, timeout: 240_000 }, async t => {
      const set = await sshHosts(t, provider, 1)
      await make(set.host(0), set)
      const pair = SshPair.beside(set)
      t.after(() => pair.close())
      const begun = performance.now()
      const added = await pair.dsync('hosts', 'add', 'twin', '--ssh', set.host(0).name, ...words)
      assert.ok(
        performance.now() - begun < (put === undefined ? answerMs : bringMs),
        `it took ${performance.now() - begun} ms`,
      )
      if (refused === undefined) {
        assert.match(added.stdout, put ?? (words.includes('--no-kit') ? /^Added/ : /put there: dsync/))
        await travels(pair, set.host(0), added)
      } else {
        assert.equal(added.code, refused.code, added.stdout + added.stderr)
        assert.match(added.stderr, refused.says)
        assert.match(added.stderr, refused.next)
      }
    })
  }
  it('loopback: this very host, by its home and by a directory', { skip: loopback, timeout: 120_000 }, async t => {
    const set = await sshHosts(t, 'loopback', 1)
    const itself = SshPair.beside(set, {}, set.host(0).homeHere)
    const same = await itself.dsync('hosts', 'add', 'twin', '--ssh', set.host(0).name)
    assert.deepEqual([same.code, same.stdout], [2, ''])
    assert.match(same.stderr, /^dsync: Cannot use \S+ as another host: it is this one\n {2}→ dsync help hosts add\n$/)
    assert.deepEqual((await itself.ok('hosts', '--json')).json, { hosts: [] })
    itself.vanish()
    // Another home of the same account, with the same directories.
    const pair = SshPair.beside(set)
    t.after(() => pair.close())
    await pair.ok('hosts', 'add', 'twin', '--ssh', set.host(0).name)
    const root = await pair.dsync('roots', 'add', pair.alpha, '--at', `twin=${pair.alpha}`)
    assert.equal(root.code, 2)
    assert.match(root.stderr, /^dsync: .*Cannot sync \S+: it is the same directory \(on twin\)\n {2}→ /)
    assert.deepEqual((await pair.ok('roots', '--json')).json, { roots: [] })
    assert.deepEqual(readdirSync(pair.alpha), [])
  })
  it(`${name}: a key that is let in no more, until it is again`, { skip, timeout: 120_000 }, async t => {
    const set = await sshHosts(t, name, 1)
    const pair = await SshPair.over(set)
    t.after(() => pair.close())
    await pair.start()
    await pair.ok('sync')
    await set.host(0).reloadSshd('PubkeyAuthentication no\nPasswordAuthentication yes\nKbdInteractiveAuthentication no')
    await set.host(0).kill(logins)
    const refused = async (): Promise<Ran> => await pair.dsync('sync', '--timeout', '20')
    let ran = await refused()
    await until('the loss is noticed', async () => (ran = await refused()).code !== 0)
    assert.equal(ran.code, 5, ran.stdout + ran.stderr)
    assert.match(ran.stdout + ran.stderr, /does not let us in without a password.*ssh-copy-id/s)
    await set.host(0).reloadSshd('')
    await pair.ok('sync')
  })
  it(`${name}: a shared connection that hangs, and one that is dead`, { skip, timeout: 120_000 }, async t => {
    const set = await sshHosts(t, name, 1)
    const pair = SshPair.beside(set)
    t.after(() => pair.close())
    const added = await pair.dsync('hosts', 'add', 'twin', '--ssh', set.host(0).name)
    const [master] = sharedConnections(pair)
    assert.ok(master !== undefined, added.stderr)
    process.kill(master, 'SIGSTOP')
    t.after(() => sharedConnections(pair).forEach(pid => process.kill(pid, 'SIGKILL')))
    const { code, stderr } = await pair.dsync('hosts', 'check')
    assert.equal(code, 0, stderr)
    process.kill(master, 'SIGKILL')
    await travels(pair, set.host(0), added)
  })
})

/** Makes the way to a host lead over a login to the same host, by another name: ProxyJump. */
function behindItself(host: SshHost, set: HostSet): void {
  const config = readFileSync(set.config, 'utf8')
  const jump = config.replace(`Host ${host.name}`, 'Host jump')
  writeFileSync(set.config, `Host ${host.name}\n  ProxyJump jump\n\n${config}\n${jump}`)
}

/** A loopback host starts in a tenth of the time that a container takes. */
function cheapest(): Provider | undefined {
  return providers().find(({ name, skip }) => name === 'loopback' && skip === false)
}

/** Files go both ways between a root here and there. */
async function travels(pair: SshPair, host: SshHost, added: Ran): Promise<void> {
  assert.equal(added.code, 0, added.stderr)
  writeFileSync(join(pair.alpha, 'from here'), 'here')
  await pair.ok('roots', 'add', pair.alpha)
  await pair.start()
  await pair.ok('sync')
  assert.equal((await host.read('project/from here')).toString(), 'here')
  await host.write('project/from there', 'there')
  await until('the other side’s file is here', () => existsSync(join(pair.alpha, 'from there')))
  const { code, stderr } = await pair.dsync('hosts', 'check')
  assert.equal(code, 0, stderr)
}
