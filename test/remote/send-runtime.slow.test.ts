import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { canRunAgent, canRunKit, canServeKit, refuseSystem, sendRuntime } from '../../lib/remote/send-runtime.ts'
import type { RuntimeFacts } from '../../lib/remote/survey.ts'
import { smallDisk } from '../pipe/small-disk.ts'
import type { StandIn } from './stand-in-host.ts'
import { standInHost } from './stand-in-host.ts'

/** What answers as a Node of a version, and is this one for the rest; as large as is asked for. */
function node(version = '24.21.0', bytes = 0): Buffer {
  const padding = createHash('sha512').update(version).digest('hex')
  const script = `#!/bin/sh\ncase $1 in --version) echo v${version} ;; *) exec '${process.execPath}' "$@" ;; esac\nexit\n`
  return Buffer.from(script + padding.repeat(Math.ceil(bytes / padding.length)))
}

async function send(
  { reach }: StandIn,
  bytes: Buffer,
  { version = '24.21.0', isZipped = true }: { version?: string; isZipped?: boolean } = {},
): Promise<readonly number[]> {
  const sent: number[] = []
  await sendRuntime(reach, { version, platform: 'linux-x64', bytes }, { isZipped, progress: at => sent.push(at.sent) })
  return sent
}

const runtimes = ({ home }: StandIn): string => join(home, '.dsync/runtime')

function assertPlaced(host: StandIn, bytes: Buffer, version = '24.21.0'): void {
  const name = `node-v${version}-linux-x64`
  assert.equal(readlinkSync(join(runtimes(host), 'current')), name)
  assert.deepEqual(readFileSync(join(runtimes(host), 'current/bin/node')), bytes)
  assert.deepEqual(
    readdirSync(runtimes(host)).filter(each => !/^node-v|^current$/.test(each)),
    [],
    'and nothing is left beside it',
  )
}

const shells = ['dash', 'bash', 'zsh --emulate sh', 'busybox sh', 'ksh']

describe('a runtime for another host', () => {
  for (const shell of shells) {
    const isHere = spawnSync(shell.split(' ')[0] ?? '', ['-c', ':']).error === undefined
    it(`is put there by ${shell}, once`, { skip: isHere ? false : `there is no ${shell} here` }, async t => {
      const host = standInHost(t, { shell, profile: 'echo Welcome; printf "no line’s end"; echo noise >&2' })
      const bytes = node('24.21.0', 300_000)
      const sent = await send(host, bytes, { isZipped: false })
      assert.equal(sent.at(-1), bytes.length)
      assertPlaced(host, bytes)
      assert.deepEqual(await send(host, bytes), [], 'it is there')
    })
  }
  it('is gone on with where the connection was lost', async t => {
    const host = standInHost(t, { cutAfter: 10 })
    const bytes = node('24.21.0', 2_000_000)
    const sent = await send(host, bytes, { isZipped: false })
    assertPlaced(host, bytes)
    const again = sent.findIndex((at, i) => at < (sent[i - 1] ?? 0))
    assert.ok(again > 0 && (sent[again] ?? 0) > 130_000, `it went on at ${sent[again]}`)
  })
  it('is sent anew where what came before is not what was sent', async t => {
    const host = standInHost(t)
    const bytes = node('24.21.0', 1000)
    const digest = createHash('sha256').update(bytes).digest('hex')
    mkdirSync(runtimes(host), { recursive: true })
    // The process that it belonged to is gone: no process has this number.
    writeFileSync(join(runtimes(host), `part-${digest.slice(0, 16)}.99999999`), 'something else')
    await send(host, bytes, { isZipped: false })
    assertPlaced(host, bytes)
  })
  it('takes the place of a damaged one', async t => {
    const host = standInHost(t)
    const bytes = node()
    await send(host, bytes)
    writeFileSync(join(runtimes(host), 'current/bin/node'), 'damaged')
    await send(host, bytes)
    assertPlaced(host, bytes)
  })
  it('leaves the one before in place, and no older one', async t => {
    const host = standInHost(t)
    for (const version of ['24.19.0', '24.20.0', '24.21.0']) await send(host, node(version), { version })
    assertPlaced(host, node())
    assert.deepEqual(
      readdirSync(runtimes(host)).filter(name => name.startsWith('node')),
      ['node-v24.20.0-linux-x64', 'node-v24.21.0-linux-x64'],
    )
  })
  it('is brought by two at once', async t => {
    const host = standInHost(t)
    const bytes = node('24.21.0', 500_000)
    await Promise.all([send(host, bytes), send(host, bytes)])
    assertPlaced(host, bytes)
  })
  it('is whole when several bring different ones at once', async t => {
    const host = standInHost(t)
    const versions = Array.from({ length: 6 }, (_, i) => `24.${20 + i}.0`)
    await Promise.all(versions.map(version => send(host, node(version), { version })))
    const [, version = ''] = /^node-v(.*)-linux-x64$/.exec(readlinkSync(join(runtimes(host), 'current'))) ?? []
    assertPlaced(host, node(version), version)
  })
  it('that does not run there is not taken, and the one before stays', async t => {
    const host = standInHost(t)
    await send(host, node('24.20.0'), { version: '24.20.0' })
    const wrong = Buffer.from('#!/bin/sh\necho "libc.so.6: version GLIBC_2.99 not found" >&2\nexit 1\n')
    await assert.rejects(send(host, wrong), {
      code: 'AGENT_FAILED',
      message: /^Cannot bring Node to other: it does not run there: .*GLIBC_2\.99/,
    })
    assertPlaced(host, node('24.20.0'), '24.20.0')
  })
  it('is refused by a disk that is full or runs nothing, before it is sent', async t => {
    const disk = smallDisk(t, '8m')
    if (disk === undefined) return
    t.after(() => disk.unmount())
    const host = standInHost(t, { home: disk.path })
    await assert.rejects(send(host, node()), { code: 'AGENT_FAILED', message: /its disk has \d+ kB left where \d+ kB/ })
    disk.remount('size=200m,noexec')
    await assert.rejects(send(host, node()), { message: /mounted noexec/, hint: /DSYNC_HOME/ })
    disk.remount('ro')
    await assert.rejects(send(host, node()), { message: /cannot be written/ })
  })
  it('is not begun where ssh fails', async t => {
    const host = standInHost(t, {
      shell: 'false',
      profile: 'echo "dev@other: Permission denied (publickey)." >&2; exit 255',
    })
    await assert.rejects(send(host, node()), { code: 'TRANSPORT_LOST', hint: /ssh-copy-id/ })
  })
  it('ends when a person interrupts', async t => {
    const host = standInHost(t, { shell: 'sleep 60' })
    const interrupt = new AbortController()
    const sending = send({ ...host, reach: { ...host.reach, signal: interrupt.signal } }, node())
    interrupt.abort(new Error('Interrupted'))
    await assert.rejects(sending, { message: 'Interrupted' })
  })
  it('is the same zipped and not', async t => {
    const host = standInHost(t)
    const bytes = node('24.21.0', 100_000)
    const sent = await send(host, bytes)
    assert.equal(sent.at(-1), gzipSync(bytes, { level: 3 }).length)
    assertPlaced(host, bytes)
  })
})

const home = '/home/dev'
const runs = (kind: 'node' | 'deno', version: string, path: string): RuntimeFacts => ({ kind, version, path })
/** What it can run: the agent, the kit, and the kit without anybody's PATH. */
type Row = readonly [says: string, found: readonly RuntimeFacts[], agent: boolean, kit: boolean, service: boolean]

const rows: readonly Row[] = [
  ['nothing', [], false, false, false],
  ['an old Node', [runs('node', '18.19.0', '/usr/bin/node')], false, false, false],
  ['Node 20', [runs('node', '20.9.0', '/usr/bin/node')], true, false, false],
  ['Node 24.11', [runs('node', '24.11.9', '/usr/bin/node')], true, false, false],
  ['Node 24.12', [runs('node', '24.12.0', '/usr/bin/node')], true, true, true],
  ['one that only PATH leads to', [runs('node', '24.12.0', '/opt/node/bin/node')], true, true, false],
  ['a Node of nvm', [runs('node', '24.21.0', `${home}/.nvm/versions/node/v24.21.0/bin/node`)], true, false, false],
  ['one of ours', [runs('node', '24.21.0', `${home}/.dsync/runtime/current/bin/node`)], true, true, true],
  ['Deno 1', [runs('deno', '1.46.0', '/usr/bin/deno')], false, false, false],
  ['Deno 2', [runs('deno', '2.9.5', '/usr/bin/deno')], true, false, false],
]

describe('what a host can run', () => {
  for (const [says, runtimes, agent, kit, service] of rows) {
    it(`with ${says}`, () => {
      const survey = { runtimes, user: { home, shell: 'sh' }, kit: { home: `${home}/.dsync` } }
      assert.deepEqual([canRunAgent(survey), canRunKit(survey), canServeKit(survey)], [agent, kit, service])
    })
  }
  it('is nothing of ours with musl', () => {
    const system = { name: 'linux', platform: 'linux-x64', release: '', hasSystemd: false, lingers: false }
    refuseSystem('other', { system: { ...system, libc: 'glibc 2.36' } })
    assert.throws(() => refuseSystem('other', { system: { ...system, libc: 'musl' } }), { message: /musl/ })
  })
})
