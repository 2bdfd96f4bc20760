import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { MakeDisk } from './disk-case.ts'
import { readAll } from './disk-case.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Reading, writing and appending, and knowing who else writes. */
export function diskContent(makeDisk: MakeDisk): void {
  it('creates private files and writes what it is given', async t => {
    const { top, outside } = await makeDisk(t)
    const handle = top.create('f')
    handle.write(bytes('one '))
    handle.write(bytes('two'))
    handle.sync()
    const stat = handle.stat()
    handle.close()
    assert.equal(outside.read('f'), 'one two')
    assert.equal(stat.size, 7)
    assert.equal(stat.mode, 0o600)
    assert.equal(top.lookup('f')?.inode, stat.inode)
  })

  it('copies a file into a new one of ours, also when its directories are closed meanwhile', async t => {
    const { top, outside } = await makeDisk(t)
    outside.write('old', 'content')
    top.setMode('old', 0o444)
    top.mkdir('d', 0o700)
    const d = top.child('d')
    const copied = top.copy('old', d, 'new')
    d.close()
    await copied
    assert.equal(outside.read('d/new'), 'content')
    assert.equal(top.child('d').lookup('new')?.mode, 0o600)
  })

  it('copies over nothing, and nothing but regular files', async t => {
    const { top, outside } = await makeDisk(t)
    outside.write('old', 'content')
    outside.write('taken', 'theirs')
    top.symlink('link', 'old')
    await assert.rejects(top.copy('old', top, 'taken'), { code: 'EEXIST' })
    await assert.rejects(top.copy('absent', top, 'new'), (error: { code?: string }) => error.code !== undefined)
    await assert.rejects(top.copy('link', top, 'new'), { code: 'EINVAL' })
    assert.equal(outside.read('taken'), 'theirs')
  })

  it('writes large content whole', async t => {
    const { top } = await makeDisk(t)
    const large = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255)
    const handle = top.create('large')
    handle.write(large.subarray(0, 200_000))
    handle.write(large.subarray(200_000))
    handle.close()
    const reading = top.read('large')
    assert.deepEqual(reading.read(0, 300_000), large)
    reading.close()
  })

  it('appends to what is there, and creates what is not', async t => {
    const { top, outside } = await makeDisk(t)
    for (const text of ['a', 'b', 'c']) {
      const handle = top.append('log')
      handle.write(bytes(text))
      handle.close()
    }
    assert.equal(outside.read('log'), 'abc')
    assert.equal(top.lookup('log')?.mode, 0o600)
  })

  it('appends at the end, also when others wrote meanwhile', async t => {
    const { top, outside } = await makeDisk(t)
    const handle = top.append('log')
    handle.write(bytes('a'))
    outside.write('log', 'longer')
    handle.write(bytes('z'))
    handle.close()
    assert.equal(outside.read('log'), 'longerz')
  })

  it('reads pieces, fewer bytes only at the end', async t => {
    const { top, outside } = await makeDisk(t)
    outside.write('f', '0123456789')
    outside.write('empty', '')
    const handle = top.read('f')
    const piece = (offset: number, length: number): string => new TextDecoder().decode(handle.read(offset, length))
    assert.equal(piece(0, 4), '0123')
    assert.equal(piece(8, 4), '89')
    assert.equal(piece(3, 2), '34')
    assert.equal(piece(10, 5), '')
    assert.equal(piece(50, 5), '')
    assert.equal(piece(0, 0), '')
    handle.close()
    assert.equal(readAll(top, 'empty'), '')
  })

  it('gives bytes of their own: later reads do not change them', async t => {
    const { top, outside } = await makeDisk(t)
    outside.write('f', 'aaaabbbb')
    const handle = top.read('f')
    const first = handle.read(0, 4)
    handle.read(4, 4)
    assert.deepEqual(first, bytes('aaaa'))
    handle.close()
  })

  it('reads on in a file that was unlinked or replaced', async t => {
    const { top, outside } = await makeDisk(t)
    outside.write('f', 'old')
    const handle = top.read('f')
    outside.remove('f')
    outside.write('f', 'new')
    assert.equal(new TextDecoder().decode(handle.read(0, 9)), 'old')
    assert.notEqual(handle.stat().inode, top.lookup('f')?.inode)
    assert.equal(handle.stat().links, 0)
    handle.close()
  })

  it('knows whether a writer has a file open', async t => {
    const { top, outside, can } = await makeDisk(t)
    outside.write('f', '1')
    const handle = top.read('f')
    if (!can.leases) {
      assert.equal(handle.unwritten(), undefined)
      return handle.close()
    }
    assert.equal(handle.unwritten(), true)
    assert.equal(handle.unwritten(), true, 'asking leaves nothing behind')
    const writer = outside.open('f')
    assert.equal(handle.unwritten(), false)
    writer.write('x')
    writer.close()
    assert.equal(handle.unwritten(), true)
    handle.close()
  })
}
