import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fromBytes, toBytes } from '../../lib/core/path.ts'
import { onDeno, shown } from '../../lib/replica/disk/names.ts'
import { diskKinds, makeDisk } from './disk-kinds.ts'

const cases = JSON.parse(readFileSync(new URL('../cases/names.json', import.meta.url), 'utf8')) as {
  names: { hex: string }[]
}
/** Deno cannot carry the others. */
const hexes = cases.names
  .map(each => each.hex)
  .filter(hex => !onDeno || !/[\udc80-\udcff\ufffd]/.test(fromBytes(Buffer.from(hex, 'hex'))))
const skip = onDeno ? 'Deno carries only names in UTF-8' : false
const hexOf = (name: string): string => Buffer.from(toBytes(name)).toString('hex')

for (const { name: kind, options } of diskKinds) {
  describe(`names on a disk: ${kind}`, () => {
    it('keeps every hostile name byte for byte', t => {
      const { disk, root } = makeDisk(t, options)
      const directory = disk.open('')
      for (const hex of hexes) {
        const file = directory.create(fromBytes(Buffer.from(hex, 'hex')))
        file.write(Buffer.from(hex))
        file.close()
      }
      assert.deepEqual(
        readdirSync(root, 'buffer')
          .map(name => name.toString('hex'))
          .toSorted(),
        hexes.toSorted(),
      )
      const items = directory.list()
      assert.deepEqual(items.map(item => hexOf(item.name)).toSorted(), hexes.toSorted())
      assert.ok(items.every(item => item.kind === 'file'))
      for (const { name } of items) {
        const file = directory.read(name)
        assert.equal(Buffer.from(file.read(0, 1000)).toString(), hexOf(name))
        file.close()
        directory.rename(name, directory, `renamed ${hexOf(name).slice(0, 200)}`, 'replace')
        assert.equal(directory.lookup(name), undefined)
        directory.rename(`renamed ${hexOf(name).slice(0, 200)}`, directory, name, 'replace')
        directory.setMode(name, 0o640)
        directory.setTimes(name, 5000)
        assert.equal(directory.lookup(name)?.mtimeMs, 5000)
        directory.link(name, directory, 'second')
        directory.unlink('second')
        directory.unlink(name)
      }
      assert.deepEqual(directory.list(), [])
    })

    it('makes, opens and lists directories and links with names and targets that are no UTF-8', { skip }, t => {
      const { disk } = makeDisk(t, options)
      const odd = fromBytes(Buffer.from('61ff62fe', 'hex'))
      const directory = disk.open('')
      directory.mkdir(odd, 0o700)
      disk.open(odd).mkdir('inner', 0o700)
      disk.open(`${odd}/inner`).symlink('link', `../${odd}`)
      assert.equal(disk.open(`${odd}/inner`).readlink('link'), `../${odd}`)
      assert.deepEqual(directory.child(odd).list(), [{ name: 'inner', kind: 'directory' }])
    })

    it('tells a name with the replacement character from one that is no UTF-8', { skip }, t => {
      const { disk, root } = makeDisk(t, options)
      const names = ['efbfbd', 'ff', 'fe'].map(hex => Buffer.from(hex, 'hex'))
      for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${root}/`), name]), name)
      const directory = disk.open('')
      for (const { name } of directory.list()) {
        const file = directory.read(name)
        assert.deepEqual(Buffer.from(file.read(0, 10)), Buffer.from(toBytes(name)))
        file.close()
      }
      assert.equal(directory.list().length, 3)
    })

    it('freezes names that Deno cannot carry', { skip: onDeno ? false : 'Node carries them all' }, t => {
      const { disk, root } = makeDisk(t, options)
      writeFileSync(join(root, '\ufffd'), '')
      const directory = disk.open('')
      assert.deepEqual(directory.list(), [{ name: '\ufffd', kind: 'problem' }])
      assert.throws(() => directory.lookup('\ufffd'), { code: 'EILSEQ', verdict: 'problem' })
      assert.throws(() => directory.create('\udcff'), { code: 'EILSEQ' })
    })

    it('holds names of 255 bytes and refuses longer ones', t => {
      const { disk } = makeDisk(t, options)
      const directory = disk.open('')
      const longest = 'é'.repeat(127) + 'x'
      directory.create(longest).close()
      assert.equal(directory.list()[0]?.name, longest)
      assert.throws(() => directory.create(`${longest}y`), { code: 'ENAMETOOLONG', verdict: 'problem' })
      assert.throws(() => directory.lookup(`${longest}y`), { code: 'ENAMETOOLONG' })
    })

    it('opens paths longer than one system call may name', t => {
      if (kind === 'portable') return t.skip('a disk by path ends at PATH_MAX')
      const { disk } = makeDisk(t, options)
      const names = Array.from({ length: 40 }, (_, i) => `${i}-${'x'.repeat(200)}`)
      let directory = disk.open('')
      for (const name of names) {
        directory.mkdir(name, 0o700)
        const child = directory.child(name)
        directory.close()
        directory = child
      }
      directory.create('deep').close()
      directory.close()
      const again = disk.open(names.join('/'))
      assert.deepEqual(again.list(), [{ name: 'deep', kind: 'file' }])
      again.close()
    })
  })
}

describe('shown', () => {
  for (const [name, text] of [
    ['plain naïve 名前', 'plain naïve 名前'],
    ['red\x1b[31m', 'red\\u001b[31m'],
    ['two\nlines', 'two\\u000alines'],
    ['txt.\u202Eexe', 'txt.\\u202eexe'],
    ['\udcff', '\\udcff'],
    ['\u009b', '\\u009b'],
  ] as const) {
    it(`shows ${text}`, () => assert.equal(shown(name), text))
  }
})
