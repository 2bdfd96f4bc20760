import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { codeOf } from '../../lib/core/errors.ts'
import type { DirectoryHandle } from '../../lib/ports/disk.ts'
import { diskError, translated } from '../../lib/replica/disk/errors.ts'
import { openDisk } from '../../lib/replica/disk/open-disk.ts'
import { bytes, diskKinds, makeDisk, openDescriptors } from './disk-kinds.ts'

function put(directory: DirectoryHandle, name: string, text: string): void {
  const file = directory.create(name)
  file.write(bytes(text))
  file.close()
}

for (const { name: kind, pins, options } of diskKinds) {
  describe(`disk: ${kind}`, () => {
    it('writes, reads in parts and appends', t => {
      const { disk } = makeDisk(t, options)
      const directory = disk.open('')
      const file = directory.create('file')
      file.write(bytes('hello '))
      file.write(bytes('world'))
      file.sync()
      assert.equal(file.stat().size, 11)
      assert.equal(file.stat().mode, 0o600)
      file.close()
      const reader = directory.read('file')
      assert.equal(Buffer.from(reader.read(6, 100)).toString(), 'world')
      assert.equal(Buffer.from(reader.read(0, 5)).toString(), 'hello')
      assert.equal(reader.read(11, 5).length, 0)
      reader.close()
      const more = directory.append('file')
      more.write(bytes('!'))
      more.close()
      assert.equal(directory.lookup('file')?.size, 12)
      directory.append('made').close()
      assert.equal(directory.lookup('made')?.mode, 0o600)
    })

    it('gives files and directories the mode asked for, whatever the umask, and never special bits', t => {
      const { disk, root } = makeDisk(t, options)
      const directory = disk.open('')
      directory.mkdir('made', 0o777)
      assert.equal(directory.lookup('made')?.mode, 0o777)
      put(directory, 'file', '')
      directory.setMode('file', 0o6754)
      assert.equal(directory.lookup('file')?.mode, 0o754)
      directory.mkdir('shared', 0o700)
      chmodSync(join(root, 'shared'), 0o2770)
      directory.setMode('shared', 0o5750)
      assert.equal(directory.lookup('shared')?.mode, 0o2750)
    })

    it('sets times before and after 1970', t => {
      const { disk } = makeDisk(t, options)
      const directory = disk.open('')
      put(directory, 'file', '')
      for (const time of [1_700_000_000_123, 0, -86_400_000]) {
        directory.setTimes('file', time)
        const mtimeMs = directory.lookup('file')?.mtimeMs ?? Infinity
        assert.ok(Math.abs(mtimeMs - time) <= 0.001, `${mtimeMs} is not ${time}`)
      }
    })

    it('refuses what is taken, missing or of another kind', t => {
      const { disk } = makeDisk(t, options)
      const directory = disk.open('')
      put(directory, 'file', '1')
      directory.mkdir('full', 0o755)
      put(directory.child('full'), 'inside', '2')
      assert.throws(() => directory.create('file'), { code: 'EEXIST', verdict: 'problem' })
      assert.throws(() => directory.mkdir('file', 0o755), { code: 'EEXIST' })
      assert.throws(() => directory.symlink('file', 'x'), { code: 'EEXIST' })
      assert.throws(() => directory.link('file', directory, 'full'), { code: 'EEXIST' })
      assert.throws(() => directory.rmdir('full'), { code: 'ENOTEMPTY' })
      assert.throws(() => directory.rmdir('file'), { code: 'ENOTDIR' })
      assert.throws(() => directory.unlink('full'), { code: 'EISDIR' })
      assert.throws(() => directory.child('file'), { code: 'ENOTDIR' })
      assert.throws(() => directory.child('none'), { code: 'ENOENT' })
      assert.throws(() => directory.read('none'), { code: 'ENOENT' })
      assert.throws(() => directory.readlink('file'), { code: 'EINVAL' })
      assert.throws(() => directory.rename('file', directory, 'full', 'replace'), { code: 'EISDIR' })
      assert.throws(() => disk.open('file'), { code: 'ENOTDIR' })
      assert.throws(() => disk.open('none/below'), { code: 'ENOENT' })
      assert.equal(directory.lookup('none'), undefined)
    })

    it('exchanges in both orders and renames exclusively, or says that it cannot', t => {
      const { disk } = makeDisk(t, options)
      const directory = disk.open('')
      directory.mkdir('staging', 0o700)
      const staging = directory.child('staging')
      put(directory, 'file', 'old')
      put(staging, 'in', 'new')
      const [old, incoming] = [directory.lookup('file')?.inode, staging.lookup('in')?.inode]
      if (options.native === undefined) {
        assert.throws(() => directory.rename('file', staging, 'in', 'exchange'), { code: 'ENOSYS' })
        assert.throws(() => staging.rename('in', directory, 'free', 'exclusive'), { code: 'ENOSYS' })
        assert.equal(directory.lookup('file')?.inode, old)
        return
      }
      directory.rename('file', staging, 'in', 'exchange')
      assert.deepEqual([directory.lookup('file')?.inode, staging.lookup('in')?.inode], [incoming, old])
      staging.rename('in', directory, 'file', 'exchange')
      assert.deepEqual([directory.lookup('file')?.inode, staging.lookup('in')?.inode], [old, incoming])
      assert.throws(() => directory.rename('file', staging, 'none', 'exchange'), { code: 'ENOENT' })
      assert.throws(() => staging.rename('in', directory, 'file', 'exclusive'), {
        code: 'EEXIST',
        message: /Cannot move .*in to .*file: the name is taken/,
      })
      staging.rename('in', directory, 'free', 'exclusive')
      assert.equal(directory.lookup('free')?.inode, incoming)
    })

    it('sees its base come, go and be replaced', t => {
      const { disk, root } = makeDisk(t, options)
      rmdirSync(root)
      assert.throws(() => disk.open(''), { code: 'ENOENT' })
      assert.equal(disk.ensureBase(0o700), true)
      assert.equal(disk.ensureBase(0o755), false)
      assert.equal(statSync(root).mode & 0o777, 0o700)
      const first = disk.open('').stat()
      renameSync(root, `${root}.old`)
      mkdirSync(root)
      assert.notEqual(disk.open('').stat().inode, first.inode)
      put(disk.open(''), 'file', 'in the new one')
      assert.equal(readFileSync(join(root, 'file'), 'utf8'), 'in the new one')
      rmSync(root, { recursive: true })
      symlinkSync(`${root}.old`, root)
      assert.throws(() => disk.open(''), { code: 'ENOTDIR' })
      assert.throws(() => disk.ensureBase(0o700), { code: 'ENOTDIR' })
      rmSync(root)
      writeFileSync(root, '')
      assert.throws(() => disk.ensureBase(0o700), { code: 'ENOTDIR' })
    })

    it('makes missing parents and resolves links above the base', t => {
      const { top } = makeDisk(t, options)
      mkdirSync(join(top, 'real'))
      symlinkSync('real', join(top, 'alias'))
      const disk = openDisk(join(top, 'alias', 'deep', 'base'), options)
      t.after(() => disk.close())
      assert.equal(disk.ensureBase(0o700), true)
      assert.equal(disk.open('').stat().kind, 'directory')
      assert.equal(disk.base, join(top, 'real', 'deep', 'base'))
    })

    it('flushes what was written, also when its base was replaced or nothing was written', async t => {
      const { disk, root } = makeDisk(t, options)
      await disk.flush()
      const directory = disk.open('')
      for (let i = 0; i < 200; i++) put(directory, `file-${i}`, 'content')
      await disk.flush()
      assert.equal(directory.list().length, 200)
      rmSync(root, { recursive: true })
      mkdirSync(root)
      await disk.flush()
      assert.deepEqual(disk.open('').list(), [])
    })

    it(
      'keeps no descriptor that was closed, nor one of a call that failed',
      { skip: process.platform === 'linux' ? false : 'descriptors are counted in /proc' },
      async t => {
        const { disk, root } = makeDisk(t, options)
        symlinkSync('nowhere', join(root, 'link'))
        disk.open('').close()
        await disk.flush()
        const before = openDescriptors()
        for (let i = 0; i < 100; i++) {
          const directory = disk.open('')
          directory.mkdir('d', 0o755)
          const child = directory.child('d')
          put(child, 'file', 'x')
          const file = child.read('file')
          file.read(0, 10)
          file.unwritten()
          file.close()
          child.setMode('file', 0o644)
          child.setTimes('file', 1)
          child.sync()
          child.list()
          child.unlink('file')
          child.close()
          child.close()
          disk.open('d').close()
          directory.rmdir('d')
          for (const fails of [
            () => directory.child('link'),
            () => directory.read('link'),
            () => directory.setMode('link', 0o600),
            () => directory.create('link'),
            () => directory.append('link'),
            () => disk.open('link'),
            () => disk.open('none/none'),
          ])
            assert.throws(fails)
          directory.close()
        }
        await disk.flush()
        assert.equal(openDescriptors(), before)
      },
    )

    it('refuses to use what was closed', t => {
      const { disk } = makeDisk(t, options)
      const directory = disk.open('')
      put(directory, 'file', 'x')
      const file = directory.read('file')
      file.close()
      assert.throws(() => file.read(0, 1), { code: 'INVARIANT' })
      directory.close()
      if (pins) assert.throws(() => directory.lookup('file'), { code: 'INVARIANT' })
    })
  })
}

describe('errors of a disk', () => {
  it('say what could not be done, to what and why, with nothing that drives a terminal', () => {
    const error = diskError('ENOSPC', 'write', '/a/\x1b[2Jb')
    assert.equal(error.message, 'Cannot write /a/\\u001b[2Jb: the disk is full')
    assert.equal(error.verdict, 'retry')
  })

  it('know what libuv and Deno do not name', () => {
    const path = 'x'
    const quota = Object.assign(new Error('Unknown system error -122'), {
      code: 'Unknown system error -122',
      errno: -122,
    })
    assert.equal(codeOf(translated(quota, 'write', path)), 'EDQUOT')
    assert.equal(codeOf(translated(new Error('No space left on device (os error 28)'), 'write', path)), 'ENOSPC')
    const mistake = new TypeError('a mistake of ours')
    assert.equal(translated(mistake, 'write', path), mistake)
  })
})
