import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Conflict } from '../../lib/core/operation.ts'
import type { Plan } from '../../lib/core/plan.ts'
import { reconcile } from '../../lib/core/reconcile.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { digest, dir, file } from './build.ts'

const [f1, f2, f3] = [file('1'), file('2'), file('3')]

describe('a plan', () => {
  it('lists the three versions of a conflict, shallow', () => {
    const plan = plans(dir({ a: f1 }), dir({ a: dir({ x: f2 }) }), dir({ a: f3 }))
    const expected: Conflict = { path: 'a', kind: 'type', ancestor: f1, alpha: dir({}), beta: f3 }
    assert.deepEqual(plan.conflicts, [expected])
  })

  it('has parents first, then deletes with children first, and clones what moves', () => {
    const plan = plans(
      dir({ a: f1, d: dir({ x: f2 }) }),
      dir({ n: dir({ a: f1, m: dir({ x: f2 }) }) }),
      dir({ a: f1, d: dir({ x: f2 }) }),
    )
    const steps = plan.toBeta.map(
      operation =>
        `${operation.kind} ${operation.path}${operation.kind === 'put' && operation.basis ? ` from ${operation.basis}` : ''}`,
    )
    assert.deepEqual(steps.slice(-3), ['remove a', 'remove d/x', 'remove d'])
    assert.deepEqual(steps.slice(0, -3).toSorted(), ['put n', 'put n/a from a', 'put n/m', 'put n/m/x from d/x'])
    assert.equal(steps[0], 'put n')
  })

  it('clears a place for another kind of entry just before', () => {
    const plan = plans(dir({ d: dir({ x: f1 }) }), dir({ d: f2 }), dir({ d: dir({ x: f1 }) }))
    assert.deepEqual(
      plan.toBeta.map(({ kind, path }) => `${kind} ${path}`),
      ['remove d/x', 'remove d', 'put d'],
    )
  })

  it('looks only where it is told, and where that is decided', () => {
    const ancestor = dir({ a: f1, b: f1, d: dir({ x: f1 }), e: dir({ x: f1 }) })
    const alpha = dir({ a: f2, b: f2, d: dir({ x: f2, y: f1 }), n: dir({ x: f1, y: f1 }) })
    const scoped = (...scope: string[]): string[] =>
      reconcile({ ancestor, alpha, beta: ancestor, moves: { alpha: [], beta: [] }, digester: digest, scope })
        .toBeta.map(({ path }) => path)
        .toSorted()
    assert.deepEqual(scoped(), [])
    assert.deepEqual(scoped('b'), ['b'])
    assert.deepEqual(scoped('d/x', 'a'), ['a', 'd/x'])
    assert.deepEqual(scoped('d/x', 'd', 'd/x'), ['d/x', 'd/y'])
    assert.deepEqual(scoped('d/none', 'none/x', 'a/x/y'), ['a'])
    assert.deepEqual(scoped('n/x'), ['n', 'n/x', 'n/y'], 'a new directory is decided as a whole')
    assert.deepEqual(scoped('e/x'), ['e', 'e/x'], 'and so is one that is gone')
    assert.equal(scoped('').length, 9)
  })
})

function plans(ancestor: Tree, alpha: Tree, beta: Tree): Plan {
  return reconcile({ ancestor, alpha, beta, moves: { alpha: [], beta: [] }, digester: digest })
}
