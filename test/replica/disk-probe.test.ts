import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { bootId } from '../../lib/replica/disk/boot-id.ts'
import { openDisk } from '../../lib/replica/disk/open-disk.ts'
import { isProbeName, probe } from '../../lib/replica/disk/probe.ts'
import { diskKinds, makeDisk } from './disk-kinds.ts'

const hour = 3_600_000
const stale = '.dsync-probe-0123456789abcdef'
const foreign = '.dsync-probe-fedcba9876543210'

for (const { name: kind, options } of diskKinds) {
  describe(`probe: ${kind}`, () => {
    it('finds out what a common disk can do and leaves no trace', t => {
      const { disk, top, root } = makeDisk(t, options)
      const work = openDisk(join(top, 'work'), options)
      t.after(() => work.close())
      work.ensureBase(0o700)
      const found = probe(disk, work)
      const hasNative = options.native !== undefined
      const linux = process.platform === 'linux'
      assert.partialDeepStrictEqual(found, { stagingInHome: true, hardLinks: true, symlinks: true, modes: true })
      assert.deepEqual(
        [found.exchange, found.exclusiveRename, found.leases],
        [hasNative, hasNative, hasNative && linux],
      )
      if (linux) assert.deepEqual([found.caseSensitive, found.normalising], [true, false])
      assert.deepEqual([readdirSync(root), readdirSync(join(top, 'work'))], [[], []])
    })

    it('does not stage in the home when that is on another file system', t => {
      const { disk, root } = makeDisk(t, options)
      const elsewhere = otherFileSystem(root)
      if (elsewhere === undefined) return t.skip('no second file system is writable here: /dev/shm is none')
      const work = openDisk(elsewhere, options)
      t.after(() => {
        work.close()
        rmSync(elsewhere, { recursive: true })
      })
      const found = probe(disk, work)
      assert.equal(found.stagingInHome, false)
      assert.equal(found.hardLinks, true)
      assert.equal(found.exchange, options.native !== undefined)
      const [from, to] = [work.open(''), disk.open('')]
      from.create('file').close()
      assert.throws(() => from.rename('file', to, 'file', 'replace'), { code: 'EXDEV', verdict: 'problem' })
      assert.throws(() => from.link('file', to, 'file'), { code: 'EXDEV' })
      from.unlink('file')
      assert.deepEqual([readdirSync(root), readdirSync(elsewhere)], [[], []])
    })

    it('removes what a probe left an hour ago, but nothing younger or of somebody else', t => {
      const { disk, root } = makeDisk(t, options)
      for (const name of [stale, foreign]) mkdirSync(join(root, name))
      writeFileSync(join(root, stale, 'seen'), '')
      mkdirSync(join(root, foreign, 'directory'))
      writeFileSync(join(root, '.dsync-probe-notes'), 'mine')
      const now = Date.now()
      for (const name of [stale, foreign]) utimesSync(join(root, name), now / 1000, (now - hour / 2) / 1000)
      probe(disk, disk, now)
      assert.deepEqual(readdirSync(root).toSorted(), [stale, foreign, '.dsync-probe-notes'].toSorted())
      probe(disk, disk, now + hour)
      assert.deepEqual(readdirSync(root).toSorted(), [foreign, '.dsync-probe-notes'].toSorted())
      assert.ok(statSync(join(root, foreign, 'directory')).isDirectory())
    })

    it('says so when nothing can be written', t => {
      if (process.getuid?.() === 0) return t.skip('root may write everywhere')
      const { disk, root } = makeDisk(t, options)
      execFileSync('chmod', ['500', root])
      assert.throws(() => probe(disk, disk), { code: 'EACCES' })
    })
  })
}

it('knows the names of probes', () => {
  assert.ok(isProbeName(stale))
  for (const name of ['.dsync-probe-', '.dsync-probe-notes', `x${stale}`, `${stale}0`]) assert.ok(!isProbeName(name))
})

it('has a boot id that stays while the system is up', () => {
  assert.match(bootId(), /^[0-9A-Fa-f-]{36}$/)
  assert.equal(bootId(), bootId())
})

/** A directory of the test's own on a file system other than that of `path`. */
function otherFileSystem(path: string): string | undefined {
  try {
    const directory = mkdtempSync('/dev/shm/dsync-')
    if (statSync(directory).dev !== statSync(path).dev) return directory
    rmSync(directory, { recursive: true })
  } catch {
    return undefined
  }
  return undefined
}
