import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SyncError } from '../../lib/core/errors.ts'
import { captureHashBytes } from '../../lib/core/limits.ts'
import type { Operation } from '../../lib/core/operation.ts'
import { Rig, file, folder, look, methodNames, methods, move, put, remove, symlink } from './rig.ts'

interface Row {
  readonly says: string
  /** What a person did before. */
  readonly given?: (rig: Rig) => void
  readonly operation: Operation
  readonly contents?: readonly string[]
  readonly result: string
  /** What stands in the root afterwards: see `look`. */
  readonly root: Readonly<Record<string, string>>
  /** Why, path and content of what is in the trash afterwards, newest first. */
  readonly trash?: readonly string[]
  readonly needs?: 'hardLinks'
}

const rows: readonly Row[] = [
  { says: 'creates a file', operation: put('a', undefined, file('new', 0o755)), contents: ['new'], result: 'done', root: { a: '755 new' } },
  { says: 'creates a link', operation: put('a', undefined, symlink('b')), result: 'done', root: { a: '-> b' } },
  { says: 'creates a directory', operation: put('a', undefined, folder(0o700)), result: 'done', root: { a: '700 /' } },
  {
    says: 'creates in a directory below',
    given: ({ person }) => person.mkdir('d/e'),
    operation: put('d/e/a', undefined, file('new')),
    contents: ['new'],
    result: 'done',
    root: { d: '755 /', 'd/e': '755 /', 'd/e/a': '644 new' },
  },
  {
    says: 'does not create over something else',
    given: ({ person }) => person.write('a', 'theirs'),
    operation: put('a', undefined, file('new')),
    contents: ['new'],
    result: 'stale',
    root: { a: '644 theirs' },
  },
  {
    says: 'does not create over a link',
    given: ({ person }) => person.symlink('b', 'a'),
    operation: put('a', undefined, folder()),
    result: 'stale',
    root: { a: '-> b' },
  },
  {
    says: 'finds a file created already',
    given: ({ person }) => person.write('a', 'new'),
    operation: put('a', undefined, file('new')),
    contents: ['new'],
    result: 'done',
    root: { a: '644 new' },
  },
  {
    says: 'finds a directory created already',
    given: ({ person }) => person.mkdir('a'),
    operation: put('a', undefined, folder()),
    result: 'done',
    root: { a: '755 /' },
  },
  {
    says: 'needs content that is not here',
    operation: put('a', undefined, file('new')),
    result: 'needs',
    root: {},
  },
  {
    says: 'clones content that a path has already',
    given: ({ person }) => person.write('b', 'new'),
    operation: { ...put('a', undefined, file('new')), basis: 'b' },
    result: 'done',
    root: { a: '644 new', b: '644 new' },
  },
  {
    says: 'needs content when the path to clone has other content',
    given: ({ person }) => person.write('b', 'more'),
    operation: { ...put('a', undefined, file('new')), basis: 'b' },
    result: 'needs',
    root: { b: '644 more' },
  },
  { says: 'has no directory to create in', operation: put('d/a', undefined, symlink('b')), result: 'stale', root: {} },
  {
    says: 'follows no link to a directory',
    given: ({ person }) => {
      person.mkdir('d')
      person.symlink('d', 'l')
    },
    operation: put('l/a', undefined, symlink('b')),
    result: 'stale',
    root: { d: '755 /', l: '-> d' },
  },
  { says: 'refuses a link that leaves the root', operation: put('a', undefined, symlink('../b')), result: 'failed', root: {} },
  {
    says: 'replaces a file',
    given: ({ person }) => person.write('a', 'old'),
    operation: put('a', file('old'), file('newer', 0o755)),
    contents: ['newer'],
    result: 'done',
    root: { a: '755 newer' },
    trash: ['replaced a old'],
  },
  {
    says: 'replaces a file by one of the same size',
    given: ({ person }) => person.write('a', 'old'),
    operation: put('a', file('old'), file('new')),
    contents: ['new'],
    result: 'done',
    root: { a: '644 new' },
    trash: ['replaced a old'],
  },
  {
    says: 'replaces a file by a link',
    given: ({ person }) => person.write('a', 'old'),
    operation: put('a', file('old'), symlink('b')),
    result: 'done',
    root: { a: '-> b' },
    trash: ['replaced a old'],
  },
  {
    says: 'replaces a link by a file',
    given: ({ person }) => person.symlink('b', 'a'),
    operation: put('a', symlink('b'), file('new')),
    contents: ['new'],
    result: 'done',
    root: { a: '644 new' },
    trash: ['replaced a -> b'],
  },
  {
    says: 'replaces a link by a link',
    given: ({ person }) => person.symlink('b', 'a'),
    operation: put('a', symlink('b'), symlink('c')),
    result: 'done',
    root: { a: '-> c' },
    trash: ['replaced a -> b'],
  },
  {
    says: 'replaces a hard link and leaves its other name alone',
    given: rig => {
      rig.person.write('b', 'old')
      rig.hardLink('b', 'a')
    },
    operation: put('a', file('old'), file('newer')),
    contents: ['newer'],
    result: 'done',
    root: { a: '644 newer', b: '644 old' },
    trash: ['replaced a old'],
    needs: 'hardLinks',
  },
  {
    says: 'does not replace another version',
    given: ({ person }) => person.write('a', 'theirs'),
    operation: put('a', file('old'), file('new')),
    contents: ['new'],
    result: 'stale',
    root: { a: '644 theirs' },
  },
  {
    says: 'does not replace another version of the same size',
    given: ({ person }) => person.write('a', 'own'),
    operation: put('a', file('old'), file('new')),
    contents: ['new'],
    result: 'stale',
    root: { a: '644 own' },
  },
  {
    says: 'does not replace a file whose mode was changed',
    given: ({ person }) => {
      person.write('a', 'old')
      person.chmod('a', 0o600)
    },
    operation: put('a', file('old'), file('newer')),
    contents: ['newer'],
    result: 'stale',
    root: { a: '600 old' },
  },
  {
    says: 'does not replace another link',
    given: ({ person }) => person.symlink('x', 'a'),
    operation: put('a', symlink('b'), symlink('c')),
    result: 'stale',
    root: { a: '-> x' },
  },
  {
    says: 'does not replace a directory',
    given: ({ person }) => person.mkdir('a'),
    operation: put('a', file('old'), file('newer')),
    contents: ['newer'],
    result: 'stale',
    root: { a: '755 /' },
  },
  { says: 'does not replace nothing', operation: put('a', file('old'), file('newer')), contents: ['newer'], result: 'stale', root: {} },
  {
    says: 'finds a file replaced already',
    given: ({ person }) => person.write('a', 'newer'),
    operation: put('a', file('old'), file('newer')),
    contents: ['newer'],
    result: 'done',
    root: { a: '644 newer' },
  },
  {
    says: 'changes the mode of a file',
    given: ({ person }) => person.write('a', 'old'),
    operation: put('a', file('old'), file('old', 0o755)),
    result: 'done',
    root: { a: '755 old' },
  },
  {
    says: 'does not change the mode of another version',
    given: ({ person }) => person.write('a', 'own'),
    operation: put('a', file('old'), file('old', 0o755)),
    result: 'stale',
    root: { a: '644 own' },
  },
  {
    says: 'changes the mode of a directory',
    given: ({ person }) => person.mkdir('a'),
    operation: put('a', folder(0o755), folder(0o700)),
    result: 'done',
    root: { a: '700 /' },
  },
  {
    says: 'removes a file',
    given: ({ person }) => person.write('a', 'old'),
    operation: remove('a', file('old')),
    result: 'done',
    root: {},
    trash: ['deleted a old'],
  },
  {
    says: 'removes a link',
    given: ({ person }) => person.symlink('b', 'a'),
    operation: remove('a', symlink('b')),
    result: 'done',
    root: {},
    trash: ['deleted a -> b'],
  },
  { says: 'finds a file removed already', operation: remove('a', file('old')), result: 'done', root: {} },
  {
    says: 'does not remove another version',
    given: ({ person }) => person.write('a', 'own'),
    operation: remove('a', file('old')),
    result: 'stale',
    root: { a: '644 own' },
  },
  {
    says: 'removes an empty directory',
    given: ({ person }) => person.mkdir('a'),
    operation: remove('a', folder()),
    result: 'done',
    root: {},
    trash: ['deleted a /'],
  },
  {
    says: 'keeps a directory that holds something',
    given: ({ person }) => person.write((person.mkdir('a'), 'a/ignored'), 'theirs'),
    operation: remove('a', folder()),
    result: 'kept',
    root: { a: '755 /', 'a/ignored': '644 theirs' },
  },
  {
    says: 'moves a directory with all that is in it',
    given: ({ person }) => {
      person.mkdir('b')
      person.write((person.mkdir('a'), 'a/f'), 'old')
    },
    operation: move('a', 'b/c'),
    result: 'done',
    root: { b: '755 /', 'b/c': '755 /', 'b/c/f': '644 old' },
  },
  {
    says: 'does not move onto something, not even an empty directory',
    given: ({ person }) => {
      person.mkdir('a')
      person.mkdir('b')
    },
    operation: move('a', 'b'),
    result: 'stale',
    root: { a: '755 /', b: '755 /' },
  },
  { says: 'does not move nothing', operation: move('a', 'b'), result: 'stale', root: {} },
  {
    says: 'does not move a file',
    given: ({ person }) => person.write('a', 'old'),
    operation: move('a', 'b'),
    result: 'stale',
    root: { a: '644 old' },
  },
]

for (const method of methodNames) {
  describe(`an operation, by ${method}`, () => {
    const possible = rows.filter(row => row.needs === undefined || new Rig(methods[method]).abilities[row.needs])
    for (const row of possible) {
      it(row.says, async () => {
        const rig = new Rig(methods[method])
        row.given?.(rig)
        const [carried] = await rig.apply([row.operation], row.contents)
        assert.equal(carried?.outcome.result, row.result, JSON.stringify(carried?.outcome))
        assert.deepEqual(look(rig), row.root)
        assert.deepEqual(rig.trashed(), row.trash ?? [])
        assert.deepEqual(rig.slots(), [], 'no slot is left')
        assert.equal(rig.leakedHandles(), 0, 'nothing is left open')
        rig.checkStat(row.operation.path, carried)
      })
    }

    it('is done a second time at no harm', async () => {
      for (const row of possible.filter(each => each.result === 'done' && each.operation.kind !== 'move')) {
        const rig = new Rig(methods[method])
        row.given?.(rig)
        await rig.apply([row.operation], row.contents)
        const [again] = await rig.apply([row.operation], row.contents)
        assert.equal(again?.outcome.result, 'done', row.says)
        assert.deepEqual(look(rig), row.root, row.says)
        assert.deepEqual(rig.trashed(), row.trash ?? [], row.says)
      }
    })

    it('gives a new path the time of its source, a replaced one the moment of its swap', async () => {
      const rig = new Rig(methods[method])
      rig.person.write('old', 'old')
      await rig.apply([{ ...put('a', undefined, file('new')), mtimeMs: 1234 }], ['new'])
      assert.equal(rig.person.find('a')?.mtimeMs, 1234)
      rig.clock.advance(1000)
      await rig.apply([{ ...put('old', file('old'), file('newer')), mtimeMs: 1234 }], ['newer'])
      assert.ok(Math.abs((rig.person.find('old')?.mtimeMs ?? 0) - rig.clock.now()) < 5)
    })

    it('recognises a large file by its identity, and asks for its digest later', async () => {
      const rig = new Rig(methods[method])
      const large = 'x'.repeat(captureHashBytes + 1)
      rig.person.write('a', large)
      const operation = put('a', file(large), file('new'))
      assert.equal((await rig.apply([operation], ['new']))[0]?.outcome.result, 'busy', 'its content is not certain')
      rig.know('a')
      const [carried] = await rig.apply([operation], ['new'])
      assert.equal(carried?.outcome.result, 'done')
      assert.equal(carried?.recheck?.because, 'not-hashed')
      assert.equal(rig.work.trash.rechecked(carried.recheck, file(large)), true)
      assert.deepEqual(rig.trash().map(item => item.why), ['replaced'])
      assert.equal(rig.work.trash.rechecked(carried.recheck, file('other')), false)
      assert.deepEqual(rig.trash().map(item => item.why), ['recovered'])
    })

    it('leaves a large file alone while somebody writes to it', async () => {
      const rig = new Rig(methods[method])
      const large = 'x'.repeat(captureHashBytes + 1)
      rig.person.write('a', large)
      rig.know('a')
      const writer = rig.person.open('a', 'append')
      assert.equal((await rig.apply([remove('a', file(large))]))[0]?.outcome.result, 'busy')
      writer.close()
      assert.equal((await rig.apply([remove('a', file(large))]))[0]?.outcome.result, 'done')
    })
  })
}

describe('operations', () => {
  it('share one directory handle, and see that it moved', async () => {
    const rig = new Rig()
    rig.person.mkdir('d')
    const before = rig.process.faults.counts.get('open') ?? 0
    const carried = await rig.apply([put('d/a', undefined, symlink('x')), put('d/b', undefined, symlink('x')), move('d', 'e'), put('d/c', undefined, symlink('x'))])
    assert.deepEqual(carried.map(each => each.outcome.result), ['done', 'done', 'done', 'stale'])
    assert.equal((rig.process.faults.counts.get('open') ?? 0) - before, 4)
  })

  it('move only the directory that the replica knows', async () => {
    const rig = new Rig()
    rig.person.mkdir('a')
    rig.isKnownDirectory = false
    assert.equal((await rig.apply([move('a', 'b')]))[0]?.outcome.result, 'stale')
  })

  it('take no path that leads out of the root', async () => {
    for (const path of ['', '/a', '../a', 'a/../b', 'a//b', '.', 'a\0b', 'a/']) {
      const rig = new Rig()
      const isHostile = (error: unknown): boolean => error instanceof SyncError && error.code === 'PATH_INVALID' && error.verdict === 'halt'
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
    assert.equal((await rig.apply([put('file', undefined, file('same'))], ['same']))[0]?.outcome.result, 'stale')
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
    assert.deepEqual(rig.trash().map(item => ('digest' in item.entry ? item.entry.digest : '')).toSorted(), [file('old').digest, file('old!').digest].toSorted())
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
    assert.deepEqual(carried.map(each => each.outcome.result), ['done', 'done'])
    assert.deepEqual(look(rig), { a: `644 ${large}`, b: `755 ${large}` })
    assert.deepEqual(rig.slots(), [])
    rig.person.write('c', 'theirs')
    rig.stage(large)
    await rig.apply([put('c', undefined, file(large))])
    assert.equal(rig.slots().length, 1, 'content that was not used waits for another try')
    assert.equal((await rig.apply([put('d', undefined, file(large))]))[0]?.outcome.result, 'done')
  })

  it('make a large batch durable by one flush, a small one file by file', async () => {
    for (const [count, flushes, syncs] of [[33, 1, 0], [3, 0, 3]] as const) {
      const rig = new Rig()
      const names = Array.from({ length: count }, (_, i) => `f${i}`)
      const carried = await rig.apply(names.map(name => put(name, undefined, file(name))), names)
      assert.ok(carried.every(each => each.outcome.result === 'done'))
      assert.equal(rig.process.faults.counts.get('flush') ?? 0, flushes)
      assert.equal(rig.process.faults.counts.get('sync') ?? 0, syncs)
    }
  })
})
