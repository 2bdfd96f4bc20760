import assert from 'node:assert/strict'
import { it } from 'node:test'
import { codeOf } from '../../lib/core/errors.ts'
import type { MakeDisk } from './disk-case.ts'
import { createFile } from './disk-case.ts'

/** Modes, times, sizes, owners, and where links point. */
export function diskMetadata(makeDisk: MakeDisk): void {
  it('sets modes and tells them', async t => {
    const { top, outside } = await makeDisk(t)
    createFile(top, 'f', '1')
    top.mkdir('d', 0o700)
    assert.equal(top.lookup('d')?.mode, 0o700)
    for (const mode of [0o644, 0o755, 0o400, 0o600, 0o777]) {
      top.setMode('f', mode)
      assert.equal(top.lookup('f')?.mode, mode)
    }
    top.setMode('d', 0o755)
    assert.equal(top.lookup('d')?.mode, 0o755)
    outside.chmod('f', 0o640)
    assert.equal(top.lookup('f')?.mode, 0o640)
  })

  it('sets times to the millisecond', async t => {
    const { top, outside } = await makeDisk(t)
    outside.write('f', '1')
    outside.mkdir('d')
    for (const [name, time] of [
      ['f', 1_600_000_000_123],
      ['f', 0],
      ['f', 1_000],
      ['f', 4_102_444_800_999],
      ['d', 1_500_000_000_001],
    ] as const) {
      top.setTimes(name, time)
      const got = top.lookup(name)?.mtimeMs ?? NaN
      assert.ok(Math.abs(got - time) <= 0.01, `${name}: ${got} for ${time}`)
    }
  })

  it('sets mode and times of a file it writes, whatever became of its name', async t => {
    const { top } = await makeDisk(t)
    const handle = top.create('f')
    handle.write(new TextEncoder().encode('1'))
    top.rename('f', top, 'g', 'replace')
    createFile(top, 'f', '2')
    for (const [mode, time] of [
      [0o644, 1_600_000_000_123],
      [0o755, 0],
      [0o400, -1000],
    ] as const) {
      handle.setMode(mode)
      handle.setTimes(time)
      assert.equal(handle.stat().mode, mode)
      assert.ok(Math.abs(handle.stat().mtimeMs - time) <= 0.01)
      assert.deepEqual(top.lookup('g'), handle.stat())
    }
    handle.sync()
    handle.close()
    assert.equal(top.lookup('f')?.mode, 0o600)
    assert.equal(top.lookup('g')?.mode, 0o400)
  })

  it('sets neither mode nor times through a link', async t => {
    const { top, outside } = await makeDisk(t)
    outside.write('f', '1')
    outside.mkdir('d')
    top.setMode('f', 0o644)
    top.setTimes('f', 1_000_000)
    top.setTimes('d', 1_000_000)
    for (const target of ['f', 'd', 'no']) {
      outside.symlink(target, `to-${target}`)
      try {
        top.setMode(`to-${target}`, 0o777)
      } catch (error) {
        assert.ok(['EOPNOTSUPP', 'ENOTSUP', 'ELOOP', 'EINVAL'].includes(codeOf(error) ?? ''), String(error))
      }
      try {
        top.setTimes(`to-${target}`, 5_000_000)
      } catch (error) {
        assert.ok(['EOPNOTSUPP', 'ENOTSUP', 'ELOOP', 'EINVAL'].includes(codeOf(error) ?? ''), String(error))
      }
    }
    assert.equal(top.lookup('f')?.mode, 0o644)
    assert.ok(Math.abs((top.lookup('f')?.mtimeMs ?? 0) - 1_000_000) < 0.01)
    assert.ok(Math.abs((top.lookup('d')?.mtimeMs ?? 0) - 1_000_000) < 0.01)
  })

  it('moves ctime with every change of an inode, mtime with content', async t => {
    const { top, outside } = await makeDisk(t)
    outside.write('f', '1')
    top.setTimes('f', 1_000_000)
    const before = top.lookup('f')
    assert.ok(before !== undefined && before.ctimeMs > 1_000_000)
    outside.write('f', '2')
    const after = top.lookup('f')
    assert.ok(after !== undefined && after.mtimeMs > before.mtimeMs && after.ctimeMs >= before.ctimeMs)
    assert.equal(after.inode, before.inode)
    assert.equal(after.device, top.stat().device)
  })

  it('stats sizes, owners and links of a name', async t => {
    const { top, outside } = await makeDisk(t)
    outside.write('f', 'four')
    outside.symlink('é', 'l')
    top.link('f', top, 'g')
    const f = top.lookup('f')
    assert.equal(f?.size, 4)
    assert.equal(f?.links, 2)
    assert.equal(f?.inode, top.lookup('g')?.inode)
    assert.equal(f?.owner, top.stat().owner)
    assert.equal(top.lookup('l')?.size, 2)
    assert.equal(top.lookup('l')?.kind, 'symlink')
    assert.equal(top.stat().kind, 'directory')
  })

  it('makes links of any text and reads them back', async t => {
    const { top } = await makeDisk(t)
    const targets = ['f', '../../x', '/etc/passwd', 'no\nwhere', 'é', './a//b/', 'x'.repeat(1000)]
    for (const [i, target] of targets.entries()) {
      top.symlink(`l${i}`, target)
      assert.equal(top.readlink(`l${i}`), target)
    }
  })
}
