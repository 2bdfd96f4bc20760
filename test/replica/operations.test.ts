import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
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
  {
    says: 'creates a file',
    operation: put('a', undefined, file('new', 0o755)),
    contents: ['new'],
    result: 'done',
    root: { a: '755 new' },
  },
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
  {
    says: 'refuses a link that leaves the root',
    operation: put('a', undefined, symlink('../b')),
    result: 'failed',
    root: {},
  },
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
  {
    says: 'does not replace nothing',
    operation: put('a', file('old'), file('newer')),
    contents: ['newer'],
    result: 'stale',
    root: {},
  },
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

    if (method === 'exchange' || method === 'aside')
      it('gives a hard link another mode and leaves its other name alone', async () => {
        const rig = new Rig(methods[method])
        rig.person.write('b', 'old')
        rig.hardLink('b', 'a')
        const [carried] = await rig.apply([put('a', file('old'), file('old', 0o600))])
        assert.equal(carried?.outcome.result, 'done')
        assert.deepEqual(look(rig), { a: '600 old', b: '644 old' })
        assert.deepEqual(rig.slots(), [])
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
      assert.deepEqual(
        rig.trash().map(item => item.why),
        ['replaced'],
      )
      assert.equal(rig.work.trash.rechecked(carried.recheck, file('other')), false)
      assert.deepEqual(
        rig.trash().map(item => item.why),
        ['recovered'],
      )
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
