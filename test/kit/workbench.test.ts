import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { kitLayout } from '../../lib/kit/layout.ts'
import { currentRelease } from '../../lib/kit/place-release.ts'
import { isWhole } from '../../lib/kit/release.ts'
import type { Placed } from '../../lib/kit/workbench.ts'
import { openWorkbench } from '../../lib/kit/workbench.ts'

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'dsync-bench-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A directory with one file, which holds `whole`. */
function placed(folder: string, name = 'one'): Placed {
  const file = join(folder, name, 'file')
  return {
    ...{ name, link: join(folder, 'current') },
    isWhole: () => existsSync(file) && readFileSync(file, 'utf8') === 'whole',
    make: path => write(path, 'whole'),
  }
}

function write(path: string, content: string): void {
  mkdirSync(path)
  writeFileSync(join(path, 'file'), content)
}

const names = (folder: string): readonly string[] => readdirSync(folder).toSorted()

describe('a workbench', () => {
  it('puts something there, in the place of what is damaged, and leaves nothing beside it', t => {
    const folder = temporary(t)
    write(join(folder, 'one'), 'damaged')
    const bench = openWorkbench(folder)
    bench.place(placed(folder))
    bench.close()
    assert.equal(readFileSync(join(folder, 'current/file'), 'utf8'), 'whole')
    assert.deepEqual(names(folder), ['current', 'one'])
  })
  it('leaves what another put there meanwhile', t => {
    const folder = temporary(t)
    const [bench, other] = [openWorkbench(folder), openWorkbench(folder)]
    const one = placed(folder)
    const make = (path: string): void => {
      one.make(path)
      if (existsSync(join(folder, 'one'))) return
      other.place(one)
      writeFileSync(join(folder, 'one/theirs'), '')
    }
    bench.place({ ...one, make })
    assert.deepEqual(names(join(folder, 'one')), ['file', 'theirs'])
  })
  it('brings anew what another took for an old one', t => {
    const folder = temporary(t)
    const [bench, other] = [openWorkbench(folder), openWorkbench(folder)]
    const one = placed(folder)
    one.make(join(folder, 'one'))
    const isThere = (): boolean => {
      const found = one.isWhole()
      other.clear(
        name => name === 'one',
        () => existsSync(join(folder, 'current')),
      )
      return found
    }
    bench.place({ ...one, isWhole: isThere })
    assert.equal(readFileSync(join(folder, 'current/file'), 'utf8'), 'whole')
  })
  it('removes what is old, but not what another came to use just then', t => {
    const folder = temporary(t)
    for (const name of ['one', 'two', 'three']) write(join(folder, name), 'whole')
    const bench = openWorkbench(folder)
    let asked = 0
    bench.clear(
      name => name !== 'three' && !name.startsWith('new.'),
      name => name === 'two' && ++asked > 1,
    )
    bench.close()
    assert.deepEqual(names(folder), ['three', 'two'])
  })
  it('removes nothing while another process is at work, and the bench of one that is gone', t => {
    const folder = temporary(t)
    const live = `new.theirs.${process.ppid}`
    for (const name of [live, 'new.theirs.99999999', 'one']) write(join(folder, name), 'whole')
    const bench = openWorkbench(folder)
    bench.clear(
      name => name === 'one',
      () => false,
    )
    bench.close()
    assert.deepEqual(names(folder), [live, 'one'])
  })
  it('gives up, and says so, where others always come between', t => {
    const folder = temporary(t)
    const bench = openWorkbench(folder)
    assert.throws(() => bench.place({ ...placed(folder), isWhole: () => true }), { code: 'BUSY', verdict: 'retry' })
  })
})

it('several installers at once put whole releases and runtimes there', async t => {
  const [home, kits] = [temporary(t), ['one', 'two', 'three'].map(name => join(temporary(t), name))]
  for (const kit of kits) {
    for (const part of ['bin', 'dist']) mkdirSync(join(kit, part), { recursive: true })
    writeFileSync(join(kit, 'package.json'), '{"version":"1.0.0"}')
    writeFileSync(join(kit, 'install.sh'), '')
    writeFileSync(join(kit, 'bin/dsync'), '')
    for (let i = 0; i < 10; i++) writeFileSync(join(kit, `dist/${i}.js`), `${kit} ${i}`)
  }
  const program = fileURLToPath(new URL('placing-child.ts', import.meta.url))
  const [one, two, three] = kits
  const said = await Promise.all(
    [[one, two], [two, one], [three, one], [three]].map(async own => {
      const words = [program, home, '12', ...own.filter(kit => kit !== undefined)]
      const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] })
      const [errors] = await Promise.all([text(child.stderr), once(child, 'close')])
      return errors
    }),
  )
  assert.deepEqual(said, ['', '', '', ''])
  const layout = kitLayout(home)
  const current = currentRelease(layout) ?? ''
  assert.ok(isWhole(join(layout.releases, current), current))
  assert.equal(readFileSync(layout.node).length, 100_000)
  const left = [...names(layout.releases), ...names(layout.runtimes), ...names(layout.bin)]
  assert.deepEqual(
    left.filter(name => name.startsWith('new.')),
    [],
  )
})
