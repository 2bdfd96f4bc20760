import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Check } from '../../lib/doctor/check.ts'
import type { Examined } from '../../lib/doctor/examination.ts'
import type { HostSet, SshHost } from '../hosts/host.ts'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import type { Ran } from '../pipe/pair.ts'
import { SshPair } from './ssh-pair.ts'

const [docker] = providers().filter(({ name }) => name === 'docker')
const [cheapest] = providers()
  .filter(({ skip }) => skip === false)
  .toSorted((a, b) => b.name.localeCompare(a.name))
const { name = 'loopback', skip = 'no ssh hosts can run here: npm run test:provision' } = cheapest ?? {}

const noise = 'echo "Welcome to this machine"; printf "no newline at the end"; echo "to stderr" >&2\n'

/** Rows of what was examined on one host, by their names. */
function rowsOf(ran: Ran, host: string): ReadonlyMap<string, Check> {
  const { doctor } = ran.json as { doctor: readonly Examined[] }
  const found = doctor.find(each => each.host === host && each.place === 'other')
  return new Map(found?.checks.map(row => [row.check, row]))
}

function resultsOf(rows: ReadonlyMap<string, Check>): string {
  return [...rows.values()].map(({ check, result }) => `${check}: ${result}`).join(', ')
}

async function added(set: HostSet, host: SshHost, t: { after(close: () => unknown): void }): Promise<SshPair> {
  const pair = SshPair.beside(set)
  t.after(() => pair.close())
  await pair.ok('hosts', 'add', 'twin', '--ssh', host.name, '--no-kit')
  return pair
}

describe('dsync doctor over ssh', () => {
  it(`${name}: fish and tcsh, which print`, { skip, timeout: 120_000 }, async t => {
    const set = await sshHosts(t, name, 1)
    const host = set.host(0)
    await host.setShell('fish')
    await host.write('.config/fish/config.fish', 'echo Welcome; echo more >&2\n')
    await host.write('.tcshrc', 'echo Welcome\n')
    const pair = await added(set, host, t)
    for (const shell of ['fish', 'tcsh']) {
      await host.setShell(shell)
      const ran = await pair.dsync('doctor', '--json', '--host', 'twin')
      const rows = rowsOf(ran, 'twin')
      assert.equal(ran.code, 0, ran.stdout)
      for (const check of ['login', 'platform', 'runtime', 'home', 'disk of home', 'watches', 'clock', 'hashing']) {
        assert.equal(rows.get(check)?.result, 'ok', `${check}: ${resultsOf(rows)}`)
      }
    }
    const known = JSON.parse(readFileSync(join(pair.userHome, '.dsync/state/hosts/twin.json'), 'utf8')) as {
      programs: Record<string, string>
    }
    assert.match(known.programs['tar'] ?? '', /^\/\S+\/tar$/)
  })

  it(
    `${name}: a daemon, a root, and a host that is gone: the others are shown`,
    { skip, timeout: 120_000 },
    async t => {
      const set = await sshHosts(t, name, 1)
      await set.host(0).write('.bashrc', noise)
      const pair = await added(set, set.host(0), t)
      mkdirSync(join(pair.alpha, 'one/two'), { recursive: true })
      await pair.ok('roots', 'add', pair.alpha)
      await pair.start()
      await pair.ok('sync')
      chmodSync(join(pair.userHome, '.dsync/config.json'), 0o644)
      const well = await pair.dsync('doctor')
      assert.equal(well.code, 0, well.stdout)
      assert.match(well.stdout, / ok +root ~\/project +\S+\/project, 3 directories\n/)
      assert.match(well.stdout, / ok +link to twin +ssh/)
      assert.match(well.stdout, / warning +permissions +others may read \S+config\.json\n +→ chmod 600 \S+\n/)
      assert.match(well.stdout, /\ntwin \(other host\)\n +ok +login +by key/)
      await set.host(0).stopSshd()
      const gone = await pair.dsync('doctor')
      assert.equal(gone.code, 5, gone.stdout)
      assert.match(gone.stdout, /\(this host\)\n +ok +platform/)
      assert.match(gone.stdout, /\ntwin \(other host, not reached\)\n +failed +login +\S/)
    },
  )

  it(
    'docker: no runtime, and a PATH with nothing on it',
    { skip: docker?.skip ?? 'no docker', timeout: 120_000 },
    async t => {
      const set = await sshHosts(t, 'docker', 1)
      const host = set.host(0)
      await host.setRuntime('none')
      await host.run('mkdir bin && ln -s /bin/sh bin/sh')
      await host.reloadSshd(`SetEnv PATH=${host.home}/bin`)
      const pair = SshPair.beside(set)
      t.after(() => pair.close())
      const settings = { ssh: { config: set.config }, hosts: { twin: { ssh: host.name } }, roots: {} }
      writeFileSync(join(pair.userHome, '.dsync/config.json'), JSON.stringify(settings), { mode: 0o600 })
      const before = await host.tree('.')
      const rows = rowsOf(await pair.dsync('doctor', '--json', '--host', 'twin'), 'twin')
      assert.match(rows.get('runtime')?.meaning ?? '', /^there is none; dsync brings its own$/)
      assert.match(rows.get('rsync')?.meaning ?? '', /^rsync \S+ at \/usr\/bin\/rsync$/)
      assert.match(rows.get('PATH')?.fix ?? '', /^export PATH=\/usr\/bin:\$PATH/)
      assert.deepEqual(await host.tree('.'), before, 'it left something behind')
    },
  )

  it(
    'docker: what stands in the way is said before anything is put there',
    { skip: docker?.skip ?? 'no docker', timeout: 120_000 },
    async t => {
      const set = await sshHosts(t, 'docker', 1)
      const host = set.host(0)
      await host.run('chown root /home/dev && chmod 755 /home/dev', { as: 'root' })
      const pair = SshPair.beside(set)
      t.after(() => pair.close())
      const refused = await pair.dsync('hosts', 'add', 'twin', '--ssh', host.name)
      assert.equal(refused.code, 1)
      assert.match(
        refused.stderr,
        /^dsync: Cannot use twin as a host: home: \/home\/dev cannot be written\n {2}→ ls -ld /,
      )
      assert.deepEqual((await pair.ok('hosts', '--json')).json, { hosts: [] })
    },
  )
})
