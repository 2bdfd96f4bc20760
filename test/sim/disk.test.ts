import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SimDisk } from './disk.ts'
import { Dentry } from './inode.ts'
import { Random } from './random.ts'
import { runAll, saveStyles, save } from './saves.ts'
import { makeStage, stageFile } from './stage.ts'
import { SimUser } from './user.ts'
import { otherUid } from './volume.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('the simulated volume', () => {
  it('gives the number of a removed inode to the next one, unless somebody holds it', () => {
    const { user, root } = makeStage()
    user.write('f', '1')
    const number = user.find('f')?.number
    user.rm('f')
    user.mkdir('d')
    assert.equal(user.find('d')?.number, number)
    const pinned = root.child('d')
    user.rm('d')
    user.mkdir('d')
    assert.notEqual(user.find('d')?.number, number)
    pinned.close()
    user.write('g', '')
    assert.equal(user.find('g')?.number, number)
  })

  it('a coarse clock hides changes in quick succession, a fine one none', () => {
    for (const [grainMs, times] of [
      [10, 1],
      [0.001, 20],
    ] as const) {
      const { user, world } = makeStage({ grainMs })
      world.advance(3)
      const seen = new Set<number | undefined>()
      for (let i = 0; i < 20; i++) {
        user.write('f', `text ${i}`.slice(0, 5))
        seen.add(user.find('f')?.mtimeMs)
      }
      assert.equal(seen.size, times)
    }
  })

  it('folds case and composition when told to, and keeps names as they were given', () => {
    const { user, root } = makeStage({ foldsCase: true, normalises: true })
    stageFile(root, 'Caf\u00e9', '1')
    assert.equal(root.lookup('cAFE\u0301')?.kind, 'file')
    assert.throws(() => root.create('CAF\u00c9'), { code: 'EEXIST' })
    root.rename('cafe\u0301', root, 'CAF\u00c9', 'replace')
    assert.deepEqual(user.list(''), ['CAF\u00c9'])
    assert.equal(user.text('caf\u00e9'), '1')
  })

  it('refuses names that are no UTF-8 when told to', () => {
    const { root } = makeStage({ unicodeOnly: true })
    assert.throws(() => root.create('caf\udce9'), { code: 'EILSEQ' })
    assert.throws(() => root.lookup('caf\udce9'), { code: 'EILSEQ' })
  })

  it('a runtime that cannot carry a name lists it as a problem and touches it by no other', () => {
    const { user, volume, process } = makeStage()
    user.write('caf\udce9', '1')
    const root = new SimDisk(volume, '/top', {
      process,
      random: new Random(1),
      carriesBytes: false,
      listsKinds: false,
    }).open('')
    user.write('plain', '1')
    assert.deepEqual(root.list(), [
      { name: 'caf\ufffd', kind: 'problem' },
      { name: 'plain', kind: 'unknown' },
    ])
    assert.throws(() => root.lookup('caf\udce9'), { code: 'EILSEQ' })
    assert.throws(() => root.rename('plain', root, '\udce9', 'replace'), { code: 'EILSEQ' })
  })

  it('lacks what it is told to lack', () => {
    const { root } = makeStage({
      exchange: false,
      exclusiveRename: false,
      hardLinks: false,
      symlinks: false,
      leases: false,
      modes: false,
    })
    stageFile(root, 'f', '1')
    stageFile(root, 'g', '2')
    assert.throws(() => root.rename('f', root, 'g', 'exchange'), { code: 'ENOSYS' })
    assert.throws(() => root.rename('f', root, 'h', 'exclusive'), { code: 'EINVAL' })
    assert.throws(() => root.link('f', root, 'h'), { code: 'EPERM' })
    assert.throws(() => root.symlink('h', 'f'), { code: 'EPERM' })
    const mode = root.lookup('f')?.mode
    root.setMode('f', 0o600)
    assert.equal(root.lookup('f')?.mode, mode)
    const handle = root.read('f')
    assert.equal(handle.unwritten(), undefined)
    handle.close()
  })

  it('another device, or a bind mount of the same, is another world', () => {
    for (const bind of [false, true]) {
      const { volume, process, root, work } = makeStage()
      new SimUser(volume, '/').mount('top', bind)
      const mounted = new SimDisk(volume, '/top', { process, random: new Random(1) }).open('')
      stageFile(work, 'in', '1')
      assert.equal(mounted.stat().device === work.stat().device, bind)
      assert.throws(() => work.rename('in', mounted, 'f', 'replace'), { code: 'EXDEV' })
      assert.throws(() => work.link('in', mounted, 'f'), { code: 'EXDEV' })
      work.rename('in', root, 'f', 'replace')
      assert.deepEqual(mounted.list(), [], 'what is covered is not seen')
      assert.throws(() => new SimUser(volume, '/').rmdir('top'), { code: 'EBUSY' })
      new SimUser(volume, '/').unmount('top')
      assert.equal(new SimUser(volume, '/').text('top/f'), '1')
    }
  })

  it('what belongs to somebody else may be read, not changed', () => {
    const { volume, user, root } = makeStage()
    const theirs = volume.inode('file', 0o640, volume.root.fileSystem, otherUid)
    const parent = user.find('')
    assert.ok(parent !== undefined)
    volume.place(new Dentry('theirs', parent, theirs))
    assert.throws(() => root.setMode('theirs', 0o600), { code: 'EPERM' })
    assert.throws(() => root.setTimes('theirs', 0), { code: 'EPERM' })
    assert.throws(() => root.read('theirs'), { code: 'EACCES' })
  })
})

describe('simulated programs', () => {
  it('follow links, also out of the root, and stop at a loop', () => {
    const { volume, user } = makeStage()
    const everything = new SimUser(volume, '/')
    everything.mkdir('elsewhere/deep')
    user.symlink('/elsewhere', 'out')
    user.symlink('out/deep/../f', 'l')
    user.write('l', 'through')
    assert.equal(everything.text('elsewhere/f'), 'through')
    user.symlink('loop', 'loop')
    assert.throws(() => user.write('loop', ''), { code: 'ELOOP' })
  })

  for (const style of saveStyles) {
    it(`saving by ${style} ends with the new content and no litter but its backup`, () => {
      for (let seed = 0; seed < 20; seed++) {
        const { user } = makeStage()
        const random = new Random(seed)
        for (const text of ['first', 'the second, longer', '3', '']) {
          runAll(save(user, 'f', bytes(text), style, random))
          assert.equal(user.text('f'), text, style)
          assert.equal(user.find('f')?.writers, 0)
        }
        assert.deepEqual(
          user.list('').filter(name => name !== 'f~'),
          ['f'],
        )
      }
    })
  }

  it('saves have moments in which others see nothing, too little, or both', () => {
    const seen = new Set<string | undefined>()
    for (const style of saveStyles) {
      for (let seed = 0; seed < 20; seed++) {
        const { user } = makeStage()
        user.write('f', 'old text')
        for (const _ of save(user, 'f', bytes('NEW'), style, new Random(seed))) seen.add(user.text('f'))
      }
    }
    for (const moment of [undefined, '', 'N', 'old text', 'NEW', 'NEW text', 'Nld text'])
      assert.ok(seen.has(moment), String(moment))
  })

  it('a program that is stopped in the middle closes its file; one that hangs does not', () => {
    const { user } = makeStage()
    const hanging = save(user, 'f', bytes('text'), 'truncate', new Random(1))
    hanging.next()
    assert.equal(user.find('f')?.writers, 1)
    hanging.return()
    assert.equal(user.find('f')?.writers, 0)
  })

  it('a writer keeps its position when another empties the file under it', () => {
    const { user } = makeStage()
    const writer = user.open('f', 'truncate')
    writer.write(bytes('abc'))
    user.write('f', '')
    writer.write(bytes('d'))
    writer.close()
    assert.equal(user.text('f'), '\0\0\0d')
  })

  it('a writer follows its inode through an exchange', () => {
    const { user, root, work } = makeStage()
    user.write('f', 'old')
    const writer = user.open('f', 'append')
    stageFile(work, 'in', 'new', true)
    root.rename('f', work, 'in', 'exchange')
    writer.write(bytes(' and late'))
    const captured = work.read('in')
    assert.equal(captured.unwritten(), false)
    writer.close()
    assert.equal(captured.unwritten(), true)
    assert.equal(new TextDecoder().decode(captured.read(0, 99)), 'old and late')
    captured.close()
    assert.equal(user.text('f'), 'new')
  })
})
