import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MakeDisk } from './disk-case.ts'
import { createFile, namesIn, readAll } from './disk-case.ts'
import { diskContent } from './disk-content.ts'
import { diskErrors, refusedWith } from './disk-errors.ts'
import { diskMetadata } from './disk-metadata.ts'
import { diskRenames } from './disk-renames.ts'
import { diskTimes } from './disk-times.ts'

/** What every Disk does, as `lib/ports/disk.ts` says it. */
export function diskSuite(name: string, makeDisk: MakeDisk): void {
  describe(name, () => {
    diskErrors(makeDisk)
    diskRenames(makeDisk)
    diskTimes(makeDisk)
    nameTests(makeDisk)
    diskContent(makeDisk)
    diskMetadata(makeDisk)
    pinTests(makeDisk)
    baseTests(makeDisk)
    permissionTests(makeDisk)
  })
}

function nameTests(makeDisk: MakeDisk): void {
  it('carries odd names as they are', async t => {
    const { top, outside } = await makeDisk(t)
    const names = [
      'new\nline',
      '-rf',
      ' ',
      "it's",
      '\u{1f600}',
      '\ufffd',
      '~',
      '#a%20',
      '\x1b[31m',
      'x'.repeat(255),
      'é'.repeat(127),
    ]
    for (const name of names) createFile(top, name, name)
    assert.deepEqual(namesIn(top), names.toSorted())
    for (const name of names) {
      assert.equal(readAll(top, name), name)
      assert.equal(outside.read(name), name)
    }
  })

  it('carries names that are no UTF-8', async t => {
    const { top, outside, can } = await makeDisk(t)
    if (!can.bytes) return t.skip('this disk or runtime cannot carry such names')
    const names = ['caf\udce9', '\udcff\udcfe', 'a\udc80b', '\udcef\udcbb']
    createFile(top, 'caf\udce9', '1')
    top.mkdir('\udcff\udcfe', 0o755)
    top.symlink('a\udc80b', 'target\udcff')
    outside.write('\udcef\udcbb', '2')
    assert.deepEqual(namesIn(top), names.toSorted())
    assert.equal(outside.read('caf\udce9'), '1')
    assert.equal(top.readlink('a\udc80b'), 'target\udcff')
    assert.equal(readAll(top, '\udcef\udcbb'), '2')
    const inner = top.child('\udcff\udcfe')
    top.rename('caf\udce9', inner, '\udce8', 'replace')
    assert.deepEqual(namesIn(inner), ['\udce8'])
    inner.close()
  })

  it('keeps apart what reads alike', async t => {
    const { top, can } = await makeDisk(t)
    if (!can.bytes) return t.skip('this disk or runtime cannot carry such names')
    const alike = ['\udce9', '\ufffd', '\u00e9', 'e\u0301']
    for (const name of alike) createFile(top, name, name)
    assert.deepEqual(namesIn(top), alike.toSorted())
    top.unlink('\udce9')
    assert.deepEqual(namesIn(top), alike.filter(name => name !== '\udce9').toSorted())
  })

  it('lists kinds, and never follows to find one', async t => {
    const { top, outside } = await makeDisk(t)
    outside.write('f', '1')
    outside.mkdir('d')
    outside.symlink('d', 'to-d')
    outside.symlink('gone', 'to-nothing')
    const kinds = new Map(top.list().map(item => [item.name, item.kind]))
    for (const [name, kind] of [
      ['f', 'file'],
      ['d', 'directory'],
      ['to-d', 'symlink'],
      ['to-nothing', 'symlink'],
    ] as const) {
      assert.ok(kinds.get(name) === kind || kinds.get(name) === 'unknown', `${name} is ${kinds.get(name)}`)
      assert.equal(top.lookup(name)?.kind, kind)
    }
    assert.equal(kinds.size, 4)
  })
}

function pinTests(makeDisk: MakeDisk): void {
  it('stays with a directory that is renamed, and with nothing that takes its name', async t => {
    const { top, disk, outside } = await makeDisk(t)
    outside.mkdir('a')
    const pinned = disk.open('a')
    const inode = pinned.stat().inode
    outside.rename('a', 'b')
    outside.mkdir('a')
    createFile(pinned, 'x', 'followed')
    assert.equal(outside.read('b/x'), 'followed')
    assert.equal(outside.read('a/x'), undefined)
    assert.equal(pinned.stat().inode, inode)
    assert.notEqual(top.lookup('a')?.inode, inode)
    pinned.close()
  })

  it('stays inside when the directory it came from becomes a link', async t => {
    const { disk, outside } = await makeDisk(t)
    outside.mkdir('a')
    outside.mkdir('a/b')
    outside.mkdir('secret')
    outside.mkdir('secret/b')
    const pinned = disk.open('a')
    outside.rename('a', 'moved')
    outside.symlink('secret', 'a')
    const inner = pinned.child('b')
    createFile(inner, 'x', '1')
    inner.close()
    pinned.close()
    assert.equal(outside.read('moved/b/x'), '1')
    assert.equal(outside.read('secret/b/x'), undefined)
  })

  it('takes nothing new into a directory that was removed', async t => {
    const { disk, outside } = await makeDisk(t)
    outside.mkdir('a')
    const pinned = disk.open('a')
    outside.remove('a')
    assert.throws(() => pinned.create('x'), refusedWith(['ENOENT']))
    assert.throws(() => pinned.mkdir('x', 0o755), refusedWith(['ENOENT']))
    assert.equal(pinned.lookup('x'), undefined)
    outside.mkdir('a')
    assert.throws(() => pinned.create('x'), refusedWith(['ENOENT']))
    pinned.close()
  })

  it('opens many components at once', async t => {
    const { disk, outside } = await makeDisk(t)
    for (const path of ['a', 'a/b', 'a/b/c']) outside.mkdir(path)
    const deep = disk.open('a/b/c')
    createFile(deep, 'x', '1')
    deep.close()
    assert.equal(outside.read('a/b/c/x'), '1')
  })

  it('makes names and content durable without complaint', async t => {
    const { disk, top, wait } = await makeDisk(t)
    createFile(top, 'f', '1')
    top.sync()
    await wait(disk.flush())
    assert.equal(readAll(top, 'f'), '1')
  })
}

function baseTests(makeDisk: MakeDisk): void {
  it('makes its base when it is missing, and says so', async t => {
    const { work } = await makeDisk(t)
    assert.throws(() => work.open(''), refusedWith(['ENOENT']))
    assert.equal(work.ensureBase(0o700), true)
    assert.equal(work.ensureBase(0o700), false)
    const top = work.open('')
    assert.equal(top.stat().mode, 0o700)
    top.close()
  })

  it('refuses a base that is no directory', async t => {
    const { disk, top, outside } = await makeDisk(t)
    top.close()
    outside.remove('')
    assert.throws(() => disk.open(''), refusedWith(['ENOENT']))
    outside.write('', 'a file')
    assert.throws(() => disk.open(''), refusedWith(['ENOTDIR']))
    outside.remove('')
    outside.symlink('.', '')
    assert.throws(() => disk.open(''), refusedWith(['ELOOP', 'ENOTDIR']))
  })
}

function permissionTests(makeDisk: MakeDisk): void {
  it('says EACCES for what may not be read or changed', async t => {
    const { top, outside, privileged } = await makeDisk(t)
    if (privileged) return t.skip('root may do anything')
    outside.mkdir('closed')
    outside.mkdir('shown')
    outside.write('closed/x', '1')
    outside.write('shown/x', '1')
    outside.write('f', '1')
    outside.chmod('f', 0o000)
    outside.chmod('closed', 0o000)
    outside.chmod('shown', 0o500)
    assert.throws(() => top.read('f'), refusedWith(['EACCES']))
    assert.throws(() => top.child('closed').list(), refusedWith(['EACCES']))
    assert.throws(() => top.child('closed').lookup('x'), refusedWith(['EACCES']))
    const shown = top.child('shown')
    assert.deepEqual(namesIn(shown), ['x'])
    assert.throws(() => shown.create('y'), refusedWith(['EACCES']))
    assert.throws(() => shown.unlink('x'), refusedWith(['EACCES']))
    assert.throws(() => shown.rename('x', top, 'x', 'replace'), refusedWith(['EACCES']))
    shown.close()
  })
}
