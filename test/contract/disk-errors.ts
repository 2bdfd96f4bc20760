import assert from 'node:assert/strict'
import { it } from 'node:test'
import { SyncError, codeOf } from '../../lib/core/errors.ts'
import type { DirectoryHandle } from '../../lib/ports/disk.ts'
import type { DiskCase, MakeDisk, Outside } from './disk-case.ts'
import { createFile, namesIn } from './disk-case.ts'

/** One call that must fail, and how. */
interface Row {
  readonly says: string
  readonly given?: (outside: Outside) => void
  readonly act: (top: DirectoryHandle, disk: DiskCase) => unknown
  readonly code: string | readonly string[]
}

/** A file `f`, a directory `d` that holds `d/x`, an empty one `e`, and links to each. */
function furnish(outside: Outside): void {
  outside.write('f', 'file')
  outside.mkdir('d')
  outside.write('d/x', 'inner')
  outside.mkdir('e')
  outside.symlink('f', 'to-f')
  outside.symlink('d', 'to-d')
  outside.symlink('nowhere', 'to-nothing')
}

const linked = ['ELOOP', 'ENOTDIR', 'EINVAL']

const rows: readonly Row[] = [
  { says: 'open of a missing path', act: (_, c) => c.disk.open('no'), code: 'ENOENT' },
  { says: 'open through a missing parent', act: (_, c) => c.disk.open('no/d'), code: 'ENOENT' },
  { says: 'open of a file', act: (_, c) => c.disk.open('f'), code: 'ENOTDIR' },
  { says: 'open of a link to a directory', act: (_, c) => c.disk.open('to-d'), code: linked },
  { says: 'open through a link', given: o => o.mkdir('d/sub'), act: (_, c) => c.disk.open('to-d/sub'), code: linked },
  { says: 'child of a missing name', act: d => d.child('no'), code: 'ENOENT' },
  { says: 'child of a file', act: d => d.child('f'), code: 'ENOTDIR' },
  { says: 'child of a link to a directory', act: d => d.child('to-d'), code: linked },
  { says: 'read of a missing name', act: d => d.read('no'), code: 'ENOENT' },
  { says: 'read of a directory', act: d => d.read('d'), code: ['EINVAL', 'EISDIR'] },
  { says: 'read of a link to a file', act: d => d.read('to-f'), code: linked },
  { says: 'readlink of a missing name', act: d => d.readlink('no'), code: 'ENOENT' },
  { says: 'readlink of a file', act: d => d.readlink('f'), code: 'EINVAL' },
  { says: 'create over a file', act: d => d.create('f'), code: 'EEXIST' },
  { says: 'create over a directory', act: d => d.create('d'), code: 'EEXIST' },
  { says: 'create over a link to nothing', act: d => d.create('to-nothing'), code: 'EEXIST' },
  { says: 'append to a directory', act: d => d.append('d'), code: ['EISDIR', 'EINVAL'] },
  { says: 'append through a link', act: d => d.append('to-f'), code: linked },
  { says: 'append through a link to nothing', act: d => d.append('to-nothing'), code: linked },
  { says: 'symlink over a file', act: d => d.symlink('f', 'x'), code: 'EEXIST' },
  { says: 'symlink over a link to nothing', act: d => d.symlink('to-nothing', 'x'), code: 'EEXIST' },
  { says: 'mkdir over a directory', act: d => d.mkdir('d', 0o755), code: 'EEXIST' },
  { says: 'mkdir over a link to nothing', act: d => d.mkdir('to-nothing', 0o755), code: 'EEXIST' },
  { says: 'rmdir of a missing name', act: d => d.rmdir('no'), code: 'ENOENT' },
  { says: 'rmdir of a file', act: d => d.rmdir('f'), code: 'ENOTDIR' },
  { says: 'rmdir of a link to a directory', act: d => d.rmdir('to-d'), code: 'ENOTDIR' },
  { says: 'rmdir of a full directory', act: d => d.rmdir('d'), code: ['ENOTEMPTY', 'EEXIST'] },
  { says: 'unlink of a missing name', act: d => d.unlink('no'), code: 'ENOENT' },
  { says: 'unlink of a directory', act: d => d.unlink('e'), code: ['EISDIR', 'EPERM'] },
  { says: 'link of a missing name', act: d => d.link('no', d, 'new'), code: 'ENOENT' },
  { says: 'link over a file', act: d => d.link('f', d.child('d'), 'x'), code: 'EEXIST' },
  { says: 'link over a link to nothing', act: d => d.link('f', d, 'to-nothing'), code: 'EEXIST' },
  { says: 'link of a directory', act: d => d.link('d', d, 'new'), code: ['EPERM', 'EISDIR'] },
  { says: 'rename of a missing name', act: d => d.rename('no', d, 'new', 'replace'), code: 'ENOENT' },
  { says: 'rename of a file over a directory', act: d => d.rename('f', d, 'e', 'replace'), code: 'EISDIR' },
  { says: 'rename of a directory over a file', act: d => d.rename('e', d, 'f', 'replace'), code: 'ENOTDIR' },
  { says: 'rename of a directory over a link', act: d => d.rename('e', d, 'to-d', 'replace'), code: 'ENOTDIR' },
  { says: 'rename over a full directory', act: d => d.rename('e', d, 'd', 'replace'), code: ['ENOTEMPTY', 'EEXIST'] },
  { says: 'rename of a directory into itself', act: d => d.rename('d', d.child('d'), 'd', 'replace'), code: 'EINVAL' },
  {
    says: 'rename of a directory below itself',
    given: o => o.mkdir('d/sub'),
    act: d => d.rename('d', d.child('d').child('sub'), 'd', 'replace'),
    code: 'EINVAL',
  },
  {
    says: 'rename over the directory it comes from',
    act: d => d.child('d').rename('x', d, 'd', 'replace'),
    code: ['ENOTEMPTY', 'EISDIR'],
  },
  { says: 'setMode of a missing name', act: d => d.setMode('no', 0o644), code: 'ENOENT' },
  { says: 'setTimes of a missing name', act: d => d.setTimes('no', 0), code: 'ENOENT' },
]

const long = 'x'.repeat(256)

const tooLong: readonly Row[] = [
  { says: 'lookup of 256 bytes', act: d => d.lookup(long), code: 'ENAMETOOLONG' },
  { says: 'child of 256 bytes', act: d => d.child(long), code: 'ENAMETOOLONG' },
  { says: 'create of 256 bytes', act: d => d.create(long), code: 'ENAMETOOLONG' },
  { says: 'create of 128 characters in 256 bytes', act: d => d.create('é'.repeat(128)), code: 'ENAMETOOLONG' },
  { says: 'append to 256 bytes', act: d => d.append(long), code: 'ENAMETOOLONG' },
  { says: 'mkdir of 256 bytes', act: d => d.mkdir(long, 0o755), code: 'ENAMETOOLONG' },
  { says: 'symlink of 256 bytes', act: d => d.symlink(long, 'f'), code: 'ENAMETOOLONG' },
  { says: 'link to 256 bytes', act: d => d.link('f', d, long), code: 'ENAMETOOLONG' },
  { says: 'rename to 256 bytes', act: d => d.rename('f', d, long, 'replace'), code: 'ENAMETOOLONG' },
]

/** Calls with a name each; none may do anything with what is not one component. */
const calls: Readonly<Record<string, (top: DirectoryHandle, name: string, disk: DiskCase) => unknown>> = {
  lookup: (d, name) => d.lookup(name),
  child: (d, name) => d.child(name),
  read: (d, name) => d.read(name),
  readlink: (d, name) => d.readlink(name),
  create: (d, name) => d.create(name),
  append: (d, name) => d.append(name),
  symlink: (d, name) => d.symlink(name, 'f'),
  mkdir: (d, name) => d.mkdir(name, 0o755),
  rmdir: (d, name) => d.rmdir(name),
  unlink: (d, name) => d.unlink(name),
  link: (d, name) => d.link(name, d, 'new'),
  'link to': (d, name) => d.link('f', d, name),
  rename: (d, name) => d.rename(name, d, 'new', 'replace'),
  'rename to': (d, name) => d.rename('f', d, name, 'replace'),
  setMode: (d, name) => d.setMode(name, 0o700),
  setTimes: (d, name) => d.setTimes(name, 0),
}

const noNames = ['', '.', '..', 'd/x', '../sibling', '/', 'd/', 'f\0g']

/** Every call's errors, by errno. */
export function diskErrors(makeDisk: MakeDisk): void {
  for (const row of [...rows, ...tooLong]) {
    const codes = typeof row.code === 'string' ? [row.code] : row.code
    it(`${row.says}: ${codes.join(' or ')}`, async t => {
      const disk = await makeDisk(t)
      furnish(disk.outside)
      row.given?.(disk.outside)
      const before = namesIn(disk.top)
      assert.throws(() => row.act(disk.top, disk), refusedWith(codes))
      assert.deepEqual(namesIn(disk.top), before, 'a call that fails changes nothing')
      assert.equal(disk.outside.read('f'), 'file')
      assert.equal(disk.outside.read('d/x'), 'inner')
      assert.equal(disk.outside.read('nowhere'), undefined)
    })
  }

  for (const [call, act] of Object.entries(calls)) {
    it(`${call} takes one component and nothing else`, async t => {
      const disk = await makeDisk(t)
      furnish(disk.outside)
      const inner = disk.disk.open('d')
      for (const name of noNames) {
        assert.throws(() => act(disk.top, name, disk), SyncError, JSON.stringify(name))
        assert.throws(() => act(inner, name, disk), SyncError, JSON.stringify(name))
      }
      inner.close()
      assert.deepEqual(namesIn(disk.top), ['d', 'e', 'f', 'to-d', 'to-f', 'to-nothing'])
      assert.equal(disk.outside.read('d/x'), 'inner')
    })
  }

  it('lookup of a missing name is undefined, not an error', async t => {
    const { top } = await makeDisk(t)
    assert.equal(top.lookup('no'), undefined)
    createFile(top, 'yes', '')
    assert.equal(top.lookup('yes')?.kind, 'file')
  })

  it('a fifo is looked at, never opened', async t => {
    const { top, outside } = await makeDisk(t)
    if (!outside.fifo('pipe')) return t.skip('this machine cannot make a fifo')
    assert.equal(top.lookup('pipe')?.kind, 'fifo')
    assert.deepEqual(top.list(), [{ name: 'pipe', kind: 'other' }])
    assert.throws(() => top.read('pipe'), refusedWith(['EINVAL']))
    assert.throws(() => top.append('pipe'), refusedWith(['EINVAL', 'ENXIO']))
  })
}

export function refusedWith(codes: readonly string[]): (error: unknown) => true {
  return error => {
    assert.ok(error instanceof SyncError, String(error))
    assert.ok(codes.includes(codeOf(error) ?? ''), `${codeOf(error)} is none of ${codes.join(', ')}: ${error.message}`)
    return true
  }
}
