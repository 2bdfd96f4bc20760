import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeOf } from '../../lib/core/errors.ts'
import { Crash } from './faults.ts'
import { powerCut } from './power.ts'
import { Random } from './random.ts'
import { makeStage, stageFile } from './stage.ts'

describe('faults', () => {
  it('count every call by name', () => {
    const { process, root } = makeStage()
    const before = process.faults.calls
    stageFile(root, 'f', 'text', true)
    root.lookup('f')
    root.list()
    assert.equal(process.faults.calls - before, 5)
    assert.deepEqual(
      ['create', 'write', 'sync', 'lookup', 'list'].map(name => process.faults.counts.get(name as 'create')),
      [1, 1, 1, 1, 1],
    )
  })

  it('fail the n-th call, once, with the code asked for', () => {
    const { process, root } = makeStage()
    process.faults.failAt(process.faults.calls + 2, 'EIO')
    root.mkdir('a', 0o755)
    assert.throws(() => root.mkdir('b', 0o755), { code: 'EIO' })
    root.mkdir('b', 0o755)
    assert.deepEqual(
      root.list().map(item => item.name),
      ['a', 'b'],
    )
  })

  it('wait for a call that can fail so', () => {
    const { process, root } = makeStage()
    process.faults.failAt(process.faults.calls + 1, 'ENOSPC')
    assert.equal(root.lookup('a'), undefined)
    assert.deepEqual(root.list(), [])
    assert.throws(() => root.mkdir('a', 0o755), { code: 'ENOSPC' })
  })

  it('kill before or after the call did its work, and for good', () => {
    for (const [when, expected] of [
      ['before', []],
      ['after', ['a']],
    ] as const) {
      const { process, user, root } = makeStage()
      process.faults.crashAt(process.faults.calls + 1, when)
      assert.throws(() => root.mkdir('a', 0o755), Crash)
      assert.throws(() => root.mkdir('b', 0o755), Crash)
      assert.deepEqual(user.list(''), expected)
      assert.equal(codeOf(new Crash('')), undefined, 'no code for a catch to name')
    }
  })

  it('let others act just before a call: between a check and what was decided by it', () => {
    const { process, user, root } = makeStage()
    user.write('f', 'expected')
    const expected = root.lookup('f')?.inode
    process.faults.at(process.faults.calls + 1, () => user.write('f', 'somebody was quicker'))
    process.faults.at(process.faults.calls + 1, () => user.write('g', 'and this too'))
    root.rename('f', root, 'moved', 'exclusive')
    assert.equal(user.text('moved'), 'somebody was quicker')
    assert.equal(user.find('moved')?.number, expected)
    assert.equal(user.text('g'), 'and this too')
  })

  it('a full disk takes nothing new and half a write, but renames and removals work', () => {
    const { process, user, root } = makeStage()
    user.write('f', 'text')
    const handle = root.create('part')
    process.faults.full = true
    assert.throws(() => handle.write(new TextEncoder().encode('abcdef')), { code: 'ENOSPC' })
    for (const act of [
      () => root.create('x'),
      () => root.mkdir('x', 0o755),
      () => root.symlink('x', 'y'),
      () => root.link('f', root, 'x'),
    ]) {
      assert.throws(act, { code: 'ENOSPC' })
    }
    root.rename('f', root, 'g', 'exclusive')
    assert.equal(user.text('part'), 'abc')
    root.unlink('part')
    process.faults.full = false
    root.mkdir('x', 0o755)
    assert.deepEqual(user.list('').toSorted(), ['g', 'x'])
    handle.close()
  })

  it('a flush is over only some time later, and not at all for the dead', async () => {
    const { process, world, user, disk, volume } = makeStage()
    user.write('f', 'text')
    let done = false
    void disk.flush().then(() => {
      done = true
    })
    process.kill()
    await world.settle({ forMs: 100 })
    assert.equal(done, false)
    assert.equal(volume.journal.committed, 0)
    powerCut(volume, new Random(1))
  })

  it('a flush that fails rejects, and what it covered is lost to syncs', async () => {
    const { process, user, disk } = makeStage()
    user.write('f', 'text')
    process.faults.failAt(process.faults.calls + 1, 'EIO')
    await assert.rejects(disk.flush(), { code: 'EIO' })
    assert.equal(user.find('f')?.poisoned, true)
  })

  it('tell every call to a trace', () => {
    const { process, root } = makeStage()
    const lines: string[] = []
    process.faults.trace = line => lines.push(line)
    root.mkdir('a', 0o755)
    root.lookup('a')
    assert.deepEqual(
      lines.map(line => line.replace(/^\d+ /, '')),
      ['mkdir a', 'lookup a'],
    )
  })
})
