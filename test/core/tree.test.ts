import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Directory, Entry } from '../../lib/core/entry.ts'
import { isDirectory } from '../../lib/core/entry.ts'
import type { Tree } from '../../lib/core/tree.ts'
import {
  at,
  children,
  diff,
  differences,
  emptyTree,
  intern,
  same,
  sameContent,
  shallow,
  treeDigest,
  walk,
  weight,
  withEntry,
  withMove,
  withShallow,
} from '../../lib/core/tree.ts'
import { share } from '../share.ts'
import { movingWorlds, oddWorlds } from './arbitrary-trees.ts'
import { digest, dir, file, link, problem, show, untracked } from './build.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const options = { seed, numRuns: share(1000) }

const tree = dir({ a: file('1'), d: dir({ e: dir({ x: file('2') }), u: untracked() }), l: link('a') })

describe('a tree', () => {
  it('finds what stands at a path', () => {
    assert.equal(at(tree, ''), tree)
    assert.deepEqual(at(tree, 'd/e/x'), file('2'))
    for (const path of ['b', 'a/x', 'd/e/x/y', 'l/x']) assert.equal(at(tree, path), undefined)
  })

  it('is changed by making another that shares what stays', () => {
    const after = withEntry(tree, 'a', file('3'))
    assert.deepEqual(at(after, 'a'), file('3'))
    assert.equal(at(after, 'd'), at(tree, 'd'))
    assert.deepEqual(at(tree, 'a'), file('1'))
    assert.equal(withEntry(tree, 'd/none', undefined), tree)
    assert.equal(withEntry(tree, 'no/where', undefined), tree)
    assert.deepEqual(show(withEntry(tree, 'd', undefined)), show(dir({ a: file('1'), l: link('a') })))
  })

  it('has no child without a parent', () => {
    assert.throws(() => withEntry(tree, 'a/x', file('1')), { code: 'INVARIANT' })
    assert.throws(() => withEntry(tree, 'none/x', file('1')), { code: 'INVARIANT' })
    assert.throws(() => withEntry(tree, '', undefined), { code: 'INVARIANT' })
    assert.throws(() => withMove(tree, 'none', 'b'), { code: 'INVARIANT' })
  })

  it('takes the shallow part of an entry: a directory keeps its children', () => {
    const mode = { mode: 0o700 }
    assert.deepEqual(
      show(withShallow(tree, 'd/e', dir({}, mode))),
      show(withEntry(tree, 'd/e', dir({ x: file('2') }, mode))),
    )
    assert.deepEqual(show(at(withShallow(tree, 'a', dir({ x: file('1') })), 'a')), show(dir({})))
    assert.deepEqual(show(at(withShallow(tree, 'd', file('9')), 'd')), show(file('9')))
    assert.equal(withShallow(tree, 'd/e', dir({})), tree)
    assert.deepEqual(show(shallow(tree)), show(dir({})))
  })

  it('moves a directory with all below', () => {
    const after = withMove(tree, 'd/e', 'f')
    assert.equal(at(after, 'f'), at(tree, 'd/e'))
    assert.equal(at(after, 'd/e'), undefined)
  })

  it('counts entries at any depth, untracked ones left out', () => {
    assert.equal(weight(tree), 5)
    assert.equal(weight(file('1')), 0)
    assert.equal(weight(withEntry(tree, 'd/p', problem())), 6)
  })

  it('compares by content, with the mode and without', () => {
    const rows: readonly (readonly [Entry | undefined, Entry | undefined, boolean, boolean])[] = [
      [undefined, undefined, true, true],
      [file('1'), undefined, false, false],
      [file('1'), file('1'), true, true],
      [file('1'), file('1', { mode: 0o755 }), false, true],
      [file('1'), file('2'), false, false],
      [file('1'), link('1'), false, false],
      [link('a'), link('a'), true, true],
      [link('a'), link('b'), false, false],
      [dir({ a: file('1') }), dir({ a: file('1') }), true, true],
      [dir({ a: file('1') }), dir({ a: file('1') }, { mode: 0o700 }), false, true],
      [dir({ a: file('1') }), dir({ a: file('1', { mode: 0o700 }) }), false, false],
      [dir({ u: untracked() }), dir({}), true, true],
      [dir({}), file(''), false, false],
      [untracked(), untracked(), true, true],
      [untracked(), untracked('kept'), false, false],
      [problem(), problem(undefined, 'EIO'), false, false],
    ]
    for (const [a, b, alike, alikeContent] of rows) {
      assert.equal(same(a, b, digest), alike, `${JSON.stringify([show(a), show(b)])}`)
      assert.equal(same(b, a, digest), alike)
      assert.equal(sameContent(a, b, digest), alikeContent)
    }
  })

  it(`is turned into another by their difference (SEED=${seed})`, () => {
    const property = fc.property(fc.oneof(oddWorlds, movingWorlds), ({ alpha, beta }) => {
      const exact = [...diff(alpha, beta)].reduce((result, { path, entry }) => withEntry(result, path, entry), alpha)
      assert.deepEqual(show(exact), show(beta))
      assert.equal(treeDigest(exact, digest), treeDigest(beta, digest))
      const quick = [...diff(alpha, beta, digest)].reduce(
        (result, { path, entry }) => withEntry(result, path, entry),
        alpha,
      )
      assert.equal(treeDigest(quick, digest), treeDigest(beta, digest))
      assert.deepEqual([...diff(alpha, alpha, digest)], [])
    })
    fc.assert(property, options)
  })

  it('tells of untracked entries when asked for the exact difference', () => {
    const before = dir({ d: dir({ u: untracked(), x: file('1') }) })
    const after = dir({ d: dir({ v: untracked('fifo'), x: file('1') }) })
    assert.deepEqual([...diff(before, after)].map(change => change.path).toSorted(), ['d/u', 'd/v'])
    assert.deepEqual([...diff(before, after, digest)], [])
  })

  it(`shares the parts of a known tree that are equal (SEED=${seed})`, () => {
    const property = fc.property(oddWorlds, ({ alpha, beta }) => {
      const interned = intern(alpha, beta)
      assert.deepEqual(show(interned), show(alpha))
      expectShared(interned, beta)
      assert.equal(intern(rebuilt(alpha), alpha), alpha)
    })
    fc.assert(property, options)
  })

  it('names what differs in directories, and counts anything else as empty', () => {
    assert.deepEqual([...differences([dir({ a: file('1'), b: file('1') }), file('1'), undefined])], ['a', 'b'])
    assert.deepEqual([...differences([file('1'), undefined])], [])
    assert.deepEqual([...differences([tree, tree, emptyTree])].toSorted(), ['a', 'd', 'l'])
  })
})

function rebuilt(entry: Tree): Tree {
  return dir(
    Object.fromEntries(
      [...children(entry)].map(([name, below]) => [
        name,
        isDirectory(below) ? { ...rebuilt(below), mode: below.mode } : { ...below },
      ]),
    ),
  )
}

/** Wherever the two are alike in all, they are one object. */
function expectShared(entry: Entry, known: Directory): void {
  for (const [path, below] of walk(entry)) {
    const like = at(known, path)
    // A problem shows less than it holds.
    const isShown = ![[path, below] as const, ...walk(below)].some(([, each]) => each.kind === 'problem')
    if (isShown && JSON.stringify(show(below)) === JSON.stringify(show(like))) assert.equal(below, like, path)
  }
}
