import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { snapshot } from '../storm/snapshot.ts'
import { Pair } from './pair.ts'
import { assertRefused, everything, paired } from './refused.ts'
import { smallDisk } from './small-disk.ts'
import { until } from './until.ts'

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
