import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Entry, Page } from '../../lib/core/entry.ts'
import { pageEntriesLimit } from '../../lib/core/limits.ts'
import {
  emptyPage,
  pageCount,
  pageDifferences,
  pageDigest,
  pageEntries,
  pageGet,
  pageOf,
  pageSet,
} from '../../lib/core/page.ts'
import { share } from '../share.ts'
import { digest, dir, file, link, untracked } from './build.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)

/** Enough names for pages split once and twice, few enough that edits meet. */
const names = fc.nat(6000).map(n => `n${n}`)
const entries: fc.Arbitrary<Entry> = fc.constantFrom(
  file('1'),
  file('2'),
  link('x'),
  dir({ x: file('1') }),
  untracked(),
)

/** One name, or a run of names, so that directories grow and shrink past the limit. */
const edits = fc.oneof(
  fc.record({ first: names, count: fc.constant(1), entry: fc.option(entries, { nil: undefined }) }),
  fc.record({
    first: names,
    count: fc.integer({ min: 200, max: 4600 }),
    entry: fc.option(entries, { nil: undefined }),
  }),
)

type Edit = { readonly first: string; readonly count: number; readonly entry: Entry | undefined }

function namesOf({ first, count }: Edit): string[] {
  const start = Number(first.slice(1))
  return Array.from({ length: count }, (_, i) => `n${(start + i) % 6000}`)
}

function edited(start: Page, edit: Edit): Page {
  return namesOf(edit).reduce((page, name) => pageSet(page, name, edit.entry), start)
}

function model(history: readonly Edit[]): Map<string, Entry> {
  const known = new Map<string, Entry>()
  for (const edit of history) {
    for (const name of namesOf(edit)) {
      if (edit.entry === undefined) known.delete(name)
      else known.set(name, edit.entry)
    }
  }
  return known
}

function shapeOf(page: Page): string[] {
  return 'names' in page
    ? [`${page.names.length}`]
    : page.pages.flatMap((below, slot) => shapeOf(below).map(shape => `${slot}.${shape}`))
}

describe('a page', () => {
  it(`holds what a map would, in a shape that does not depend on history (SEED=${seed})`, () => {
    const property = fc.property(fc.array(edits, { maxLength: 6 }), history => {
      const page = history.reduce(edited, emptyPage)
      const known = model(history)
      assert.equal(pageCount(page), known.size)
      assert.deepEqual(new Map(pageEntries(page)), known)
      for (const name of ['n0', 'n1', 'n2999', ...[...known.keys()].slice(0, 20)])
        assert.equal(pageGet(page, name), known.get(name))
      const built = pageOf([...known].reverse())
      assert.deepEqual(shapeOf(page), shapeOf(built))
      assert.equal(page.weight, built.weight)
      assert.equal(pageDigest(page, digest), pageDigest(built, digest))
    })
    fc.assert(property, { seed, numRuns: share(60) })
  })

  it(`tells what differs between two and three pages (SEED=${seed})`, () => {
    const property = fc.property(
      fc.array(edits, { maxLength: 3 }),
      fc.array(fc.array(edits, { maxLength: 3 }), { minLength: 1, maxLength: 2 }),
      fc.boolean(),
      (start, branches, byDigest) => {
        const base = start.reduce(edited, emptyPage)
        const pages = [base, ...branches.map(history => history.reduce(edited, base))]
        const found = [...pageDifferences(pages, byDigest ? digest : undefined)]
        const known = pages.map(page => new Map(pageEntries(page)))
        const all = [...new Set(known.flatMap(each => [...each.keys()]))]
        const differing = all.filter(name => known.some(each => each.get(name) !== known[0]?.get(name)))
        const seen = byDigest ? differing.filter(name => !known.every(each => isUnseen(each.get(name)))) : differing
        assert.equal(new Set(found).size, found.length, 'each name once')
        assert.deepEqual(outside(seen, found), [], 'no difference is missed')
        assert.deepEqual(outside(found, differing), [], 'nothing else is told')
      },
    )
    fc.assert(property, { seed, numRuns: share(60) })
  })

  it('has equal digests only for equal content, untracked entries left out', () => {
    const base: [string, Entry][] = [
      ['a', file('1')],
      ['b', link('x')],
      ['c', dir({ x: file('1') })],
    ]
    const same = pageDigest(pageOf(base), digest)
    const others: [string, Entry][][] = [
      [],
      base.slice(0, 2),
      [...base, ['d', file('1')]],
      [['a', file('2')], ...base.slice(1)],
      [['a', file('1', { mode: 0o755 })], ...base.slice(1)],
      [['A', file('1')], ...base.slice(1)],
      [['a', file('1')], ['b', link('y')], ...base.slice(2)],
      [...base.slice(0, 2), ['c', dir({ x: file('2') })]],
      [...base.slice(0, 2), ['c', dir({ x: file('1') }, { mode: 0o700 })]],
      [...base.slice(0, 2), ['c', { kind: 'problem', why: 'EACCES', over: dir({ x: file('1') }) }]],
    ]
    const digests = others.map(entries => pageDigest(pageOf(entries), digest))
    assert.equal(new Set([same, ...digests]).size, others.length + 1)
    assert.equal(pageDigest(pageOf([...base, ['u', untracked()]]), digest), same)
  })

  it('copies one leaf and the branches above it for one change', () => {
    const page = pageOf(Array.from({ length: 43_008 }, (_, i) => [`icon-${i}.js`, file('1')] as const))
    const after = pageSet(page, 'icon-7.js', file('2'))
    assert.ok('pages' in page && 'pages' in after)
    const changed = after.pages.filter((each, slot) => each !== page.pages[slot])
    assert.equal(changed.length, 1)
    const leaves = (each: Page): Page[] => ('names' in each ? [each] : each.pages.flatMap(leaves))
    const before = new Set(leaves(page))
    assert.equal(leaves(after).filter(leaf => !before.has(leaf)).length, 1)
    assert.ok(leaves(page).every(leaf => pageCount(leaf) <= pageEntriesLimit))
    assert.deepEqual([...pageDifferences([page, after], digest)], ['icon-7.js'])
  })

  it('is the same object when nothing changes', () => {
    const entry = file('1')
    for (const count of [3, 1000]) {
      const page = pageOf(Array.from({ length: count }, (_, i) => [`n${i}`, entry] as const))
      assert.equal(pageSet(page, 'n1', entry), page)
      assert.equal(pageSet(page, 'absent', undefined), page)
    }
  })
})

function outside(names: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others)
  return names.filter(name => !known.has(name))
}

function isUnseen(entry: Entry | undefined): boolean {
  return entry === undefined || entry.kind === 'untracked'
}
