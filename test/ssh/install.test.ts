import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { scenarioNames } from '../../lib/cli/table/dtest-command.ts'
import type { Examined } from '../../lib/doctor/examination.ts'
import type { Job } from '../../lib/service/jobs.ts'
import { restartSeconds, serviceJobs } from '../../lib/service/jobs.ts'
import { DockerHost } from '../hosts/docker-host.ts'
import type { HostSet } from '../hosts/host.ts'
import { quoted } from '../hosts/script-files.ts'
import { openBootedHosts, providers } from '../hosts/ssh-hosts.ts'
import type { DtestAnswer } from '../pipe/dtest-run.ts'
import { isWritten, rootIds } from '../pipe/dtest-run.ts'
import { until } from '../pipe/until.ts'

const docker = providers().find(({ name }) => name === 'docker')
const skip = docker === undefined ? 'only containers are machines of their own' : docker.skip

/** The checkout as every host has it: not to be written, and nothing else of this machine is there. */
const installer = '/opt/dsync/install.sh'

/** How long an edit may take to heal its way over (ms): several attempts to reach a host that is away. */
const healMs = 90_000

/** A Node of this machine that is too old for dsync: where tests run under one. */
function oldNode(): string | undefined {
  const found = spawnSync('/bin/sh', [
    '-c',
    'for node in /usr/bin/node /usr/local/bin/node; do [ ! -x $node ] || echo $node; done',
  ])
  const paths = found.stdout.toString().trim().split('\n')
  return paths.find(path => /^v2[0-3]\./.test(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? ''))
}

/** What a supervisor would be told of the daemon, for a host without one: starts it, and again whenever it fails. */
function bootScript({ command, environment, directory, niceness, log }: Job): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const words = ['env', `HOME=${directory}`, ...variables, 'nice', '-n', String(niceness), ...command].map(quoted)
  const line = `cd ${quoted(directory)} && exec ${words.join(' ')} >>${quoted(log)} 2>&1`
  return `#!/bin/sh\nuntil su -s /bin/sh dev -c ${quoted(line)}; do sleep ${restartSeconds}; done\n`
}

/** Two machines that have never heard of dsync, and what is asked of them. */
class Machines {
  readonly here: DockerHost
  readonly there: DockerHost
  readonly #hosts: HostSet
  #count = 0

  constructor(hosts: HostSet) {
    const [here, there] = [hosts.host(0), hosts.host(1)]
    assert.ok(here instanceof DockerHost && there instanceof DockerHost)
    this.here = here
    this.there = there
    this.#hosts = hosts
  }

  dsync(words: string): Promise<string> {
    return this.here.run(`exec ~/.dsync/bin/dsync ${words}`)
  }

  /** By a login, as a person does it. */
  async install(words: string): Promise<string> {
    const line = `${installer} ${words} </dev/null 2>&1`
    const { code, stdout } = await this.#hosts.ssh(this.here, [line], { limitMs: 200_000 })
    assert.equal(code, 0, stdout)
    return stdout
  }

  /** Everything in both homes but what was to be kept the same, and who has a systemd without a login. */
  async trees(): Promise<readonly (readonly string[])[]> {
    const hosts = [this.here, this.there]
    const lingering = await Promise.all(hosts.map(host => host.run('ls -A /var/lib/systemd/linger || :')))
    const trees = await Promise.all(hosts.map(host => host.tree('.')))
    return trees.map((tree, i) => [
      `lingering: ${lingering[i] ?? ''}`,
      ...Object.entries(tree).flatMap(([path, what]) => (/^projects(?:\/|$)/.test(path) ? [] : [`${path} ${what}`])),
    ])
  }

  /** Everything in both homes but what a daemon writes all the time, and temporary files. */
  async files(): Promise<readonly (readonly string[])[]> {
    const ids = rootIds(String(await this.here.read('.dsync/config.json')))
    return await Promise.all(
      [this.here, this.there].map(async host => [
        await host.run('ls -A /tmp'),
        ...Object.entries(await host.tree('.')).flatMap(([path, what]) =>
          isWritten(path, ids) ? [] : [`${path} ${what}`],
        ),
      ]),
    )
  }

  /** Edits here, and waits until that is there. @returns how long that took (ms) */
  async travels(): Promise<number> {
    const text = `${(this.#count += 1)}\n`
    await this.here.write('projects/notes.txt', text)
    const begun = performance.now()
    const arrived = async (): Promise<boolean> => (await this.there.run('cat projects/notes.txt || true')) === text
    await until(`edit ${text.trim()} has travelled`, arrived, healMs)
    return Math.round(performance.now() - begun)
  }
}

describe('install.sh on machines of their own', { skip, timeout: 480_000 }, () => {
  it('ends with live sync, stays up, and goes without a trace', async t => {
    const { hosts, lacksSystemd } = await openBootedHosts()
    t.after(() => hosts.close())
    const machines = new Machines(hosts)
    const { here, there } = machines
    const node = oldNode()
    await Promise.all([here.setRuntime(node === undefined ? 'node18' : 'none'), there.setRuntime('none')])
    if (node !== undefined) {
      await here.run('cat >/usr/local/bin/node && chmod 755 /usr/local/bin/node', {
        as: 'root',
        input: readFileSync(node),
      })
    }
    // fish makes itself at home when it is started first.
    await here.run('fish -ic true 2>/dev/null; mkdir -p projects/app && echo one >projects/app/main.txt')
    const before = await machines.trees()
    t.diagnostic(`Node on the first: ${(await here.run('node --version')).trim()}; on the second: none`)
    t.diagnostic(`PID 1: ${(await here.run('cat /proc/1/comm')).trim()}`)

    await t.test('installs on both, without any network', async () => {
      const said = await installs(t, machines)
      const service = / {2}service +done +systemd keeps the daemon up, also while you are logged out\n/
      assert.match(said, lacksSystemd === undefined ? service : /Cannot install a service/)
    })
    await t.test('systemd keeps it up', { skip: lacksSystemd ?? false }, () => isKeptUp(machines))
    if (lacksSystemd !== undefined) await keepsUpByScript(machines)
    await t.test('syncs as one types', async () => t.diagnostic(`live sync: ${await machines.travels()} ms`))
    await t.test('a second run changes nothing', async () => {
      assert.match(await machines.install('--yes --offline --host host-b --root ~/projects'), /^Nothing to do: /m)
    })
    await t.test('new shells find it', async () => {
      for (const shell of ['bash -ic', 'bash -lc', 'zsh -ic', 'fish -ic']) {
        const found = await here.run(`TERM=dumb ${shell} 'command -v dsync; command -v dtest' 2>/dev/null`)
        assert.equal(found, '/home/dev/.dsync/bin/dsync\n/home/dev/.dsync/bin/dtest\n', shell)
      }
    })
    await t.test('ssh shares connections to what dsync has', async () => {
      const said = await here.run('head -n 1 .ssh/config; ssh -G host-b | grep -i -E "^control(master|path)"')
      assert.match(
        said,
        /^Include ~\/\.dsync\/ssh\/config\ncontrolmaster auto\ncontrolpath \/home\/dev\/\.dsync\/ssh\/s\/[0-9a-f]{40}\n$/,
      )
    })
    await t.test('the doctor finds nothing', () => isWell(t, machines, lacksSystemd === undefined))
    await t.test('dtest proves it', () => isProved(t, machines))
    await t.test('heals when the daemon, either machine or the network goes', () => heals(t, machines))
    await t.test('uninstalls from both', async () => {
      const said = await machines.install('--uninstall --yes --purge')
      assert.doesNotMatch(said, /keeps what was put there|stays as it is/, said)
      assert.deepEqual(await machines.trees(), before)
      assert.equal(String(await there.read('projects/app/main.txt')), 'one\n')
    })
  })
})

async function installs(t: TestContext, machines: Machines): Promise<string> {
  const begun = performance.now()
  const said = await machines.install('--yes --offline --host host-b --root ~/projects')
  assert.match(said, /^ {2}host +done +host-b$/m, said)
  assert.match(await machines.dsync('sync'), /\S/)
  assert.equal(String(await machines.there.read('projects/app/main.txt')), 'one\n')
  t.diagnostic(`installed on both, and the first sync: ${Math.round((performance.now() - begun) / 100) / 10} s`)
  return said
}

async function isKeptUp(machines: Machines): Promise<void> {
  assert.match(await machines.dsync('status'), /kept up by systemd/)
  const said = await machines.dsync('service status')
  assert.match(said, /^systemd keeps the daemon up: running, process \d+\n[^]*\n {2}All is as it should be\.\n$/)
  assert.equal(await machines.here.run('loginctl show-user --property=Linger dev'), 'Linger=yes\n')
}

/** Where no init keeps services: what stands in the unit is done from now on, and at each boot. */
async function keepsUpByScript(machines: Machines): Promise<void> {
  const home = '/home/dev/.dsync'
  const place = { kind: 'systemd', userHome: '/home/dev', home, kit: `${home}/kit/current`, runtime: '' } as const
  const daemon = serviceJobs(place).find(({ name }) => name === 'daemon')
  assert.ok(daemon !== undefined)
  await machines.dsync('stop')
  const script =
    'cat >/etc/dsync-test-boot && chmod 755 /etc/dsync-test-boot && (setsid /etc/dsync-test-boot >/dev/null 2>&1 &)'
  await machines.here.run(script, { as: 'root', input: bootScript(daemon) })
}

/** Here, in the daemon's own surroundings, and on the other host. @param hasService else its absence is worth a note */
async function isWell(t: TestContext, machines: Machines, hasService: boolean): Promise<void> {
  const answer = JSON.parse(await machines.dsync('doctor --json')) as { readonly doctor: readonly Examined[] }
  const { doctor } = answer
  assert.deepEqual(
    doctor.map(({ place, isReached }) => [place, isReached]),
    [
      ['here', true],
      ['daemon', true],
      ['other', true],
    ],
  )
  const rows = doctor.flatMap(({ place, checks }) => checks.map(check => ({ place, ...check })))
  assert.deepEqual(
    rows.filter(({ check, result }) => result !== 'ok' && (hasService || check !== 'service')),
    [],
  )
  t.diagnostic(`the doctor looked at ${rows.length} things`)
  // Where somebody sits at the other host: no daemon is needed there, which is worth a note.
  const there = JSON.parse(await machines.there.run('exec ~/.dsync/bin/dsync doctor --json')) as typeof answer
  const noted = there.doctor.flatMap(({ checks }) => checks.filter(({ result }) => result !== 'ok'))
  assert.deepEqual(
    noted.map(({ check, result }) => [check, result]),
    [['daemon', 'note']],
  )
}

async function isProved(t: TestContext, machines: Machines): Promise<void> {
  const before = await machines.files()
  for (const words of ['--host host-b', '--pipe']) {
    const said = await machines.here.run(`exec ~/.dsync/bin/dtest ${words} --json`, { limitMs: 120_000 })
    const { scenarios, left } = (JSON.parse(said) as DtestAnswer).dtest
    assert.deepEqual([scenarios.map(({ name, state }) => `${name}: ${state}`), left], [allOk, []], said)
    for (const { name, figures } of scenarios) t.diagnostic(`dtest ${words}, ${name}: ${JSON.stringify(figures)}`)
    assert.deepEqual(await machines.files(), before, words)
  }
}

const allOk = scenarioNames.map(name => `${name}: ok`)

async function heals(t: TestContext, machines: Machines): Promise<void> {
  const { here, there } = machines
  const says = async (what: string): Promise<void> =>
    t.diagnostic(`${what}: ${await machines.travels()} ms until an edit has travelled`)
  assert.equal((await here.kill(/daemon\.js/)).length, 1)
  await says('daemon killed')
  await there.restart()
  await says('the other machine rebooted')
  await here.restart()
  await says('this machine rebooted')
  await there.cutNetwork('drop')
  await here.write('projects/meanwhile.txt', 'written while it was away\n')
  await until('the daemon says so', async () => !(await machines.dsync('status || :')).includes('watching'), healMs)
  await there.healNetwork()
  await says('network back')
  assert.equal(String(await there.read('projects/meanwhile.txt')), 'written while it was away\n')
}
