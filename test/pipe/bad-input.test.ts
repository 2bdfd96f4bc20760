import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import type { Snapshot } from '../storm/snapshot.ts'
import { differences, snapshot } from '../storm/snapshot.ts'
import type { Ran } from './pair.ts'
import { Pair } from './pair.ts'
import { runtimes } from './runtimes.ts'
import { smallDisk } from './small-disk.ts'
import { until } from './until.ts'

async function paired(t: TestContext): Promise<Pair> {
  const pair = await Pair.make()
  t.after(() => pair.close())
  return pair
}

/** A command that cannot be done: one message, the next command, nothing on stdout. */
function assertRefused({ code, stdout, stderr }: Ran, exit: number, says: RegExp, next: RegExp): void {
  const [, message = '', after = ''] = /^dsync: ([^\n]+)\n {2}→ ([^\n]+)\n$/.exec(stderr) ?? []
  assert.match(message, says, stderr)
  assert.match(after, next, stderr)
  assert.equal(code, exit)
  assert.equal(stdout, '')
}

/** Everything below the pair, without what a daemon or a command notes for itself. */
function everything(pair: Pair): Snapshot {
  return new Map([...snapshot(pair.base)].filter(([path]) => !/\.dsync\/(?:run|\w+\.log)/.test(path)))
}

function changes(before: Snapshot, after: Snapshot): string[] {
  return differences(before, after, () => false)
}

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
      return /another dsync on this machine is working on it +→ .*dsync stop\n/.test(stdout)
    })
    const waiting = await other.dsync('sync', pair.alpha, '--timeout', '1')
    assert.equal(waiting.code, 5)
    assert.match(waiting.stdout, /→ stop the other one: DSYNC_HOME=ITS_HOME dsync stop\n/)
    assert.equal(existsSync(join(other.twinHome, 'theirs')), false)
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

describe('a disk that cannot be written', () => {
  it('holds the home: every command says so and changes nothing', async t => {
    const pair = await paired(t)
    const disk = smallDisk(t, '8m')
    if (disk === undefined) return
    t.after(() => disk.unmount())
    const fixed = (...words: string[]) => pair.dsyncIn({ variables: { HOME: disk.path } }, ...words)
    mkdirSync(join(disk.path, 'project'))
    disk.remount('ro')
    assertRefused(await fixed('start'), 1, /^Cannot make the directory \S+: EROFS/, /DSYNC_HOME/)
    disk.remount('rw')
    await fixed('hosts', 'add', 'twin', '--pipe', pair.twinHome)
    await fixed('roots', 'add', '~/project')
    disk.remount('ro')
    const before = [everything(pair), snapshot(disk.path)]
    for (const line of ['start', 'hosts add new --pipe x', 'roots remove ~/project', 'config set name x']) {
      const ran = await fixed(...line.split(' '))
      assertRefused(ran, 1, /^Cannot open \S+: the disk is mounted read-only \(EROFS\)$/, /^mount it for writing$/)
    }
    assert.equal((await fixed('config', 'check')).code, 0)
    assert.deepEqual([everything(pair), snapshot(disk.path)], before)
  })

  it('is full where the home lies: settings stay whole, it says so, and goes on once there is room', async t => {
    const disk = smallDisk(t, '8m')
    if (disk === undefined) return
    const pair = new Pair({ user: disk.path })
    t.after(async () => {
      await pair.close()
      disk.unmount()
    })
    mkdirSync(pair.alpha)
    await pair.ok('hosts', 'add', 'twin', '--pipe', pair.twinHome)
    await pair.ok('roots', 'add', '~/project')
    await pair.start()
    assert.equal((await pair.sync()).code, 0)
    const settings = () =>
      ['config.json', 'paths.txt'].map(name => readFileSync(join(disk.path, '.dsync', name), 'utf8'))
    const before = settings()
    const noRoom = /^make room on the disk$/
    spawnSync('dd', ['if=/dev/zero', `of=${disk.path}/fill`, 'bs=4k'])
    for (const line of ['config set name x', 'pause'])
      assertRefused(await pair.dsync(...line.split(' ')), 1, /the disk is full \(ENOSPC\)$/, noRoom)
    assert.deepEqual(settings(), before)
    writeFileSync(join(pair.beta, 'from there'), 'x'.repeat(100_000))
    const isTold = async () => (await pair.dsync('status')).stdout.includes('→ make room on the disk\n')
    await until('the problem is told', isTold)
    await pair.stop()
    assertRefused(await pair.dsync('start'), 1, /^Cannot write: the disk is full \(ENOSPC\)$/, noRoom)
    assert.deepEqual(settings(), before)
    rmSync(join(disk.path, 'fill'))
    await pair.start()
    await until('it goes on', async () => (await pair.sync('--timeout', '5')).code === 0)
    assert.deepEqual(readdirSync(pair.alpha), ['from there'])
    assert.equal(pair.audit().filter(({ event }) => event === 'crashed').length, 0)
  })

  it('is full on the other side: it says so, nothing is half, and it goes on once there is room', async t => {
    const pair = await paired(t)
    const disk = smallDisk(t, '1m')
    if (disk === undefined) return
    t.after(() => disk.unmount())
    mkdirSync(join(pair.userHome, 'other'))
    await pair.ok('roots', 'add', '~/other', '--at', `twin=${disk.path}/other`)
    await pair.start()
    const there = () =>
      readdirSync(join(disk.path, 'other'))
        .filter(name => name !== '.dsync')
        .toSorted()
    writeFileSync(join(pair.userHome, 'other/a'), 'small\n')
    assert.equal((await pair.dsync('sync', '~/other')).code, 0)
    writeFileSync(join(pair.userHome, 'other/large'), Buffer.alloc(3 * 1024 * 1024, 'x'))
    writeFileSync(join(pair.userHome, 'other/b'), 'small\n')
    const problem = /^1 problem +~\/other with twin .*\n +~\/other\/large: there is no room .*\(NO_ROOM\)\n$/
    await until('the problem is told', async () => problem.test((await pair.dsync('sync', '~/other')).stdout))
    assert.match((await pair.dsync('status')).stdout, /~\/other\/large on twin: .* → make room on the disk\n/)
    assert.deepEqual(there(), ['a', 'b'])
    disk.remount('size=16m')
    await until('it goes on', async () => (await pair.dsync('sync', '~/other', '--timeout', '5')).code === 0)
    assert.deepEqual(there(), ['a', 'b', 'large'])
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
