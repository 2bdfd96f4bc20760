import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { DiskCase, MakeDisk } from './disk-case.ts'
import { createFile, namesIn, readAll } from './disk-case.ts'
import { refusedWith } from './disk-errors.ts'

/** Renames of all three kinds, and links: how content gets to its place and out of it. */
export function diskRenames(makeDisk: MakeDisk): void {
  replaceTests(makeDisk)
  exclusiveTests(makeDisk)
  exchangeTests(makeDisk)
  linkTests(makeDisk)
}

function replaceTests(makeDisk: MakeDisk): void {
  it('renames within and between directories, keeping the inode', async t => {
    const { top } = await makeDisk(t)
    createFile(top, 'f', '1')
    top.mkdir('d', 0o755)
    const d = top.child('d')
    const inode = top.lookup('f')?.inode
    top.rename('f', d, 'g', 'replace')
    d.rename('g', d, 'h', 'replace')
    assert.equal(d.lookup('h')?.inode, inode)
    assert.deepEqual(namesIn(top), ['d'])
    assert.deepEqual(namesIn(d), ['h'])
    d.close()
  })

  it('replaces a file, a link, and an empty directory', async t => {
    const { top, outside } = await makeDisk(t)
    createFile(top, 'f', 'new')
    createFile(top, 'old', 'old')
    outside.symlink('old', 'l')
    top.rename('f', top, 'old', 'replace')
    assert.equal(readAll(top, 'old'), 'new')
    top.rename('old', top, 'l', 'replace')
    assert.equal(top.lookup('l')?.kind, 'file')
    top.mkdir('d', 0o755)
    top.mkdir('e', 0o755)
    const inode = top.lookup('d')?.inode
    top.rename('d', top, 'e', 'replace')
    assert.equal(top.lookup('e')?.inode, inode)
    assert.deepEqual(namesIn(top), ['e', 'l'])
  })

  it('moves a link itself, not what it points to', async t => {
    const { top, outside } = await makeDisk(t)
    outside.mkdir('d')
    outside.symlink('d', 'l')
    top.rename('l', top, 'm', 'replace')
    assert.equal(top.readlink('m'), 'd')
    assert.equal(top.lookup('d')?.kind, 'directory')
  })

  it('does nothing when both names are one file already', async t => {
    const { top } = await makeDisk(t)
    createFile(top, 'a', '1')
    top.link('a', top, 'b')
    top.rename('a', top, 'b', 'replace')
    assert.deepEqual(namesIn(top), ['a', 'b'])
    top.rename('a', top, 'a', 'replace')
    assert.deepEqual(namesIn(top), ['a', 'b'])
  })

  it('moves a directory with all that is in it', async t => {
    const { top, outside } = await makeDisk(t)
    for (const path of ['a', 'a/b', 'c']) outside.mkdir(path)
    outside.write('a/b/f', '1')
    const c = top.child('c')
    top.rename('a', c, 'a', 'replace')
    c.close()
    assert.equal(outside.read('c/a/b/f'), '1')
    assert.deepEqual(namesIn(top), ['c'])
  })

  it('reaches from one disk of a file system into another', async t => {
    const { top, work, outside } = await makeDisk(t)
    work.ensureBase(0o700)
    const slots = work.open('')
    createFile(slots, 'in', 'staged')
    slots.rename('in', top, 'f', 'replace')
    assert.equal(outside.read('f'), 'staged')
    top.link('f', slots, 'kept')
    assert.equal(readAll(slots, 'kept'), 'staged')
    slots.close()
  })
}

function exclusiveTests(makeDisk: MakeDisk): void {
  it('renames to a free name, and to no other', async t => {
    const disk = await makeDisk(t)
    const { top, outside } = disk
    createFile(top, 'f', '1')
    if (!disk.can.exclusiveRename) {
      assert.throws(() => top.rename('f', top, 'free', 'exclusive'), refusedWith(['ENOSYS', 'EINVAL']))
      assert.deepEqual(namesIn(top), ['f'])
      return
    }
    top.rename('f', top, 'g', 'exclusive')
    assert.deepEqual(namesIn(top), ['g'])
    createFile(top, 'taken', '2')
    outside.mkdir('d')
    outside.symlink('nowhere', 'l')
    for (const name of ['taken', 'd', 'l', 'g']) {
      assert.throws(() => top.rename('g', top, name, 'exclusive'), refusedWith(['EEXIST']), name)
    }
    assert.equal(readAll(top, 'g'), '1')
    assert.equal(readAll(top, 'taken'), '2')
    assert.throws(() => top.rename('no', top, 'x', 'exclusive'), refusedWith(['ENOENT']))
    top.rename('d', top, 'e', 'exclusive')
    assert.equal(top.lookup('e')?.kind, 'directory')
  })
}

function exchangeTests(makeDisk: MakeDisk): void {
  const able = async (t: Parameters<MakeDisk>[0], work: (disk: DiskCase) => void): Promise<void> => {
    const disk = await makeDisk(t)
    if (disk.can.exchange) return work(disk)
    createFile(disk.top, 'a', '1')
    createFile(disk.top, 'b', '2')
    assert.throws(() => disk.top.rename('a', disk.top, 'b', 'exchange'), refusedWith(['ENOSYS', 'EINVAL']))
    assert.equal(readAll(disk.top, 'a'), '1')
    assert.equal(readAll(disk.top, 'b'), '2')
  }

  it('exchanges two files with their inodes', t =>
    able(t, ({ top, work }) => {
      work.ensureBase(0o700)
      const slots = work.open('')
      createFile(top, 'f', 'old')
      createFile(slots, 'in', 'new')
      const [old, fresh] = [top.lookup('f')?.inode, slots.lookup('in')?.inode]
      top.rename('f', slots, 'in', 'exchange')
      assert.equal(readAll(top, 'f'), 'new')
      assert.equal(readAll(slots, 'in'), 'old')
      assert.deepEqual([slots.lookup('in')?.inode, top.lookup('f')?.inode], [old, fresh])
      slots.close()
    }))

  it('exchanges different kinds: a file, a link, a full directory', t =>
    able(t, ({ top, outside }) => {
      outside.write('f', '1')
      outside.mkdir('d')
      outside.write('d/x', '2')
      outside.symlink('f', 'l')
      top.rename('f', top, 'd', 'exchange')
      assert.equal(top.lookup('f')?.kind, 'directory')
      assert.equal(outside.read('f/x'), '2')
      assert.equal(readAll(top, 'd'), '1')
      top.rename('l', top, 'd', 'exchange')
      assert.equal(top.readlink('d'), 'f')
      assert.equal(readAll(top, 'l'), '1')
    }))

  it('exchanges nothing with a name that is missing', t =>
    able(t, ({ top }) => {
      createFile(top, 'f', '1')
      assert.throws(() => top.rename('f', top, 'no', 'exchange'), refusedWith(['ENOENT']))
      assert.throws(() => top.rename('no', top, 'f', 'exchange'), refusedWith(['ENOENT']))
      top.rename('f', top, 'f', 'exchange')
      assert.deepEqual(namesIn(top), ['f'])
    }))

  it('exchanges no directory with what is in it', t =>
    able(t, ({ top, outside }) => {
      outside.mkdir('d')
      outside.mkdir('d/sub')
      const inner = top.child('d')
      assert.throws(() => top.rename('d', inner, 'sub', 'exchange'), refusedWith(['EINVAL']))
      assert.throws(() => inner.rename('sub', top, 'd', 'exchange'), refusedWith(['EINVAL']))
      inner.close()
      assert.equal(top.lookup('d')?.kind, 'directory')
    }))

  it('leaves a writer with the inode it opened', t =>
    able(t, ({ top, outside }) => {
      outside.write('f', 'old')
      createFile(top, 'in', 'new')
      const writer = outside.open('f')
      top.rename('f', top, 'in', 'exchange')
      writer.write('late')
      writer.close()
      assert.equal(outside.read('f'), 'new')
      assert.equal(outside.read('in'), 'late')
    }))
}

function linkTests(makeDisk: MakeDisk): void {
  it('gives a file a second name', async t => {
    const { top, outside } = await makeDisk(t)
    outside.write('f', '1')
    outside.mkdir('d')
    const d = top.child('d')
    top.link('f', d, 'g')
    assert.equal(d.lookup('g')?.inode, top.lookup('f')?.inode)
    top.unlink('f')
    assert.equal(readAll(d, 'g'), '1')
    assert.equal(d.lookup('g')?.links, 1)
    d.close()
  })

  it('unlinks a link, not what it points to', async t => {
    const { top, outside } = await makeDisk(t)
    outside.mkdir('d')
    outside.symlink('d', 'l')
    top.unlink('l')
    assert.deepEqual(namesIn(top), ['d'])
  })
}
