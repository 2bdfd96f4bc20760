import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { codeOf } from '../../lib/core/errors.ts'
import type { DirectoryHandle, Disk } from '../../lib/ports/disk.ts'
import { bytes, diskKinds, makeDisk } from './disk-kinds.ts'
import { onDeno } from '../../lib/replica/disk/names.ts'
import type { OpenDiskOptions } from '../../lib/replica/disk/open-disk.ts'

/** What a hostile process could aim our calls at: files of the same names as those inside. */
function stage(
  t: TestContext,
  options: OpenDiskOptions,
): { disk: Disk; root: string; outside: string; directory: DirectoryHandle; other: DirectoryHandle } {
  const { disk, top, root } = makeDisk(t, options)
  const outside = join(top, 'outside')
  for (const place of [outside, join(root, 'a')]) {
    mkdirSync(join(place, 'empty'), { recursive: true })
    writeFileSync(join(place, 'file'), place === outside ? 'secret' : 'ours', { mode: 0o600 })
    symlinkSync('target', join(place, 'link'))
  }
  mkdirSync(join(root, 'other'))
  writeFileSync(join(root, 'other', 'file'), 'other')
  return { disk, root, outside, directory: disk.open('a'), other: disk.open('other') }
}

function snapshot(directory: string): unknown {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map(name => {
      const stats = lstatSync(join(directory, name))
      return [
        name,
        stats.mode,
        stats.mtimeMs,
        stats.ctimeMs,
        stats.ino,
        stats.isFile() ? readFileSync(join(directory, name), 'utf8') : '',
      ]
    })
}

function swapForLink(root: string, outside: string): void {
  renameSync(join(root, 'a'), join(root, 'moved'))
  symlinkSync(outside, join(root, 'a'))
}

function read(directory: DirectoryHandle, name: string): string {
  const file = directory.read(name)
  try {
    return Buffer.from(file.read(0, 100)).toString()
  } finally {
    file.close()
  }
}

const calls: Record<string, (directory: DirectoryHandle, other: DirectoryHandle) => unknown> = {
  list: directory => directory.list().map(item => item.name),
  lookup: directory => directory.lookup('file')?.inode,
  child: directory => directory.child('empty').stat().inode,
  read: directory => read(directory, 'file'),
  readlink: directory => directory.readlink('link'),
  create: directory => directory.create('new').close(),
  append: directory => {
    const file = directory.append('file')
    try {
      file.write(bytes('more'))
    } finally {
      file.close()
    }
  },
  symlink: directory => directory.symlink('made', 'anything'),
  mkdir: directory => directory.mkdir('made', 0o755),
  rmdir: directory => directory.rmdir('empty'),
  unlink: directory => directory.unlink('file'),
  'link from': (directory, other) => directory.link('file', other, 'linked'),
  'link to': (directory, other) => other.link('file', directory, 'linked'),
  'rename from': (directory, other) => directory.rename('file', other, 'taken', 'replace'),
  'rename to': (directory, other) => other.rename('file', directory, 'file', 'replace'),
  'rename exclusively': (directory, other) => other.rename('file', directory, 'free', 'exclusive'),
  exchange: (directory, other) => directory.rename('file', other, 'file', 'exchange'),
  setMode: directory => directory.setMode('file', 0o777),
  setTimes: directory => directory.setTimes('file', 1000),
  sync: directory => directory.sync(),
}

for (const { name: kind, pins, options } of diskKinds) {
  describe(`attacks on a disk: ${kind}`, () => {
    for (const [name, call] of Object.entries(calls)) {
      it(`${name} stays inside when the pinned directory was swapped for a link`, t => {
        const { root, outside, directory, other } = stage(t, options)
        swapForLink(root, outside)
        const before = snapshot(outside)
        let result: unknown
        let failure: unknown
        try {
          result = call(directory, other)
        } catch (error) {
          failure = error
        }
        assert.deepEqual(snapshot(outside), before)
        assert.notEqual(result, 'secret')
        if (!pins) assert.equal(codeOf(failure), 'ENOTDIR')
        else if (options.native !== undefined || !['exchange', 'rename exclusively'].includes(name))
          assert.equal(failure, undefined)
        else assert.equal(codeOf(failure), 'ENOSYS')
      })
    }

    it('writes nothing into a directory that took the place of the one it opened', t => {
      const { root, directory } = stage(t, options)
      renameSync(join(root, 'a'), join(root, 'moved'))
      mkdirSync(join(root, 'a'))
      if (pins) directory.create('new').close()
      else assert.throws(() => directory.create('new'), { code: 'ESTALE', verdict: 'retry' })
      assert.deepEqual(readdirSync(join(root, 'a')), [])
    })

    it('opens no path with a link in any component', t => {
      const { disk, root, outside } = stage(t, options)
      mkdirSync(join(outside, 'b', 'c'), { recursive: true })
      mkdirSync(join(root, 'd', 'b'), { recursive: true })
      symlinkSync(outside, join(root, 'first'))
      symlinkSync(join(outside, 'b'), join(root, 'd', 'second'))
      symlinkSync('b', join(root, 'd', 'within'))
      symlinkSync(join(outside, 'b', 'c'), join(root, 'd', 'b', 'last'))
      for (const path of ['first', 'first/b', 'first/b/c', 'd/second', 'd/second/c', 'd/within', 'd/b/last']) {
        assert.throws(
          () => disk.open(path),
          error => ['ELOOP', 'ENOTDIR'].includes(codeOf(error) ?? ''),
          path,
        )
      }
      const d = disk.open('d')
      assert.throws(() => d.child('within'), { code: 'ENOTDIR' })
      d.close()
    })

    it('takes no name that leads elsewhere', t => {
      const { disk, directory } = stage(t, options)
      for (const name of ['', '.', '..', '../other/file', 'empty/..', '/etc/passwd', 'file\0']) {
        assert.throws(() => directory.lookup(name), { code: 'EINVAL', verdict: 'bug' }, name)
        assert.throws(() => directory.create(name), { code: 'EINVAL' }, name)
        assert.throws(() => directory.rename('file', directory, name, 'replace'), { code: 'EINVAL' }, name)
        assert.throws(() => disk.open(`a/${name}`), { code: 'EINVAL' }, name)
      }
    })

    it('neither waits for nor writes to what is no regular file', t => {
      const { root, directory } = stage(t, options)
      execFileSync('mkfifo', [join(root, 'a', 'fifo')])
      for (const name of ['fifo', 'link', 'empty']) assert.throws(() => directory.read(name), { code: 'EINVAL' }, name)
      for (const name of ['fifo', 'link', 'empty']) assert.throws(() => directory.append(name), name)
      for (const name of ['fifo', 'link', 'empty', 'file'])
        assert.throws(() => directory.create(name), { code: 'EEXIST' }, name)
      assert.equal(directory.lookup('fifo')?.kind, 'fifo')
    })

    it('changes no mode or time through a link', t => {
      const { root, outside, directory } = stage(t, options)
      symlinkSync(join(outside, 'file'), join(root, 'a', 'out'))
      const before = snapshot(outside)
      assert.throws(() => directory.setMode('out', 0o777), { code: 'EOPNOTSUPP' })
      assert.throws(() => directory.setTimes('out', 1000), { code: 'EOPNOTSUPP' })
      assert.deepEqual(snapshot(outside), before)
    })
  })
}

const cannotRace =
  process.platform !== 'linux'
    ? 'only Linux pins directories'
    : onDeno
      ? 'the other process is a script for Node'
      : false

describe('a disk that pins', { skip: cannotRace }, () => {
  for (const { name: kind, options } of diskKinds.filter(each => each.pins)) {
    it(`never leaves the root while somebody swaps a directory for a link all the time: ${kind}`, async t => {
      const { disk, root, outside } = stage(t, options)
      mkdirSync(join(root, 'x', 'y'), { recursive: true })
      mkdirSync(join(outside, 'y'))
      const script = `
        const fs = require('node:fs')
        const [, x, spare, outside] = process.argv
        for (let i = 0; i < 5000; i++) {
          fs.renameSync(x, spare); fs.symlinkSync(outside, x); fs.unlinkSync(x); fs.renameSync(spare, x)
        }`
      const before = snapshot(outside)
      const swapper = spawn(process.execPath, ['-e', script, join(root, 'x'), join(root, 'spare'), outside], {
        stdio: 'inherit',
      })
      const exited = once(swapper, 'exit', { signal: AbortSignal.timeout(60_000) })
      let opened = 0
      let refused = 0
      for (let i = 0; swapper.exitCode === null && swapper.signalCode === null; i++) {
        try {
          const directory = disk.open('x/y')
          directory.create(`n${i}`).close()
          directory.unlink(`n${i}`)
          directory.close()
          opened++
        } catch (error) {
          assert.ok(['ELOOP', 'ENOTDIR', 'ENOENT'].includes(codeOf(error) ?? ''), String(error))
          refused++
        }
        if (i % 100 === 0) await setImmediate()
      }
      assert.deepEqual(await exited, [0, null])
      assert.deepEqual(snapshot(outside), before)
      assert.ok(opened > 0 && refused > 0, `opened ${opened}, refused ${refused}`)
    })
  }
})
