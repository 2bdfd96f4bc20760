import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { DirectoryHandle, Stat } from '../../lib/ports/disk.ts'
import type { MakeDisk } from './disk-case.ts'
import { createFile } from './disk-case.ts'

/** One call and the times it moves: `m` of content or names, `c` of the inode; by the names before the call. */
type Row = readonly [
  says: string,
  act: (top: DirectoryHandle, other: DirectoryHandle) => void,
  moves: Readonly<Record<string, 'c' | 'mc'>>,
]

const append = (directory: DirectoryHandle, name: string, bytes: Uint8Array): void => {
  const handle = directory.append(name)
  if (bytes.length > 0) handle.write(bytes)
  handle.close()
}

const rows: readonly Row[] = [
  ['rename', d => d.rename('f', d, 'h', 'replace'), { '.': 'mc', f: 'c' }],
  ['rename over a file', d => d.rename('f', d, 'g', 'replace'), { '.': 'mc', f: 'c' }],
  [
    'rename of a directory to another',
    (d, o) => d.rename('sub', o, 'sub', 'replace'),
    { '.': 'mc', other: 'mc', sub: 'c' },
  ],
  ['rename to itself', d => d.rename('f', d, 'f', 'replace'), {}],
  ['link', d => d.link('f', d, 'f2'), { '.': 'mc', f: 'c' }],
  ['unlink of one of two names', d => d.unlink('g2'), { '.': 'mc', g: 'c' }],
  ['setMode', d => d.setMode('f', 0o640), { f: 'c' }],
  ['setMode to the same', d => d.setMode('f', 0o600), { f: 'c' }],
  ['setTimes', d => d.setTimes('f', 1000), { f: 'mc' }],
  ['writing', d => append(d, 'f', new Uint8Array(3)), { f: 'mc' }],
  ['opening to append, and closing', d => append(d, 'f', new Uint8Array(0)), {}],
  ['listing and reading', d => d.list() && d.read('f').close(), {}],
]

const exchange: Row = ['exchange', d => d.rename('f', d, 'g', 'exchange'), { '.': 'mc', f: 'c', g: 'c' }]

/** Which calls move whose times: what a scan that trusts times relies on. */
export function diskTimes(makeDisk: MakeDisk): void {
  for (const [says, act, moves] of [...rows, exchange]) {
    it(`${says} moves ${Object.keys(moves).length === 0 ? 'no times' : JSON.stringify(moves)}`, async t => {
      const { top, can } = await makeDisk(t)
      if (says === 'exchange' && !can.exchange) return t.skip('this disk cannot exchange')
      for (const name of ['f', 'g']) createFile(top, name, name)
      top.link('g', top, 'g2')
      for (const name of ['sub', 'other']) top.mkdir(name, 0o755)
      const other = top.child('other')
      createFile(other, 'probe', '')
      const before = times(top, other)
      tick(other, 'probe')
      act(top, other)
      assert.deepEqual(moved(before, times(top, other)), moves)
      other.close()
    })
  }
}

interface Named {
  readonly name: string
  readonly stat: Stat
}

function times(top: DirectoryHandle, other: DirectoryHandle): Map<number, Named> {
  const found: Named[] = [
    { name: '.', stat: top.stat() },
    { name: 'other', stat: other.stat() },
  ]
  for (const directory of [top, other]) {
    for (const name of ['f', 'g', 'h', 'sub']) {
      const stat = directory.lookup(name)
      if (stat !== undefined) found.push({ name, stat })
    }
  }
  return new Map(found.map(one => [one.stat.inode, one]))
}

function moved(before: ReadonlyMap<number, Named>, after: ReadonlyMap<number, Named>): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [inode, { name, stat }] of before) {
    const now = after.get(inode)?.stat
    if (now === undefined) continue
    const what = (now.mtimeMs === stat.mtimeMs ? '' : 'm') + (now.ctimeMs === stat.ctimeMs ? '' : 'c')
    if (what !== '') result[name] = what
  }
  return result
}

/** Touches a file until the disk's clock has moved on: kernels before 6.13 tick every 4 to 10 ms. */
function tick(directory: DirectoryHandle, probe: string): void {
  const ctimeMs = (): number => directory.lookup(probe)?.ctimeMs ?? 0
  const since = ctimeMs()
  const deadline = performance.now() + 5000
  while (ctimeMs() <= since) {
    assert.ok(performance.now() < deadline, 'the clock of the disk stands still')
    directory.setMode(probe, 0o600)
  }
}
