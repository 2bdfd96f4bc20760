import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Pair } from './pair.ts'
import { assertRefused, changes, everything, paired } from './refused.ts'
import { runtimes } from './runtimes.ts'
import { until } from './until.ts'

describe('a directory that may not be a root is refused, and nothing is done', () => {
  const rows: readonly (readonly [words: string, says: RegExp, next?: RegExp])[] = [
    ['~/missing', /missing: it does not exist$/, /^mkdir -p \S+\/missing$/],
    ['~/file', /file: it is not a directory$/],
    ['/', /^Cannot sync \/: it is the root of the file system$/],
    ['/dev/null', /null: it is not a directory$/],
    ['~', /: it is the home directory$/],
    ['..', /: the home directory lies in it$/],
    ['~/.ssh', /: it holds ssh keys$/],
    ['~/.dsync', /: it lies in dsync's own directory$/],
    ['~/.dsync/work', /: it lies in dsync's own directory$/],
    ['~/project/inside', /: it lies in the root \S+\/project$/],
    ['~/to-project', /project: it is a root already$/],
    ['~/other --at twin=~/file/x', /file\/x: it is not a directory$/],
    ['~/other --at twin=BASE/home/other', /: it is the same directory on twin /],
    ['~/other --at twin=BASE/home/to-other', /: it is the same directory on twin /],
    ['~/other --at twin=BASE/home/project', /: it is a root already$/],
    ['~/other --at twin=BASE/twin/project/in', /: it lies in the root \S+\/twin\/project$/],
    ['~/other --at twin=BASE/twin', /: the root \S+\/twin\/project lies in it$/],
    ['~/other --at twin=BASE/twin/.dsync/x', /: it lies in dsync's own directory$/],
    ['~/other --at twin=/', /: it is the root of the file system$/],
    ['~/other --at twin=here', /: it must be HOST=PATH/],
  ]
  it('one after the other', async t => {
    const pair = await paired(t)
    for (const path of ['.ssh', 'other', 'project/inside']) mkdirSync(join(pair.userHome, path))
    writeFileSync(join(pair.userHome, 'file'), 'a file\n')
    mkdirSync(pair.twinHome, { recursive: true })
    writeFileSync(join(pair.twinHome, 'file'), 'a file\n')
    symlinkSync(pair.alpha, join(pair.userHome, 'to-project'))
    symlinkSync(join(pair.userHome, 'other'), join(pair.userHome, 'to-other'))
    const before = everything(pair)
    for (const [words, says, next = /^dsync help roots add$/] of rows) {
      const ran = await pair.dsync('roots', 'add', ...words.replace('BASE', pair.base).split(' '))
      assertRefused(ran, 2, says, next)
    }
    assert.deepEqual(changes(before, everything(pair)), [])
  })
})

describe('a host that cannot be had', () => {
  it('is refused when it does not answer, and not noted', { timeout: 60_000 }, async t => {
    const pair = await paired(t)
    if (spawnSync('ssh', ['-V']).status !== 0) return t.skip('there is no ssh: npm run test:provision')
    const before = everything(pair)
    // Port 9 discards what it gets, where anybody listens at all.
    const closed = await pair.dsync('hosts', 'add', 'far', '--ssh', 'ssh://127.0.0.1:9')
    assertRefused(
      closed,
      5,
      /^Cannot reach ssh:\/\/127\.0\.0\.1:9: no ssh server answers there$/,
      /ssh:\/\/127\.0\.0\.1:9 true$/,
    )
    const unknown = await pair.dsync('hosts', 'add', 'far', '--ssh', 'nobody.invalid')
    assertRefused(unknown, 5, /^Cannot reach nobody\.invalid: /, /ssh nobody\.invalid true$/)
    assert.deepEqual(changes(before, everything(pair)), [])
  })

  it('is told of when its directory is gone', async t => {
    const pair = await paired(t)
    rmSync(pair.twinHome, { recursive: true })
    const { code, stdout } = await pair.dsync('hosts', 'check')
    assert.equal(code, 5)
    assert.match(stdout, /^not reached +twin\n +\S+\/twin is not there\n +→ mount it, or put it back\n$/)
  })
})

describe('a second daemon', () => {
  it('of the same home ends at once and harms nothing', async t => {
    const pair = await paired(t)
    const pid = await pair.start()
    const script = new URL('../../scripts/daemon.ts', import.meta.url).pathname
    const env = { ...process.env, HOME: pair.userHome, DSYNC_HOME: '' }
    const second = spawnSync(process.execPath, [script], { env, encoding: 'utf8', timeout: 30_000 })
    assert.equal(second.status, 1)
    assert.equal(second.stderr, `Cannot start: a daemon runs already (process ${pid}) → dsync status\n`)
    assert.equal((await pair.sync()).code, 0)
  })

  it('of another home waits for the root, and says who has it', async t => {
    const [pair, other] = [await paired(t), await paired(t)]
    await pair.start()
    assert.equal((await pair.sync()).code, 0)
    await other.ok('roots', 'add', pair.alpha, '--at', `twin=${other.twinHome}/theirs`)
    await other.start()
    await until('it is told', async () => {
      const { stdout } = await other.dsync('status')
      return /another dsync on this machine is working on it(?:; tried again in \d+ s)? +→ .*dsync stop\n/.test(stdout)
    })
    const waiting = await other.dsync('sync', pair.alpha, '--timeout', '1')
    assert.equal(waiting.code, 5)
    assert.match(waiting.stdout, /→ stop the other one: DSYNC_HOME=ITS_HOME dsync stop\n/)
    assert.deepEqual(
      globSync('**', { cwd: join(other.twinHome, 'theirs') }).filter(path => path !== '.'),
      [],
    )
    await pair.stop()
    await until('it takes over', async () => (await other.sync(pair.alpha, '--timeout', '5')).code === 0)
  })
})

describe('a lock that somebody left', () => {
  const record = (host: string) => JSON.stringify({ pid: 2 ** 22 + 1, boot: 'another', host, socket: '/nowhere' })
  it('here is stale: the daemon starts', async t => {
    const pair = await paired(t)
    await pair.start()
    await pair.killDaemon()
    assertRefused(
      await pair.dsync('status'),
      6,
      /^The daemon is not running; the last one did not stop in order/,
      /^dsync start$/,
    )
    await pair.start()
    assert.equal((await pair.sync()).code, 0)
  })

  it('on another host is respected, and says how it is mended', async t => {
    const pair = await paired(t)
    const lock = join(pair.userHome, '.dsync/run/daemon.lock-7')
    writeFileSync(lock, record('elsewhere'))
    const before = everything(pair)
    const ran = await pair.dsync('start')
    assertRefused(
      ran,
      1,
      /^Cannot start: a daemon on elsewhere holds this home \(\S+lock-7\)$/,
      /^Stop it there; .* remove \S+lock-7$/,
    )
    assertRefused(
      await pair.dsync('stop'),
      1,
      /^Cannot stop the daemon: it was started on elsewhere$/,
      /^Stop it there$/,
    )
    assert.deepEqual(changes(before, everything(pair)), [])
    rmSync(lock)
    await pair.start()
  })
})

describe('a home whose path is too long for a socket', () => {
  it('works with a socket elsewhere, and says so where there is no shorter place', async t => {
    const long = 'a-home-with-a-long-name/'.repeat(5)
    const pair = new Pair({ under: long })
    t.after(() => pair.close())
    await pair.ok('hosts', 'add', 'twin', '--pipe', pair.twinHome)
    await pair.ok('roots', 'add', '~/project')
    await pair.start()
    assert.equal((await pair.sync()).code, 0)
    await pair.stop()
    const before = everything(pair)
    const ran = await pair.dsyncIn({ variables: { TMPDIR: pair.userHome, XDG_RUNTIME_DIR: '' } }, 'start')
    assertRefused(ran, 1, /^Cannot listen in \S+\/run: a socket's path may have 100 bytes$/, /shorter DSYNC_HOME/)
    assert.deepEqual(changes(before, everything(pair)), [])
  })
})

describe('a name that one side cannot hold', () => {
  it(
    'is a problem with its next step, and everything else goes on',
    { skip: runtimes.denoSource.lacks ?? false },
    async t => {
      const pair = await Pair.make({ runtime: runtimes.denoSource })
      t.after(() => pair.close())
      const name = Buffer.concat([Buffer.from(`${pair.alpha}/caf`), Buffer.of(0xe9)])
      try {
        writeFileSync(name, 'latin 1\n')
      } catch {
        return t.skip('this disk holds only names in UTF-8')
      }
      writeFileSync(join(pair.alpha, 'plain'), 'plain\n')
      await pair.start()
      const { code, stdout } = await pair.dsync('sync')
      assert.equal(code, 4)
      assert.match(stdout, /^1 problem +~\/project with twin +→ dsync status\n +~\/project\/caf\S+: .*Deno/)
      assert.match((await pair.dsync('status')).stdout, / problem +~\/project\/caf.* → run dsync under Node\n/)
      assert.deepEqual(readdirSync(pair.beta), ['plain'])
    },
  )
})
