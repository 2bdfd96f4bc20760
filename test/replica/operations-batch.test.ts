import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SyncError } from '../../lib/core/errors.ts'
import { Rig, file, folder, look, move, put, remove, symlink } from './rig.ts'

describe('operations', () => {
  it('share one directory handle, and see that it moved', async () => {
    const rig = new Rig()
    rig.person.mkdir('d')
    const before = rig.process.faults.counts.get('open') ?? 0
    const carried = await rig.apply([
      put('d/a', undefined, symlink('x')),
      put('d/b', undefined, symlink('x')),
      move('d', 'e'),
      put('d/c', undefined, symlink('x')),
    ])
    assert.deepEqual(
      carried.map(each => each.outcome.result),
      ['done', 'done', 'done', 'stale'],
    )
    // One that is kept for both puts, two for the move, one that finds nothing; and one look after each that is done.
    assert.equal((rig.process.faults.counts.get('open') ?? 0) - before, 8)
  })

  it('are not done where somebody moves the directory away under their hands', async () => {
    const given = [put('d/a', undefined, file('new')), put('d/b', file('old'), file('new')), remove('d/c', file('old'))]
    for (const operation of given) {
      for (const call of ['lookup', 'rename'] as const) {
        const rig = new Rig()
        rig.person.mkdir('d')
        for (const name of ['d/b', 'd/c']) rig.person.write(name, 'old')
        const { faults } = rig.process
        faults.trace = line => {
          if (line.includes(` ${call} `) && rig.person.find('d') !== undefined) rig.person.mv('d', 'e')
        }
        const [carried] = await rig.apply([operation], ['new'])
        assert.equal(carried?.outcome.result, 'stale', `${operation.path}, moved at the first ${call}`)
        assert.equal(carried.stat, undefined)
        const stands = look(rig)
        assert.ok('e/b' in stands && !('d' in stands), JSON.stringify(stands))
      }
    }
  })

  it('move nothing out of, or into, a directory that is moved away under their hands', async () => {
    for (const gone of ['d', 'f']) {
      const rig = new Rig()
      for (const path of ['d', 'd/x', 'f']) rig.person.mkdir(path)
      rig.process.faults.trace = line => {
        if (line.includes(' rename ')) rig.person.mv(gone, 'away')
      }
      assert.equal((await rig.apply([move('d/x', 'f/x')]))[0]?.outcome.result, 'stale', gone)
    }
  })

  it('move only the directory that the replica knows', async () => {
    const rig = new Rig()
    rig.person.mkdir('a')
    rig.isKnownDirectory = false
    assert.equal((await rig.apply([move('a', 'b')]))[0]?.outcome.result, 'stale')
  })

  it('are not for another directory than the one that the replica knows at the path', async () => {
    const rig = new Rig()
    rig.person.mkdir('d')
    rig.person.write('d/b', 'old')
    rig.isKnownDirectory = false
    const given = [put('d/a', undefined, file('new')), put('d/b', file('old'), file('new')), remove('d/b', file('old'))]
    const carried = await rig.apply(given, ['new'])
    assert.deepEqual(
      carried.map(each => each.outcome.result),
      ['stale', 'stale', 'stale'],
    )
    assert.deepEqual(look(rig), { d: '755 /', 'd/b': '644 old' })
  })

  it('take no path that leads out of the root', async () => {
    for (const path of ['', '/a', '../a', 'a/../b', 'a//b', '.', 'a\0b', 'a/']) {
      const rig = new Rig()
      const isHostile = (error: unknown): boolean =>
        error instanceof SyncError && error.code === 'PATH_INVALID' && error.verdict === 'halt'
      await assert.rejects(rig.apply([put(path, undefined, symlink('x'))]), isHostile, path)
      await assert.rejects(rig.apply([remove(path, symlink('x'))]), isHostile, path)
      await assert.rejects(rig.apply([move(path, 'b')]), isHostile, path)
      await assert.rejects(rig.apply([{ ...put('a', undefined, file('new')), basis: `${path}/..` }]), isHostile, path)
    }
  })

  it('never set setuid, setgid or sticky', async () => {
    const rig = new Rig()
    await rig.apply([put('a', undefined, file('new', 0o4755)), put('d', undefined, folder(0o1777))], ['new'])
    assert.deepEqual(look(rig), { a: '755 new', d: '777 /' })
  })

  it('tell names apart on a disk that folds case', async () => {
    const rig = new Rig({ foldsCase: true })
    rig.person.write('File', 'same')
    const [refused] = await rig.apply([put('file', undefined, file('same'))], ['same'])
    assert.ok(refused?.outcome.result === 'failed' && refused.outcome.code === 'SPELLING')
    rig.person.mkdir('Dir')
    assert.equal((await rig.apply([move('Dir', 'dir')]))[0]?.outcome.result, 'done')
    assert.deepEqual(rig.person.list('').toSorted(), ['File', 'dir'])
  })

  it('keep a copy of a version that somebody can still write to', async () => {
    const rig = new Rig()
    rig.person.write('a', 'old')
    const writer = rig.person.open('a', 'append')
    const [carried] = await rig.apply([put('a', file('old'), file('newer'))], ['newer'])
    assert.equal(carried?.outcome.result, 'done')
    assert.equal(carried?.recheck?.because, 'still-open')
    writer.write(Uint8Array.of(0x21))
    writer.close()
    assert.deepEqual(rig.trashed().toSorted(), ['recovered a old!', 'replaced a old'])
    assert.equal(rig.work.trash.rechecked(carried.recheck, file('old!')), false)
    assert.deepEqual(
      rig
        .trash()
        .map(item => ('digest' in item.entry ? item.entry.digest : ''))
        .toSorted(),
      [file('old').digest, file('old!').digest].toSorted(),
    )
  })

  it('drop the second copy when nothing more was written', async () => {
    const rig = new Rig()
    rig.person.write('a', 'old')
    const writer = rig.person.open('a', 'append')
    const [carried] = await rig.apply([remove('a', file('old'))])
    writer.close()
    assert.ok(carried?.recheck)
    assert.equal(rig.work.trash.rechecked(carried.recheck, file('old')), true)
    assert.deepEqual(rig.trashed(), ['deleted a old'])
  })

  it('use content that several want, and content received before', async () => {
    const rig = new Rig()
    const large = 'y'.repeat(100_000)
    assert.equal(rig.stage(large), 'complete')
    const carried = await rig.apply([put('a', undefined, file(large)), put('b', undefined, file(large, 0o755))])
    assert.deepEqual(
      carried.map(each => each.outcome.result),
      ['done', 'done'],
    )
    assert.deepEqual(look(rig), { a: `644 ${large}`, b: `755 ${large}` })
    assert.deepEqual(rig.slots(), [])
    rig.person.write('c', 'theirs')
    rig.stage(large)
    await rig.apply([put('c', undefined, file(large))])
    assert.equal(rig.slots().length, 1, 'content that was not used waits for another try')
    assert.equal((await rig.apply([put('d', undefined, file(large))]))[0]?.outcome.result, 'done')
  })

  it('make a large batch durable by one flush, a small one file by file', async () => {
    for (const [count, flushes, syncs] of [
      [33, 1, 0],
      [3, 0, 3],
    ] as const) {
      const rig = new Rig()
      const names = Array.from({ length: count }, (_, i) => `f${i}`)
      const carried = await rig.apply(
        names.map(name => put(name, undefined, file(name))),
        names,
      )
      assert.ok(carried.every(each => each.outcome.result === 'done'))
      assert.equal(rig.process.faults.counts.get('flush') ?? 0, flushes)
      assert.equal(rig.process.faults.counts.get('sync') ?? 0, syncs)
    }
  })

  it('cost a small number of calls of the disk', async () => {
    const rig = new Rig()
    rig.person.write('a', 'old')
    rig.person.write('b', 'old')
    await rig.apply([put('b', file('old'), file('new'))], ['new'])
    rig.know('a')
    const before = rig.process.faults.calls
    await rig.apply([put('a', file('old'), file('new'))], ['new'])
    assert.ok(rig.process.faults.calls - before <= 25)
  })
})
