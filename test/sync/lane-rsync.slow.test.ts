import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, renameSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import type { Side } from '../../lib/core/operation.ts'
import { loadNative } from '../../lib/replica/disk/native.ts'
import { pinned } from '../../lib/sync/pinned.ts'
import { until } from '../pipe/until.ts'
import { LanePair, noise, rsyncIsMissing } from './lane-pair.ts'

const skip = rsyncIsMissing() ?? false

describe('large files by rsync', { skip }, () => {
  for (const [from, to] of [
    ['alpha', 'beta'],
    ['beta', 'alpha'],
  ] as const satisfies readonly (readonly [Side, Side])[]) {
    it(`bring a new file from ${from}, with its time, then only what changed in it`, async t => {
      const pair = new LanePair(t)
      const content = noise(from === 'alpha' ? 64 : 16)
      const name = "a dir/it's [not] a — *pattern*.bin".replaceAll(/[[\]*]/g, from === 'beta' ? '' : '$&')
      pair.write(from, name, content)
      utimesSync(pair.path(from, name), 1_600_000_000, 1_600_000_000)
      await pair.arrives(to, name, content)
      const [first] = await pair.logged('carried')
      assert.deepEqual([first?.['sent'], first?.['path']], [content.length, name])
      assert.equal(statSync(pair.path(to, name)).mtimeMs, 1_600_000_000_000)
      content.fill(7, 9_000_000, 9_000_020)
      pair.write(from, name, content)
      await pair.arrives(to, name, content)
      const [, second] = await pair.logged('carried', 2)
      assert.ok(Number(second?.['sent']) < 200_000, `${String(second?.['sent'])} bytes were sent for 20`)
      assert.equal(pair.runs, 2)
      assert.deepEqual(
        pair.log.filter(({ event }) => event === 'fallback'),
        [],
      )
    })
  }

  it('go on after a cut where they were', async t => {
    const pair = new LanePair(t)
    pair.befall('cut', String(20 * 1024 * 1024))
    const content = noise(32)
    pair.write('alpha', 'f', content)
    await pair.arrives('beta', 'f', content)
    const [line] = await pair.logged('carried')
    assert.ok(Number(line?.['sent']) < 16 * 1024 * 1024, `${String(line?.['sent'])} bytes were sent again`)
    assert.equal(pair.runs, 2)
  })

  it('let small files pass', async t => {
    const pair = new LanePair(t)
    pair.befall('hold')
    const content = noise(5)
    pair.write('alpha', 'large', content)
    await pair.logged('ready', 2)
    pair.write('alpha', 'small', 'edit')
    await pair.arrives('beta', 'small', 'edit')
    pair.write('alpha', 'middle', content.subarray(0, 1_000_000))
    await pair.arrives('beta', 'middle', content.subarray(0, 1_000_000))
    assert.equal(
      pair.log.some(({ event }) => event === 'carried'),
      false,
    )
    pair.allow('hold')
    await pair.arrives('beta', 'large', content)
  })

  it('are given up when the source changes, and the new version comes', async t => {
    const pair = new LanePair(t)
    pair.befall('hold')
    const content = noise(8)
    pair.write('alpha', 'f', content)
    await until('rsync runs', () => pair.runs === 1)
    content.fill(1, 0, 4_000_000)
    pair.write('alpha', 'f', content)
    await until('another one runs', () => pair.runs === 2)
    pair.allow('hold')
    await pair.arrives('beta', 'f', content)
    assert.equal((await pair.logged('carried')).length, 1)
  })

  it('go in pieces where the disk refuses what rsync writes', async t => {
    const pair = new LanePair(t)
    pair.befall('full', '4096')
    const content = noise(6)
    pair.write('alpha', 'f', content)
    await pair.arrives('beta', 'f', content)
    const [line] = await pair.logged('fallback')
    assert.match(String(line?.['why']), /^It goes in pieces, not by rsync: rsync /)
    assert.deepEqual(pair.slots('beta'), [])
  })

  it('go in pieces where there is no rsync, which is said once', async t => {
    const pair = new LanePair(t, { PATH: '/nowhere' })
    const contents = [noise(5), noise(6)]
    for (const [i, content] of contents.entries()) pair.write('alpha', `f${i}`, content)
    for (const [i, content] of contents.entries()) await pair.arrives('beta', `f${i}`, content)
    assert.deepEqual(
      pair.log.filter(({ event }) => event === 'fallback').map(({ why }) => why),
      ['It goes in pieces, not by rsync: there is none that we can use on this host'],
    )
  })

  it('are read in the directory that was meant, whatever is put in its way', async t => {
    const pair = new LanePair(t)
    await pair.logged('ready', 2)
    const slot = join(pair.base, 'slot')
    const outside = join(pair.base, 'outside')
    for (const [path, content] of [
      [slot, ''],
      [join(outside, 'f'), 'secret'],
      [join(pair.base, 'elsewhere/d/f'), 'meant'],
    ] as const) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
    }
    const carrier = pair.carrier(directory => {
      const held = pinned(join(pair.base, 'elsewhere'), directory, loadNative())
      renameSync(join(pair.base, 'elsewhere/d'), join(pair.base, 'moved'))
      symlinkSync(outside, join(pair.base, 'elsewhere/d'))
      return held
    })
    assert.equal(await carrier.check(), undefined)
    const { ended } = carrier.carry({ to: 'beta', path: 'd/f', slot, size: 5, hasBasis: false, progress: () => {} })
    assert.deepEqual(await ended, { is: 'done', sent: 5 })
    assert.equal(readFileSync(slot, 'utf8'), 'meant')
  })

  it('follow no link', async t => {
    const pair = new LanePair(t)
    const slot = join(pair.base, 'slot')
    writeFileSync(slot, 'as it was')
    writeFileSync(join(pair.base, 'secret'), 'secret')
    for (const [from, to] of [
      ['alpha', 'beta'],
      ['beta', 'alpha'],
    ] as const) {
      symlinkSync(join(pair.base, 'secret'), pair.path(from, 'link'))
      const carrier = pair.carrier()
      await carrier.check()
      const { ended } = carrier.carry({ to, path: 'link', slot, size: 6, hasBasis: true, progress: () => {} })
      assert.notEqual((await ended).is, 'unusable')
      assert.equal(readFileSync(slot, 'utf8'), 'as it was')
    }
  })
})
