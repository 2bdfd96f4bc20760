import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { reconcile } from '../../lib/core/reconcile.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { applyOperations } from './apply-plan.ts'
import { digest, dir, file, link, problem, show, untracked } from './build.ts'

const [f1, f2, f3] = [file('1'), file('2'), file('3')]
const exec = { mode: 0o755 }
const secret = { mode: 0o600 }

interface Row {
  readonly says: string
  readonly ancestor: Tree
  readonly alpha: Tree
  readonly beta: Tree
  /** What each side holds after; by default what it held. */
  readonly alphaAfter?: Tree
  readonly betaAfter?: Tree
  readonly conflicts?: readonly string[]
  readonly notices?: readonly string[]
  readonly problems?: readonly string[]
  readonly agreed?: readonly string[]
}

const rows: readonly Row[] = [
  {
    says: 'an edit on one side travels',
    ancestor: dir({ a: f1 }),
    alpha: dir({ a: f2 }),
    beta: dir({ a: f1 }),
    betaAfter: dir({ a: f2 }),
  },
  {
    says: 'the same edit on both sides is agreed',
    ancestor: dir({ a: f1 }),
    alpha: dir({ a: f2 }),
    beta: dir({ a: f2 }),
    agreed: ['a'],
  },
  {
    says: 'edits on both sides conflict',
    ancestor: dir({ a: f1 }),
    alpha: dir({ a: f2 }),
    beta: dir({ a: f3 }),
    conflicts: ['content a'],
  },
  {
    says: 'links changed on both sides conflict',
    ancestor: dir({ a: link('x') }),
    alpha: dir({ a: link('y') }),
    beta: dir({ a: link('z') }),
    conflicts: ['content a'],
  },
  {
    says: 'a file and a link made of one file conflict',
    ancestor: dir({ a: f1 }),
    alpha: dir({ a: link('y') }),
    beta: dir({ a: f2 }),
    conflicts: ['type a'],
  },
  {
    says: 'an edit beats a delete and is listed',
    ancestor: dir({ a: f1 }),
    alpha: dir({ a: f2 }),
    beta: dir({}),
    betaAfter: dir({ a: f2 }),
    notices: ['edit-beat-delete a beta'],
  },
  {
    says: 'of a deleted directory only what was edited or added survives, with its parents',
    ancestor: dir({ d: dir({ edited: f1, kept: f1, e: dir({ below: f1 }), g: dir({ h: f1 }) }) }),
    alpha: dir({ d: dir({ edited: f2, kept: f1, e: dir({ below: f1, added: f3 }), g: dir({ h: f1 }) }) }),
    beta: dir({}),
    alphaAfter: dir({ d: dir({ edited: f2, e: dir({ added: f3 }) }) }),
    betaAfter: dir({ d: dir({ edited: f2, e: dir({ added: f3 }) }) }),
    notices: ['edit-beat-delete d/e/added beta', 'edit-beat-delete d/edited beta'],
  },
  {
    says: 'a directory added in a deleted directory survives whole, and is listed once',
    ancestor: dir({ d: dir({ a: f1 }) }),
    alpha: dir({}),
    beta: dir({ d: dir({ a: f1, n: dir({ x: f1, y: dir({}) }) }) }),
    alphaAfter: dir({ d: dir({ n: dir({ x: f1, y: dir({}) }) }) }),
    betaAfter: dir({ d: dir({ n: dir({ x: f1, y: dir({}) }) }) }),
    notices: ['edit-beat-delete d/n alpha'],
  },
  {
    says: 'the mode of a directory alone does not save it from a delete',
    ancestor: dir({ d: dir({ a: f1 }) }),
    alpha: dir({ d: dir({ a: f1 }, secret) }),
    beta: dir({}),
    alphaAfter: dir({}),
  },
  {
    says: 'a directory that became a file goes as a whole when nothing in it is new',
    ancestor: dir({ d: dir({ a: f1, e: dir({ b: f1 }) }) }),
    alpha: dir({ d: f3 }),
    beta: dir({ d: dir({ a: f1, e: dir({}) }) }),
    betaAfter: dir({ d: f3 }),
  },
  {
    says: 'a directory that became a file conflicts with an edit inside',
    ancestor: dir({ d: dir({ a: f1 }) }),
    alpha: dir({ d: f3 }),
    beta: dir({ d: dir({ a: f2 }) }),
    conflicts: ['type d'],
  },
  {
    says: 'a file that became a directory travels with all below',
    ancestor: dir({ a: f1 }),
    alpha: dir({ a: dir({ x: f1, y: dir({ z: link('q') }) }) }),
    beta: dir({ a: f1 }),
    betaAfter: dir({ a: dir({ x: f1, y: dir({ z: link('q') }) }) }),
  },
  {
    says: 'a file that became a directory conflicts with an edit of the file',
    ancestor: dir({ a: f1 }),
    alpha: dir({ a: dir({}) }),
    beta: dir({ a: f2 }),
    conflicts: ['type a'],
  },
  {
    says: 'a new mode travels',
    ancestor: dir({ a: f1, d: dir({}) }),
    alpha: dir({ a: file('1', exec), d: dir({}) }),
    beta: dir({ a: f1, d: dir({}, secret) }),
    alphaAfter: dir({ a: file('1', exec), d: dir({}, secret) }),
    betaAfter: dir({ a: file('1', exec), d: dir({}, secret) }),
  },
  {
    says: 'a new mode merges with new content of the other side',
    ancestor: dir({ a: f1 }),
    alpha: dir({ a: f2 }),
    beta: dir({ a: file('1', exec) }),
    alphaAfter: dir({ a: file('2', exec) }),
    betaAfter: dir({ a: file('2', exec) }),
  },
  {
    says: 'a new mode merges with the same new content on both sides',
    ancestor: dir({ a: f1 }),
    alpha: dir({ a: f2 }),
    beta: dir({ a: file('2', exec) }),
    alphaAfter: dir({ a: file('2', exec) }),
  },
  {
    says: 'two new modes conflict',
    ancestor: dir({ a: f1 }),
    alpha: dir({ a: file('1', exec) }),
    beta: dir({ a: file('1', secret) }),
    conflicts: ['mode a'],
  },
  {
    says: 'two new modes conflict beside new content too',
    ancestor: dir({ a: f1 }),
    alpha: dir({ a: file('2', exec) }),
    beta: dir({ a: file('1', secret) }),
    conflicts: ['mode a'],
  },
  {
    says: 'two modes of a directory conflict while its children go on',
    ancestor: dir({ d: dir({ a: f1 }, { mode: 0o700 }) }),
    alpha: dir({ d: dir({ a: f2 }, exec) }),
    beta: dir({ d: dir({ a: f1 }, secret) }),
    betaAfter: dir({ d: dir({ a: f2 }, secret) }),
    conflicts: ['mode d'],
  },
  {
    says: 'a directory both made with two modes conflicts while its children go on',
    ancestor: dir({}),
    alpha: dir({ d: dir({ a: f1, x: f2 }, exec) }),
    beta: dir({ d: dir({ b: f1, x: f2 }, secret) }),
    alphaAfter: dir({ d: dir({ a: f1, b: f1, x: f2 }, exec) }),
    betaAfter: dir({ d: dir({ a: f1, b: f1, x: f2 }, secret) }),
    conflicts: ['mode d'],
    agreed: ['d', 'd/x'],
  },
  {
    says: 'a problem freezes its path',
    ancestor: dir({ a: f1, b: f1 }),
    alpha: dir({ a: problem(f1), b: f2 }),
    beta: dir({ a: f2, b: f1 }),
    betaAfter: dir({ a: f2, b: f2 }),
    problems: ['a alpha EACCES'],
  },
  {
    says: 'a problem inside freezes the whole delete',
    ancestor: dir({ d: dir({ a: f1, e: dir({ p: f1 }) }) }),
    alpha: dir({ d: dir({ a: f1, e: dir({ p: problem(f1) }) }) }),
    beta: dir({}),
    problems: ['d/e/p alpha EACCES'],
  },
  {
    says: 'what is edited or added comes back with its parents; a problem freezes the directory that is to go',
    ancestor: dir({ d: dir({ a: f1, b: f1, e: dir({ c: f1 }), g: dir({ x: f1, h: dir({ p: f1 }) }), p: f1 }) }),
    alpha: dir({
      d: dir({
        ...{ a: f2, b: f1, e: dir({ c: f1, n: f2 }), p: problem(f1) },
        g: dir({ x: f1, h: dir({ p: problem(f1) }) }),
      }),
    }),
    beta: dir({ d: untracked('kept') }),
    alphaAfter: dir({
      d: dir({ a: f2, e: dir({ n: f2 }), g: dir({ x: f1, h: dir({ p: problem(f1) }) }), p: problem(f1) }),
    }),
    betaAfter: dir({ d: dir({ a: f2, e: dir({ n: f2 }) }) }),
    notices: ['edit-beat-delete d/a beta', 'edit-beat-delete d/e/n beta'],
    problems: ['d/p alpha EACCES', 'd/g/h/p alpha EACCES'],
  },
  {
    says: 'a problem beside does not freeze a delete',
    ancestor: dir({ d: dir({ a: f1, b: f1 }) }),
    alpha: dir({ d: dir({ a: problem(f1), b: f1 }) }),
    beta: dir({ d: dir({ a: f1 }) }),
    alphaAfter: dir({ d: dir({ a: problem(f1) }) }),
    problems: ['d/a alpha EACCES'],
  },
  {
    says: 'a deleted directory is emptied around what is untracked, which stays',
    ancestor: dir({ d: dir({ a: f1, e: dir({ b: f1 }) }) }),
    alpha: dir({ d: dir({ a: f1, e: dir({ b: f1, cache: untracked() }) }) }),
    beta: dir({}),
    alphaAfter: dir({ d: untracked('kept') }),
  },
  {
    says: 'a directory kept for what is untracked takes in what the other side makes there',
    ancestor: dir({}),
    alpha: dir({ d: untracked('kept') }),
    beta: dir({ d: dir({ a: f1 }) }),
    alphaAfter: dir({ d: dir({ a: f1 }) }),
  },
  {
    says: 'nothing is put where something untracked stands',
    ancestor: dir({}),
    alpha: dir({ a: untracked('fifo'), d: untracked('kept'), e: untracked('device') }),
    beta: dir({ a: f1, d: f1, e: dir({ x: f1 }) }),
    conflicts: ['type a', 'type d', 'type e'],
  },
  {
    says: 'an edit is not put where something untracked stands either',
    ancestor: dir({ a: f1, d: dir({ x: f1 }) }),
    alpha: dir({ a: untracked('fifo'), d: untracked('socket') }),
    beta: dir({ a: f2, d: dir({ x: f2 }) }),
    conflicts: ['type a', 'type d'],
  },
  {
    says: 'new directories travel without what is untracked or unknown in them',
    ancestor: dir({}),
    alpha: dir({ d: dir({ a: f1, c: untracked(), k: dir({ u: untracked() }), p: problem() }) }),
    beta: dir({}),
    betaAfter: dir({ d: dir({ a: f1 }) }),
    problems: ['d/p alpha EACCES'],
  },
  {
    says: 'a new directory of nothing but what is untracked takes the mode of the other, and what is alike below is agreed',
    ancestor: dir({ f: f1 }),
    alpha: dir({ d: dir({ e: dir({ u: untracked() }) }), f: dir({ e: dir({ u: untracked() }) }) }),
    beta: dir({ d: dir({ e: dir({}) }, secret), f: dir({ e: dir({}) }, secret) }),
    alphaAfter: dir({
      d: dir({ e: dir({ u: untracked() }) }, secret),
      f: dir({ e: dir({ u: untracked() }) }, secret),
    }),
    agreed: ['d', 'f', 'f/e', 'd/e'],
  },
  {
    says: 'new directories of nothing but what is untracked are nothing to one another',
    ancestor: dir({}),
    alpha: dir({ d: dir({ u: untracked(), e: dir({ u: untracked() }) }, secret), f: dir({ u: untracked() }) }),
    beta: dir({ d: dir({ u: untracked() }), f: dir({ e: dir({}) }, exec) }),
    alphaAfter: dir({
      d: dir({ u: untracked(), e: dir({ u: untracked() }) }, secret),
      f: dir({ u: untracked(), e: dir({}) }, exec),
    }),
    agreed: ['f'],
  },
]

describe('reconcile, rule by rule', () => {
  for (const row of rows) it(row.says, () => check(row))
})

function check(row: Row): void {
  const plan = reconcile({ ...row, moves: { alpha: [], beta: [] }, digester: digest })
  assert.deepEqual(show(applyOperations(row.alpha, plan.toAlpha)), show(row.alphaAfter ?? row.alpha), 'alpha')
  assert.deepEqual(show(applyOperations(row.beta, plan.toBeta)), show(row.betaAfter ?? row.beta), 'beta')
  assert.deepEqual(plan.conflicts.map(({ kind, path }) => `${kind} ${path}`).toSorted(), row.conflicts ?? [])
  assert.deepEqual(plan.notices.map(({ kind, path, side }) => `${kind} ${path} ${side}`).toSorted(), row.notices ?? [])
  assert.deepEqual(
    plan.problems.map(({ path, side, why }) => `${path} ${side} ${why}`),
    row.problems ?? [],
  )
  assert.deepEqual(
    plan.agreed.map(change => ('path' in change ? change.path : change.to)),
    row.agreed ?? [],
  )
}
