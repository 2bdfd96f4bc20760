import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { Entry } from '../../lib/core/entry.ts'
import type { Path } from '../../lib/core/path.ts'
import { withAgreed } from '../../lib/core/plan.ts'
import { reconcile } from '../../lib/core/reconcile.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { emptyTree, withEntry } from '../../lib/core/tree.ts'
import { applyOperations } from './apply-plan.ts'
import { digest, dir, file, link, problem, show, untracked } from './build.ts'

type TableEntry =
  | { file: string }
  | { link: string }
  | { dir: Record<string, TableEntry> }
  | { untracked: true }
  | { problem: true }
  | null

interface TableChange {
  readonly path: Path
  readonly to: TableEntry
}

interface Expectation {
  readonly baseUpdates: readonly TableChange[]
  readonly toLeft: readonly TableChange[]
  readonly toRight: readonly TableChange[]
  readonly conflicts: readonly { readonly path: Path }[]
}

interface Row {
  readonly id: string
  readonly base: TableEntry
  readonly left: TableEntry
  readonly right: TableEntry
  readonly expect: Expectation
}

const { cases } = JSON.parse(readFileSync(new URL('../cases/reconcile-table.json', import.meta.url), 'utf8')) as {
  cases: Row[]
}

const nothing: Expectation = { baseUpdates: [], toLeft: [], toRight: [], conflicts: [] }

/** Rows decided differently here: a directory of nothing but untracked entries is untracked itself, and no conflict. */
const ours: Readonly<Record<string, Expectation & { readonly kept?: 'left' | 'right' }>> = {
  // The other side deleted the directory: it is emptied of what is synced, and stays for the rest.
  'D1|-|DU': { ...nothing, kept: 'right' },
  'D1|DU|-': { ...nothing, kept: 'left' },
  // It never held more: it does not travel.
  '-|-|DU': nothing,
  '-|DU|-': nothing,
}

/** Roots are always directories here, so what the table has at its root stands under this name. */
const place = 'x'

function entryOf(given: TableEntry): Entry | undefined {
  if (given === null) return undefined
  if ('file' in given) return file(given.file)
  if ('link' in given) return link(given.link)
  // What is ignored has rules of its own, in reconcile-ignored.test.ts.
  if ('untracked' in given) return untracked('fifo')
  if ('problem' in given) return problem()
  return dir(Object.fromEntries(Object.entries(given.dir).map(([name, below]) => [name, entryOf(below) as Entry])))
}

function treeOf(given: TableEntry): Tree {
  return withEntry(emptyTree, place, entryOf(given))
}

function within(path: Path): Path {
  return path === '' ? place : `${place}/${path}`
}

function changed(tree: Tree, changes: readonly TableChange[]): Tree {
  return changes.reduce((result, { path, to }) => withEntry(result, within(path), entryOf(to)), tree)
}

describe('reconcile, by the table', () => {
  it('has all rows', () => {
    assert.equal(cases.length, 83)
    for (const id of Object.keys(ours)) assert.ok(cases.some(row => row.id === id))
  })

  for (const { id, base, left, right, expect } of cases) {
    it(id, () => {
      const [ancestor, alpha, beta] = [treeOf(base), treeOf(left), treeOf(right)]
      const plan = reconcile({ ancestor, alpha, beta, moves: { alpha: [], beta: [] }, digester: digest })
      const { toLeft, toRight, baseUpdates, conflicts, kept }: Expectation & { kept?: string } = ours[id] ?? expect
      const expected = {
        alpha: kept === 'left' ? withEntry(alpha, place, untracked('kept')) : changed(alpha, toLeft),
        beta: kept === 'right' ? withEntry(beta, place, untracked('kept')) : changed(beta, toRight),
        ancestor: changed(ancestor, baseUpdates),
      }
      assert.deepEqual(show(applyOperations(alpha, plan.toAlpha)), show(expected.alpha), 'alpha')
      assert.deepEqual(show(applyOperations(beta, plan.toBeta)), show(expected.beta), 'beta')
      assert.deepEqual(show(withAgreed(ancestor, plan.agreed)), show(expected.ancestor), 'ancestor')
      assert.deepEqual(
        plan.conflicts.map(conflict => conflict.path),
        conflicts.map(conflict => within(conflict.path)),
      )
    })
  }
})
