import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Entry } from '../../lib/core/entry.ts'
import type { FoundRoot, KnownRoot } from '../../lib/core/guards.ts'
import { firstSync, massDelete, refuseRoot, rootState } from '../../lib/core/guards.ts'
import type { Operation } from '../../lib/core/operation.ts'
import { reconcile } from '../../lib/core/reconcile.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { emptyTree, withEntry } from '../../lib/core/tree.ts'
import { digest, dir, file, link, untracked } from './build.ts'

function files(count: number, text: (n: number) => string = String): Record<string, Entry> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, file(text(n))]))
}

/** What the other side is told to do when one side goes from `before` to `after`. */
function operations(before: Tree, after: Tree): readonly Operation[] {
  return reconcile({ ancestor: before, alpha: after, beta: before, moves: { alpha: [], beta: [] }, digester: digest })
    .toBeta
}

describe('the guard against mass deletes', () => {
  const untouched = dir(files(100))
  const rows: readonly { says: string; before: Tree; after: Tree; why?: string }[] = [
    {
      says: 'more than half of the root',
      before: dir(files(20)),
      after: dir(files(9)),
      why: 'deletes 11 of 20 entries of the root',
    },
    { says: 'half of the root is not more', before: dir(files(20)), after: dir(files(10)) },
    { says: 'a root of few entries', before: dir(files(19)), after: dir({}) },
    {
      says: 'more than half of a top-level directory',
      before: dir({ d: dir(files(20)), e: untouched }),
      after: dir({ d: dir(files(9)), e: untouched }),
      why: 'deletes 11 of 20 entries of "d"',
    },
    {
      says: 'a whole top-level directory',
      before: dir({ d: dir(files(20)), e: untouched }),
      after: dir({ e: untouched }),
      why: 'deletes 20 of 20 entries of "d"',
    },
    {
      says: 'a top-level directory of few entries',
      before: dir({ d: dir(files(19)), e: untouched }),
      after: dir({ e: untouched }),
    },
    {
      says: 'more than half of a directory further down',
      before: dir({ d: dir({ d: dir(files(20)), e: untouched }) }),
      after: dir({ d: dir({ e: untouched }) }),
    },
    {
      says: 'untracked entries do not count',
      before: dir({
        ...files(20),
        ...Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`u${n}`, untracked()])),
      }),
      after: dir({}),
      why: 'deletes 20 of 20 entries of the root',
    },
    {
      says: 'what only moves does not count',
      before: dir({ d: dir(files(30)), e: dir(files(30, () => 'same')) }),
      after: dir({ g: dir(files(30)), h: dir(files(30, () => 'same')) }),
    },
    {
      says: 'of many alike, as many as are put elsewhere move',
      before: dir(files(30, () => 'same')),
      after: dir({ d: dir(files(5, () => 'same')) }),
      why: 'deletes 25 of 30 entries of the root',
    },
    {
      says: 'links and empty directories count',
      before: dir(
        Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`x${n}`, n % 2 === 0 ? link('a') : dir({})])),
      ),
      after: dir({}),
      why: 'deletes 20 of 20 entries of the root',
    },
    { says: 'edits are no deletes', before: dir(files(30)), after: dir(files(30, n => `new ${n}`)) },
    {
      says: 'a directory replaced by a file deletes what was in it',
      before: dir({ d: dir(files(20)), e: untouched }),
      after: dir({ d: file('1'), e: untouched }),
      why: 'deletes 20 of 20 entries of "d"',
    },
  ]
  for (const { says, before, after, why = '' } of rows) {
    it(says, () => {
      const found = massDelete(before, operations(before, after))
      assert.equal(found.why, why)
      assert.equal(found.held, why !== '')
    })
  }

  it('more than 5,000 paths', () => {
    const removes = (count: number): Operation[] =>
      Array.from({ length: count }, (_, n) => ({ kind: 'remove', path: `d${n % 3}/f${n}`, before: file('1') }))
    const before = dir({ d0: dir(files(9000)), d1: dir(files(9000)), d2: dir(files(9000)) })
    assert.equal(massDelete(before, removes(5000)).held, false)
    assert.deepEqual(massDelete(before, removes(5001)).why, 'deletes 5001 entries, more than 5000')
    assert.equal(massDelete(before, removes(5001)).deletes.length, 5001)
  })
})

describe('the guard of a root', () => {
  const known: KnownRoot = { device: 1, inode: 2, entries: 10 }
  const found: FoundRoot = { kind: 'directory', device: 1, inode: 2, entries: 10 }
  const rows: readonly { says: string; known: KnownRoot | undefined; found: FoundRoot | undefined; guard?: string }[] =
    [
      { says: 'as it was', known, found },
      { says: 'not there', known, found: undefined, guard: 'root-missing' },
      { says: 'not there, before the first sync', known: undefined, found: undefined },
      { says: 'a link', known, found: { ...found, kind: 'symlink' }, guard: 'root-replaced' },
      { says: 'another device', known, found: { ...found, device: 9 }, guard: 'root-replaced' },
      {
        says: 'another device number after a restart',
        known: { ...known, device: undefined },
        found: { ...found, device: 9 },
      },
      { says: 'another directory', known, found: { ...found, inode: 9 }, guard: 'root-replaced' },
      { says: 'empty', known, found: { ...found, entries: 0 }, guard: 'root-emptied' },
      { says: 'empty, after one entry', known: { ...known, entries: 1 }, found: { ...found, entries: 0 } },
      { says: 'empty as ever', known: { ...known, entries: 0 }, found: { ...found, entries: 0 } },
    ]
  for (const { says, guard, ...row } of rows)
    it(says, () => assert.equal(rootState(row.known, row.found)?.guard, guard))
})

describe('a place for a root', () => {
  const around = { home: '/home/dev', kitHome: '/home/dev/.dsync', otherRoots: ['/home/dev/projects', '/srv/data/'] }
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['/', 'it is the root of the file system'],
    ['//', 'it is the root of the file system'],
    ['/home/dev', 'it is the home directory'],
    ['/home/dev/', 'it is the home directory'],
    ['/home', 'the home directory lies in it'],
    ['/home/dev/.ssh', 'it holds ssh keys'],
    ['/home/dev/.ssh/keys', 'it holds ssh keys'],
    ['/home/dev/.dsync', "it lies in dsync's own directory"],
    ['/home/dev/.dsync/work', "it lies in dsync's own directory"],
    ['/home/dev/projects', 'it is a root already'],
    ['/home/dev/projects/a', 'it lies in the root /home/dev/projects'],
    ['/srv', 'the root /srv/data lies in it'],
    ['projects', 'it is no absolute path'],
    ['/home/dev/projects2', undefined],
    ['/home/dev/.sshx', undefined],
    ['/home/developer', undefined],
    ['/tmp/x', undefined],
  ]
  for (const [path, why] of rows)
    it(`${path}: ${why ?? 'may be one'}`, () => assert.equal(refuseRoot(path, around), why))

  it('may hold the kit home', () => {
    const inside = { home: '/home/dev', kitHome: '/home/dev/agents/distributed-sync', otherRoots: [] }
    assert.equal(refuseRoot('/home/dev/agents', inside), undefined)
    assert.notEqual(refuseRoot('/home/dev/agents/distributed-sync', inside), undefined)
  })
})

describe('the first sync', () => {
  it('asks when both sides are in use and differ, with counts', () => {
    const alpha = dir({ a: file('1'), b: file('1'), d: dir({ x: file('1') }) })
    const beta = dir({ a: file('1'), b: file('2'), d: dir({ y: file('1') }), e: dir({}) })
    const expected = { ask: true, alpha: 4, beta: 5, same: 2, differing: 1, onlyAlpha: 1, onlyBeta: 2 }
    assert.deepEqual(firstSync(alpha, beta, digest), expected)
  })

  it('does not ask when one side is empty, or both are equal', () => {
    const used = dir({ a: file('1') })
    assert.equal(firstSync(used, emptyTree, digest).ask, false)
    assert.equal(firstSync(emptyTree, used, digest).ask, false)
    assert.equal(firstSync(used, dir({ a: file('1') }), digest).ask, false)
    assert.equal(firstSync(used, withEntry(used, 'u', untracked()), digest).ask, false)
  })
})
