import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { lacksSystemd, UserSystemd } from '../service/user-systemd.ts'
import { Pair } from './pair.ts'
import { runtimes } from './runtimes.ts'
import { until } from './until.ts'

/** What is quicker: each story runs some twenty commands. */
const runtime = runtimes.nodeBundle.lacks === undefined ? runtimes.nodeBundle : runtimes.nodeSource

/** A pair whose person has a systemd, and its home as it was before. */
async function supervised(t: TestContext): Promise<{ readonly pair: Pair; readonly systemd: UserSystemd }> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-service-')))
  const userHome = join(base, 'home')
  mkdirSync(join(userHome, 'project'), { recursive: true })
  const systemd = new UserSystemd(userHome)
  const command = [...systemd.within, ...runtime.command] as const
  const [program, ...words] = command
  const pair = new Pair({ user: userHome, twin: join(base, 'twin') }, { ...runtime, command: [program, ...words] })
  t.after(async () => {
    await pair.close()
    await systemd.close()
    rmSync(base, { recursive: true, force: true })
  })
  await systemd.ready()
  await pair.ok('hosts', 'add', 'twin', '--pipe', pair.twinHome)
  await pair.ok('roots', 'add', join(userHome, 'project'))
  return { pair, systemd }
}

interface ServiceJson {
  readonly service: {
    readonly kind: string
    readonly changes: readonly string[]
    readonly pid: number
    readonly state: string
    readonly restarts: number
    readonly nightly: readonly { readonly name: string; readonly said: string }[]
    readonly findings: readonly { readonly about: string; readonly message: string; readonly hint: string }[]
  }
}

interface StatusJson {
  readonly daemon: {
    readonly pid: number
    readonly supervisor?: string
    readonly crashes: readonly { readonly file: string; readonly why: string; readonly pid: number }[]
  }
}

const install = ['service', 'install', '--yes', '--json']

/** Everything in the home of a person but what is dsync's own. */
function around(pair: Pair): string[] {
  return globSync('**/*', { cwd: pair.userHome, exclude: ['.dsync/**'] })
    .filter(path => !path.startsWith('.dsync'))
    .toSorted()
}

describe(
  'a service that systemd keeps up, for real',
  { skip: lacksSystemd ?? false, timeout: 120_000, concurrency: true },
  () => {
    it('takes a running daemon over, is as it was after a second install, heals, and goes without a trace', async t => {
      const { pair, systemd } = await supervised(t)
      const before = around(pair)
      const byHand = await pair.start()
      const made = (await pair.ok(...install)).json as ServiceJson
      assert.equal(made.service.kind, 'systemd')
      assert.notEqual(made.service.pid, byHand)
      const first = (await pair.ok('status', '--json')).json as StatusJson
      assert.deepEqual([first.daemon.pid, first.daemon.supervisor], [made.service.pid, 'systemd'])
      const again = (await pair.ok(...install)).json as ServiceJson
      assert.deepEqual([again.service.changes, again.service.pid], [[], made.service.pid])
      writeFileSync(join(pair.alpha, 'a'), '1')
      await pair.ok('sync')
      assert.equal(existsSync(join(pair.beta, 'a')), true)

      // Each night, or as now, when somebody asks for it.
      assert.equal(systemd.systemctl('start', 'dsync-verify.service', 'dsync-trash.service'), '')
      assert.match((await pair.ok('service', 'logs', 'verify')).stdout, /^equal {2}~\/project with twin /)
      const { nightly } = ((await pair.ok('service', 'status', '--json')).json as ServiceJson).service
      assert.deepEqual(
        nightly.map(({ name }) => name),
        ['verify', 'trash'],
      )

      const unit = join(pair.userHome, '.config/systemd/user/dsync-daemon.service')
      appendFileSync(unit, '# mine\n')
      const changed = await pair.dsync('service', 'status', '--json')
      assert.equal(changed.code, 1)
      assert.match(
        (changed.json as ServiceJson).service.findings[0]?.message ?? '',
        /dsync-daemon\.service is not what dsync wrote$/,
      )
      assert.deepEqual(((await pair.ok(...install)).json as ServiceJson).service.changes, [unit])
      await pair.ok('service', 'status')

      await pair.ok('service', 'remove', '--yes')
      assert.equal(pair.running(), undefined)
      assert.deepEqual(around(pair), [...before, 'project/a'].toSorted())
    })

    it('is back after kill -9 and says so, is not after dsync stop, and is tried again calmly while it cannot start', async t => {
      const { pair, systemd } = await supervised(t)
      const { pid } = ((await pair.ok(...install)).json as ServiceJson).service
      const killed = performance.now()
      process.kill(pid, 'SIGKILL')
      await until('another daemon answers', async () => (await pair.dsync('status')).code === 0, 30_000)
      const seconds = (performance.now() - killed) / 1000
      t.diagnostic(`back after ${seconds.toFixed(1)} s`)
      assert.ok(seconds > 4, 'not at once: a daemon that crashes again and again must not take the machine')
      const { daemon } = (await pair.ok('status', '--json')).json as StatusJson
      assert.equal(daemon.crashes.length, 1)
      const [crash] = daemon.crashes
      assert.deepEqual([crash?.pid, statSync(crash?.file ?? '').mode & 0o777], [pid, 0o600])
      rmSync(crash?.file ?? '')
      assert.match((await pair.ok('status')).stdout, /Nothing waits for you/)

      await pair.ok('stop')
      assert.match(
        systemd.systemctl('show', '--property=ActiveState,SubState', 'dsync-daemon'),
        /^ActiveState=inactive\nSubState=dead$/,
      )
      assert.equal((await pair.dsync('status')).code, 6)

      // Somebody on another host holds this home.
      const lock = join(pair.userHome, '.dsync/run/daemon.lock-999')
      writeFileSync(lock, JSON.stringify({ pid: 1, boot: 'other', host: 'other' }))
      const refused = await pair.dsync('start')
      assert.equal(refused.code, 1)
      assert.match(refused.stderr, /a daemon on other holds this home/)
      const { service } = (await pair.dsync('service', 'status', '--json')).json as ServiceJson
      assert.deepEqual(
        [service.state, service.findings[0]?.message],
        ['waiting', 'systemd is about to start the daemon again: it ended with 1'],
      )
      rmSync(lock)
      await until('it comes by itself', async () => (await pair.dsync('status')).code === 0, 30_000)
      await pair.ok('service', 'remove', '--yes')
    })
  },
)
